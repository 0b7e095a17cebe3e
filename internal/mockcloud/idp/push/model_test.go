package push_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/people"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/idp/push"
)

// TestAnyOrder lets people and groups come, change and go at random while the
// endpoint fails, loses answers and is changed behind the push's back. When all
// is delivered, the endpoint is as the directory is.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		style := push.Styles()[seed%3]
		random := rand.New(rand.NewPCG(seed, 0))
		s := newScene(t)
		// Failures draw from a generator of their own: they happen in another
		// goroutine.
		bad := rand.New(rand.NewPCG(seed, 1))
		s.failing(func(*http.Request, string) (int, http.Header, bool) {
			switch bad.IntN(12) {
			case 0:
				return http.StatusInternalServerError, nil, false
			case 1:
				return http.StatusTooManyRequests, http.Header{"Retry-After": {"3"}}, false
			case 2:
				return 0, nil, true
			}
			return 0, nil, false
		})
		s.connect(style)
		for range 60 {
			name := fmt.Sprintf("p%d", random.IntN(6))
			email, group := name+"@acme.com", fmt.Sprintf("G%d", random.IntN(3))
			var err error
			switch random.IntN(9) {
			case 0, 1:
				s.join(name, group)
			case 2:
				_, err = s.Leave(email)
			case 3:
				_, err = s.Return(email)
			case 4:
				_, err = s.Change(email, people.Change{Title: pointer(fmt.Sprint(random.IntN(3)))})
			case 5:
				_, err = s.AddMembers(group, email)
			case 6:
				_, err = s.RemoveMembers(group, email)
			case 7:
				if random.IntN(4) == 0 {
					_, err = s.DeleteGroup(group)
				} else {
					err = s.push.Resync()
				}
			case 8:
				s.Remove(name + "-1")
			}
			if err != nil && !strings.Contains(err.Error(), "there is no") && !strings.Contains(err.Error(), "no person here") {
				t.Fatal(err)
			}
		}
		// What was given up is for the resync.
		_ = s.push.Idle(t.Context())
		s.failing(nil)
		s.must(s.push.Resync())
		s.idle()
		if got, want := s.active(), s.employed(); got != want {
			t.Fatalf("seed %d, %s:\n%s, want\n%s", seed, style, got, want)
		}
	}
}

// active returns which users are active, and which of them are in which group.
func (s *scene) active() string {
	var inactive []string
	words := strings.Fields(s.state())
	for _, word := range words {
		if name, ok := strings.CutPrefix(word, "("); ok {
			inactive = append(inactive, strings.TrimSuffix(name, ")"))
		}
	}
	var out []string
	for _, word := range words {
		group, members, ok := strings.Cut(word, ":")
		switch {
		case ok:
			names := slices.DeleteFunc(strings.Split(members, ","), func(name string) bool { return slices.Contains(inactive, name) })
			out = append(out, group+":"+strings.Join(names, ","))
		case !strings.HasPrefix(word, "("):
			out = append(out, word)
		}
	}
	return strings.Join(out, " ")
}

// employed tells the same of the directory.
func (s *scene) employed() string {
	var out, groups []string
	here := map[string]string{}
	for _, p := range s.People() {
		if name, _, _ := strings.Cut(p.Email, "@"); !p.Left {
			here[p.Subject] = name
			out = append(out, name)
		}
	}
	for _, g := range s.Groups() {
		var members []string
		for _, subject := range g.Members {
			if name, ok := here[subject]; ok {
				members = append(members, name)
			}
		}
		slices.Sort(members)
		groups = append(groups, g.Name+":"+strings.Join(members, ","))
	}
	slices.Sort(out)
	slices.Sort(groups)
	return strings.Join(append(out, groups...), " ")
}
