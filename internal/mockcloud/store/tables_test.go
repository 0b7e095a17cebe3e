package store

import (
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/store/eventlog"
)

// TestNamesOfTables: state files have these names. A table may come, but none goes or gets
// another name.
func TestNamesOfTables(t *testing.T) {
	t.Parallel()
	want := []string{
		"account_roles", "accounts", "api_keys", "bots", "connections", "directories", "directory_groups", "directory_users", "domains",
		"events", "group_members", "group_role_mappings", "identities", "invitations", "kept_answers", "login_codes", "login_refusals", "mails", "memberships",
		"scim_access_tokens", "scim_client_secrets", "scim_clients", "scim_tokens", "secrets", "sessions", "setup_links", "team_members", "teams", "users", "workspace_access", "workspace_roles", "workspaces",
	}
	if got := slices.Sorted(maps.Keys(newData(nil).contents())); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	sealed := maps.Clone(tables.Sealed())
	maps.DeleteFunc(sealed, func(_ string, sealed bool) bool { return !sealed })
	if got := slices.Sorted(maps.Keys(sealed)); !slices.Equal(got, []string{"connections", "kept_answers", "mails", "secrets"}) {
		t.Errorf("sealed are %q", got)
	}
}

// rowTypes gives the type of each table's rows.
func rowTypes() map[string]reflect.Type {
	out := make(map[string]reflect.Type)
	for name, table := range newData(nil).contents() {
		out[name] = reflect.TypeFor[eventlog.Event]()
		if rows, ok := reflect.TypeOf(table).Elem().FieldByName("byID"); ok {
			out[name] = rows.Type.Elem().Elem()
		}
	}
	return out
}

func writesItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// eachField walks the fields of a type and of those within it.
func eachField(t reflect.Type, fn func(path string, field reflect.StructField)) {
	switch {
	case writesItself(t):
	case t.Kind() == reflect.Struct:
		for _, field := range reflect.VisibleFields(t) {
			fn(t.Name()+"."+field.Name, field)
			eachField(field.Type, fn)
		}
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
		eachField(t.Elem(), fn)
	}
}

// notSecret are fields that only sound like it.
var notSecret = []string{"OIDC.ClientSecretUpdated", "SCIMAccessToken.SecretID"}

// TestFieldsOfRows: encoding/json passes over unexported fields in silence, so
// that they would be gone after a restart.
func TestFieldsOfRows(t *testing.T) {
	t.Parallel()
	soundsSecret := regexp.MustCompile(`(?i)hash|secret|token|code|password`)
	for _, row := range rowTypes() {
		eachField(row, func(path string, field reflect.StructField) {
			if !field.IsExported() {
				t.Errorf("%s is not exported: state files would not have it", path)
			}
			if soundsSecret.MatchString(field.Name) && field.Tag.Get("secret") == "" && !slices.Contains(notSecret, path) {
				t.Errorf("%s is in snapshots: tag it `secret:\"true\"`, or list it in notSecret", path)
			}
		})
	}
}

// fillValue gives every field a value of its own.
func fillValue(v reflect.Value, n *int) {
	*n++
	switch value := v.Addr().Interface().(type) {
	case *time.Time:
		*value = start.Add(time.Duration(*n) * time.Microsecond)
		return
	case *json.RawMessage:
		*value = json.RawMessage(`{"a":[1]}`)
		return
	case *uuid.UUID:
		*value = uuid.New()
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("é<", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.5)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(*n % 256))
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillValue(v.Index(0), n)
		fillValue(v.Index(1), n)
	case reflect.Array:
		for i := range v.Len() {
			fillValue(v.Index(i), n)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillValue(key, n)
		fillValue(value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(v.Field(i), n)
		}
	default:
		panic("a row has a " + v.Type().String() + ": teach this test to fill one")
	}
}

// TestRowsComeBack: every field of every kind of row is the same after it was
// written and read.
func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	types := rowTypes()
	for _, name := range slices.Sorted(maps.Keys(types)) {
		full, empty := reflect.New(types[name]), reflect.New(types[name])
		n := 0
		fillValue(full.Elem(), &n)
		comesBack(t, name, full)
		comesBack(t, name, empty)
	}
}

func comesBack(t *testing.T, name string, row reflect.Value) {
	t.Helper()
	raw, err := json.Marshal(row.Interface())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	back := reflect.New(row.Type().Elem())
	if err := json.Unmarshal(raw, back.Interface()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if !reflect.DeepEqual(row.Interface(), back.Interface()) {
		t.Errorf("%s:\n%+v\n%+v", name, row, back)
	}
}
