package scim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/scimcore/scimerr"
)

// The schemas of bulk requests (RFC 7644, 8.2) and the limits that
// /ServiceProviderConfig tells of.
const (
	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	maxOperations   = 1000
	maxBulk         = 1 << 20
	// shareOfWrite is how many operations are written to the state file together.
	shareOfWrite = 50
)

// operation is one request within a bulk request (RFC 7644, 3.7).
type operation struct {
	method, path, bulkID, version string
	data                          map[string]any
	// needs are the bulkIds of other operations that it refers to.
	needs []string
	// malformed says why it cannot be run.
	malformed error
	state     state
	result    *answer
	// id is the resource that was made.
	id uuid.UUID
	// open are those of needs that were not there yet when the resource was made.
	open bool
}

type state int

const (
	waiting state = iota
	running
	done
)

// bulkResult is what came of one operation.
type bulkResult struct {
	Location string `json:"location,omitempty"`
	Method   string `json:"method"`
	BulkID   string `json:"bulkId,omitempty"`
	Version  string `json:"version,omitempty"`
	Status   string `json:"status"`
	Response any    `json:"response,omitempty"`
}

type bulkBody struct {
	Schemas    []string     `json:"schemas"`
	Operations []bulkResult `json:"Operations"`
}

// batch is a bulk request while it runs.
type batch struct {
	*call
	operations []*operation
	byID       map[string]*operation
	// failures left until the rest is not run any more.
	failures int
}

// bulk is POST /Bulk (RFC 7644, 3.7). Each operation is a transaction of its own, as
// if it had come alone; only the wait for the disk is one for all of them, and so is its
// failure. One that refers to another by bulkId runs after it. Where two
// refer to each other, the first is made without its reference, which is added when
// the second is there.
func bulk(c *call) (*answer, error) {
	body, err := c.body(maxBulk)
	if err != nil {
		return nil, err
	}
	b, err := readBatch(c, body)
	if err != nil {
		return nil, err
	}
	if err := b.runAll(); err != nil {
		return nil, err
	}
	b.currentVersions()
	out := bulkBody{Schemas: []string{bulkResponseURN}, Operations: []bulkResult{}}
	for _, o := range b.operations {
		if o.result != nil {
			out.Operations = append(out.Operations, o.outcome())
		}
	}
	return &answer{status: http.StatusOK, body: out}, nil
}

// runAll runs all operations, and returns once what they changed is on the disk.
func (b *batch) runAll() error {
	defer b.later.Flush() // also should one of them panic
	for i, o := range b.operations {
		b.run(o)
		b.complete()
		if (i+1)%shareOfWrite == 0 {
			b.later.Flush()
		}
	}
	return b.later.Wait()
}

// currentVersions gives each resource the version that a GET gives: a later operation
// may have changed it, or taken it away.
func (b *batch) currentVersions() {
	current := make(map[string]string)
	for _, o := range b.operations {
		if o.result == nil || o.result.version == "" || o.result.status >= http.StatusMultipleChoices {
			continue
		}
		at := o.result.location
		version, known := current[at]
		if !known {
			version = b.version(at)
			current[at] = version
		}
		changed := *o.result
		changed.version = version
		o.result = &changed
	}
}

// version is the one that a resource at an address has; empty where it is gone.
func (b *batch) version(location string) string {
	pattern, id := split(strings.TrimPrefix(location, b.base))
	one := *b.call
	one.id, one.ifMatch, one.ifNoneMatch, one.values = id, "", "", nil
	one.attributes, one.excluded = []string{"id"}, nil
	for _, k := range []kind{users{}, groups{}} {
		if pattern == k.resourceType().Endpoint+"/{id}" {
			if a, err := k.read(&one); err == nil {
				return a.version
			}
		}
	}
	return ""
}

func (o *operation) outcome() bulkResult {
	out := bulkResult{
		Location: o.result.location, Method: o.method, BulkID: o.bulkID,
		Version: o.result.version, Status: strconv.Itoa(o.result.status),
	}
	if o.result.status >= http.StatusMultipleChoices {
		out.Response = o.result.body
	}
	return out
}

func readBatch(c *call, body map[string]any) (*batch, error) {
	given, _ := member(body, "schemas").([]any)
	if !slices.ContainsFunc(given, func(s any) bool { name, _ := s.(string); return strings.EqualFold(name, bulkRequestURN) }) {
		return nil, scimerr.New(scimerr.InvalidSyntax, "schemas must name %s", bulkRequestURN)
	}
	failures, limited, err := whole(body, "failOnErrors", 0, scimerr.InvalidValue)
	if err != nil || limited && failures < 1 {
		return nil, scimerr.New(scimerr.InvalidValue, "failOnErrors must be a whole number of 1 or more")
	}
	if !limited {
		failures = maxOperations + 1
	}
	list, ok := member(body, "Operations").([]any)
	switch {
	case !ok || len(list) == 0:
		return nil, scimerr.New(scimerr.InvalidSyntax, "Operations must be a list of at least one operation")
	case len(list) > maxOperations:
		return nil, &request.Error{
			Status: http.StatusRequestEntityTooLarge,
			Detail: fmt.Sprintf("The request has %d operations, over the limit of %d; send several requests", len(list), maxOperations),
		}
	}
	c.later = c.server.Store.Defer()
	b := &batch{call: c, byID: make(map[string]*operation), failures: failures}
	for i, raw := range list {
		o := readOperation(raw)
		b.operations = append(b.operations, o)
		if o.bulkID == "" {
			continue
		}
		if b.byID[o.bulkID] != nil {
			return nil, scimerr.New(scimerr.InvalidValue, "operation %d: another operation has the same bulkId", i+1)
		}
		b.byID[o.bulkID] = o
	}
	return b, nil
}

func readOperation(raw any) *operation {
	object, ok := raw.(map[string]any)
	if !ok {
		return &operation{malformed: scimerr.New(scimerr.InvalidSyntax, "an operation must be an object")}
	}
	o := &operation{}
	for name, into := range map[string]*string{"method": &o.method, "path": &o.path, "bulkId": &o.bulkID, "version": &o.version} {
		value := member(object, name)
		if *into, ok = value.(string); !ok && value != nil {
			o.malformed = scimerr.New(scimerr.InvalidSyntax, "%s must be a string", name)
		}
	}
	o.method = strings.ToUpper(o.method)
	data := member(object, "data")
	o.data, ok = data.(map[string]any)
	switch {
	case o.malformed != nil:
	case !slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, o.method):
		o.malformed = scimerr.New(scimerr.InvalidSyntax, "method must be POST, PUT, PATCH or DELETE")
	case o.method == http.MethodPost && o.bulkID == "":
		o.malformed = scimerr.New(scimerr.InvalidSyntax, "a POST needs a bulkId")
	case o.method != http.MethodDelete && !ok:
		o.malformed = scimerr.New(scimerr.InvalidSyntax, "data must be an object")
	}
	needs := make(map[string]struct{})
	references(o.data, needs)
	references(lastOf(o.path), needs)
	o.needs = slices.Sorted(maps.Keys(needs))
	return o
}

// lastOf is the last element of a path: the id, where there is one.
func lastOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// reference reads a reference to what another operation makes (RFC 7644, 3.7.2).
func reference(text string) (bulkID string, ok bool) {
	const prefix = "bulkid:"
	if len(text) <= len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

// references finds the references in a value.
func references(value any, into map[string]struct{}) {
	switch value := value.(type) {
	case string:
		if name, ok := reference(value); ok {
			into[name] = struct{}{}
		}
	case []any:
		for _, one := range value {
			references(one, into)
		}
	case map[string]any:
		for _, one := range value {
			references(one, into)
		}
	}
}

// run runs an operation after those that it refers to.
func (b *batch) run(o *operation) {
	if o.state != waiting || b.failures == 0 {
		return
	}
	o.state = running
	for _, name := range o.needs {
		if other := b.byID[name]; other != nil && o.malformed == nil {
			b.run(other)
		}
	}
	if b.failures > 0 {
		b.finish(o, b.send(o))
	}
	o.state = done
}

// finish keeps what came of an operation.
func (b *batch) finish(o *operation, a *answer) {
	if a.status >= http.StatusMultipleChoices && (o.result == nil || o.result.status < http.StatusMultipleChoices) {
		b.failures = max(b.failures-1, 0)
	}
	o.result = a
}

// send runs one operation by the handler of its route.
func (b *batch) send(o *operation) *answer {
	if o.malformed != nil {
		return b.failed(o, o.path, o.malformed)
	}
	data, path, err := b.resolved(o)
	if err != nil {
		return b.failed(o, o.path, err)
	}
	a, err := b.request(o.method, path, o.version, data)
	if err != nil {
		return b.failed(o, path, err)
	}
	if o.method == http.MethodPost {
		o.id, _ = parseID(lastOf(a.location))
	}
	return a
}

// failed answers an operation that failed, with the address of its resource, which only one that was not made has not
// (RFC 7644, 3.7.3).
func (b *batch) failed(o *operation, path string, err error) *answer {
	a := b.failure(err)
	pattern, id := split(path)
	if _, open := reference(id); o.method != http.MethodPost && strings.HasSuffix(pattern, "/{id}") && !open {
		a.location = b.base + "/" + strings.Trim(path, "/")
	}
	return a
}

// request makes a request as if it had come alone.
func (b *batch) request(method, path, version string, data map[string]any) (*answer, error) {
	pattern, id := split(path)
	one := *b.call
	one.id, one.ifMatch, one.ifNoneMatch, one.values = id, version, "", nil
	// Resources are not shown, so that what is long in them need not be read.
	one.attributes, one.excluded = []string{"id"}, nil
	for _, k := range []kind{users{}, groups{}} {
		at := k.resourceType().Endpoint
		switch {
		case method == http.MethodPost && pattern == at:
			return k.create(&one, data)
		case pattern != at+"/{id}":
		case method == http.MethodPut:
			return k.replace(&one, data)
		case method == http.MethodPatch:
			return k.patch(&one, data)
		case method == http.MethodDelete:
			return k.remove(&one)
		}
	}
	return nil, scimerr.New(scimerr.InvalidPath, "a bulk operation takes POST to /Users and /Groups, and PUT, PATCH and DELETE of one of them")
}

// resolved puts ids in the place of references. Those that go round in a circle are
// left out where a resource is made, and remembered.
func (b *batch) resolved(o *operation) (data map[string]any, path string, err error) {
	ids := make(map[string]string, len(o.needs))
	o.open = false
	for _, name := range o.needs {
		other := b.byID[name]
		switch {
		case other == nil || other.method != http.MethodPost:
			return nil, "", scimerr.New(scimerr.InvalidValue, "no POST of this request has the bulkId %q", name)
		case other.id != uuid.Nil:
			ids[name] = other.id.String()
		case other.state == running && o.method == http.MethodPost:
			o.open = true
		default:
			return nil, "", &request.Error{Status: http.StatusConflict, Detail: fmt.Sprintf("the operation with the bulkId %q, which this one refers to, failed", name)}
		}
	}
	path = o.path
	if name, ok := reference(lastOf(path)); ok {
		path = strings.TrimSuffix(path, lastOf(path)) + ids[name]
	}
	data, _ = replaced(o.data, ids).(map[string]any)
	return data, path, nil
}

// replaced gives a value with ids in the place of references; without an id the
// value that holds the reference is left out.
func replaced(value any, ids map[string]string) any {
	switch value := value.(type) {
	case string:
		name, ok := reference(value)
		if !ok {
			return value
		}
		if id, ok := ids[name]; ok {
			return id
		}
		return nil
	case []any:
		out := make([]any, 0, len(value))
		for _, one := range value {
			if with := replaced(one, ids); with != nil || one == nil {
				out = append(out, with)
			}
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, one := range value {
			with := replaced(one, ids)
			if with == nil && one != nil && strings.EqualFold(name, "value") {
				return nil
			}
			out[name] = with
		}
		return out
	}
	return value
}

// complete adds the references that were left out, now that all that refer to each
// other are there. A resource whose references lead nowhere is taken away again: an
// operation is done as a whole or not at all.
func (b *batch) complete() {
	for _, o := range b.operations {
		if !o.open || o.result.status >= http.StatusMultipleChoices {
			continue
		}
		path := strings.TrimSuffix(o.path, "/") + "/" + o.id.String()
		data, _, err := b.resolved(o)
		var a *answer
		if err == nil {
			a, err = b.request(http.MethodPut, path, "", data)
		}
		if err == nil {
			o.result.version = a.version
			continue
		}
		if _, undo := b.request(http.MethodDelete, path, "", nil); undo != nil {
			err = undo
		}
		o.open, o.id = false, uuid.Nil
		b.finish(o, b.failure(err))
	}
}
