package benchguide

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// row is a line of the guide. measured is nil where a test asserts the bound.
type row struct {
	what, bound string
	measured    func(*numbers) string
}

// numbers looks results up, in the newest record that has them, and notes which records were used and what is missing.
type numbers struct {
	records []Record
	dates   []string
	missing []string
}

// of returns the results of several benchmarks in one unit, the smallest first, times a factor.
func (n *numbers) of(unit string, factor float64, benchmarks ...string) []float64 {
	var all []float64
	for _, benchmark := range benchmarks {
		key := "Benchmark" + benchmark + " " + unit
		at := slices.IndexFunc(n.records, func(r Record) bool { return len(r.values[key]) > 0 })
		if at < 0 {
			n.missing = append(n.missing, key)
			continue
		}
		if date := n.records[at].Head["date"]; !slices.Contains(n.dates, date) {
			n.dates = append(n.dates, date)
		}
		for _, value := range n.records[at].values[key] {
			all = append(all, value*factor)
		}
	}
	slices.Sort(all)
	return all
}

// span returns them as text: one number, or the smallest and the largest.
func (n *numbers) span(unit string, factor float64, benchmarks ...string) string {
	return spanOf(n.of(unit, factor, benchmarks...))
}

func spanOf(values []float64) string {
	if len(values) == 0 {
		return "?"
	}
	low, high := number(values[0]), number(values[len(values)-1])
	if low == high {
		return low
	}
	return low + " to " + high
}

// ratio returns how many times as much the first is as the second, by the smallest of each, which is what the machine's
// other work disturbs least.
func (n *numbers) ratio(unit, first, second string) string {
	a, b := n.of(unit, 1, first), n.of(unit, 1, second)
	if len(a) == 0 || len(b) == 0 {
		return "?"
	}
	return strconv.FormatFloat(a[0]/b[0], 'f', 2, 64)
}

// more returns how much more the first is than the second, by the smallest of each.
func (n *numbers) more(unit string, factor float64, first, second string) string {
	a, b := n.of(unit, factor, first), n.of(unit, factor, second)
	if len(a) == 0 || len(b) == 0 {
		return "?"
	}
	return number(a[0] - b[0])
}

// number writes two digits that count of small numbers, and the whole part of others, rounded to three digits.
func number(x float64) string {
	switch magnitude := math.Abs(x); {
	case magnitude == 0:
		return "0"
	case magnitude < 10 && x != math.Trunc(x):
		digits := max(0, 1-int(math.Floor(math.Log10(magnitude))))
		return strings.TrimSuffix(strconv.FormatFloat(x, 'f', min(digits, 3), 64), ".0")
	case magnitude < 1000:
		return strconv.FormatFloat(x, 'f', 0, 64)
	default:
		step := math.Pow(10, math.Floor(math.Log10(magnitude))-1)
		text := strconv.FormatFloat(math.Round(x/step)*step, 'f', 0, 64)
		for at := len(text) - 3; at > 0; at -= 3 {
			text = text[:at] + "," + text[at:]
		}
		return text
	}
}

const (
	milli = 1e-6 // nanoseconds → milliseconds
	micro = 1e-3 // nanoseconds → microseconds
)

// sizes are a benchmark of SCIM in its three directories.
func sizes(name string) []string {
	return []string{"List/" + name + "/1000_users", "List/" + name + "/10000_users", "List/" + name + "/100000_users"}
}

var rows = []row{
	{what: "requests to refresh N `prefectsso_member_role`", bound: "N + 4"},
	{
		"the same in an account of M people, Terraform asking ten at a time", "⌈M/200⌉ + 4", func(n *numbers) string {
			of := func(name string) string { return n.span("requests/plan", 1, "MemberRoleRefresh/"+name) }
			return fmt.Sprintf("N = 60 of 2,000: %s; N = 100 of 3,000: %s; N = 12 of 5,000: %s", of("60_of_2000"), of("100_of_3000"), of("12_of_5000"))
		},
	},
	{
		"requests to refresh one `prefectsso_member_roles` over 10,000 people", "⌈M/200⌉ + 4 = 54", func(n *numbers) string {
			return n.span("requests/plan", 1, "MemberRolesSecondPlan/map_of_10000/0_ms", "MemberRolesSecondPlan/map_of_10000/50_ms")
		},
	},
	{
		"second plan of that map at 50 ms latency, against a provider that only copies such a map", "1.25 ×", func(n *numbers) string {
			const name = "MemberRolesSecondPlan/map_of_10000/50_ms"
			return fmt.Sprintf("%s × (%s s)", n.span("wall-ratio", 1, name), n.span("s/plan", 1, name))
		},
	},
	{
		"requests to review the access of 10,000 people in a directory", "75", func(n *numbers) string { return n.span("requests/review", 1, "AccessReview") },
	},
	{what: "requests to change a role", bound: "1 PATCH"},
	{what: "requests to create a `prefectsso_domain`", bound: "GET, PATCH, GET"},
	{what: "requests for a 404", bound: "1, and up to 2 that tell whether the thing, its account or the route is missing"},
	{
		"SCIM `userName eq`, `externalId eq` at 1,000, 10,000 and 100,000 people, without the network", "1 ms, flat within 2 ×", func(n *numbers) string {
			return n.span("ns/op", milli, append(sizes("userName_eq"), sizes("externalId_eq")...)...) + " ms"
		},
	},
	{
		"SCIM page of 200 at 1,000, 10,000 and 100,000 people", "10 ms", func(n *numbers) string {
			return n.span("ns/op", milli, sizes("page_of_200")...) + " ms"
		},
	},
	{
		"SCIM PATCH that adds and removes one member of a group of 50,000, against a group of 10", "1.5 ×", func(n *numbers) string {
			const big, small = "GroupPatch/add_and_remove_one/50000_members", "GroupPatch/add_and_remove_one/10_members"
			return fmt.Sprintf("%s × (%s ms)", n.ratio("ns/op", big, small), n.span("ns/op", milli, big))
		},
	},
	{
		"SCIM group without its members (`excludedAttributes=members`), 50,000 and 10", "never built", func(n *numbers) string {
			const name = "GroupPatch/excludedAttributes=members/"
			return n.span("ns/op", milli, name+"50000_members", name+"10_members") + " ms"
		},
	},
	{
		"import of 100,000 people over SCIM, one request each, pusher and server on the same 2 cores", "3,000 a second", func(n *numbers) string {
			of := func(name string) string { return n.span("users/s", 1, "Import/"+name) }
			return fmt.Sprintf("%s a second; with every write on the disk before it is answered (`--state`) %s over 8 connections, %s over 64, which share what a write costs",
				of("in_memory"), of("state_file"), of("state_file,_64_pushers"))
		},
	},
	{
		"mockcloud's memory after that import", "600 MB", func(n *numbers) string {
			of := func(unit, name string) string { return n.span(unit, 1, "Import/"+name) }
			return fmt.Sprintf("%s MiB; with `--state` %s MiB over 8 connections and %s MiB over 64, without the pages of the file, which the system may take back",
				of("MiB-resident", "in_memory"), of("MiB-own", "state_file"), of("MiB-own", "state_file,_64_pushers"))
		},
	},
	{what: "requests that get through after the answer to a deactivation", bound: "0"},
	{
		"mockcloud with 100,000 members, resident memory", "400 MiB", func(n *numbers) string {
			return fmt.Sprintf("%s MiB; %s MiB from a state file", n.span("MiB-resident", 1, "Start100k/scenario"), n.span("MiB-resident", 1, "Start100k/state_file"))
		},
	},
	{
		"mockcloud ready from a state file with 100,000 members", "3 s", func(n *numbers) string { return n.span("ms-to-ready", 1e-3, "Start100k/state_file") + " s" },
	},
	{
		"durable writes a second over HTTP, 32 writers", "1,000", func(n *numbers) string { return n.span("writes/s", 1, "DurableWrites") },
	},
	{
		"mockcloud ready with the ready-made scenario", "200 ms", func(n *numbers) string { return n.span("ns/op", milli, "Ready") + " ms" },
	},
	{
		"a login, the server's own time (OpenID Connect, SAML)", "10 ms", func(n *numbers) string {
			return fmt.Sprintf("%s ms, %s ms", n.span("ms/login", 1, "Login/oidc"), n.span("ms/login", 1, "Login/saml"))
		},
	},
	{
		"a SAML login with an encrypted assertion, likewise", "15 ms", func(n *numbers) string { return n.span("ms/login", 1, "Login/saml-encrypted") + " ms" },
	},
	{
		"what enforcement adds to a request", "5 µs", func(n *numbers) string {
			return n.more("ns/op", micro, "Enforcement/enforced", "Enforcement/open") + " µs"
		},
	},
}

// Page returns the guide as the records have it, of which the first that has a benchmark counts, and an error where none has
// what the page needs.
func Page(records ...Record) (string, error) {
	n := &numbers{records: records}
	var table, b strings.Builder
	used := map[string]bool{}
	for _, r := range rows {
		measured, command := "held", "make test"
		n.dates = nil
		if r.measured != nil {
			measured, command = r.measured(n), "make bench"
		}
		for _, date := range n.dates {
			used[date] = true
		}
		fmt.Fprintf(&table, "| %s | %s | %s | `%s` | %s |\n", r.what, r.bound, measured, command, strings.Join(n.dates, ", "))
	}
	b.WriteString(beginning)
	for _, record := range records {
		if !used[record.Head["date"]] {
			continue
		}
		for _, name := range []string{"date", "machine", "go", "terraform"} {
			if record.Head[name] == "" {
				n.missing = append(n.missing, name)
			}
		}
		fmt.Fprintf(&b, "- %s: %s, Go %s, Terraform %s.", record.Head["date"], record.Head["machine"], record.Head["go"], record.Head["terraform"])
		if note := record.Head["note"]; note != "" {
			b.WriteString(" " + note)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| what | bound | measured | command | when |\n|---|---|---|---|---|\n" + table.String())
	b.WriteString(end)
	if len(n.missing) > 0 {
		return "", fmt.Errorf("the records have not %s", strings.Join(n.missing, ", "))
	}
	return b.String(), nil
}

const beginning = `---
page_title: "Benchmarks"
subcategory: ""
description: |-
  How many requests Terraform makes, how long a plan takes, and what mockcloud carries.
---

# Benchmarks

Bounds whose command is ` + "`make test`" + ` are asserted there, at each run. What ` + "`make bench`" + ` gives was measured on

`

const end = `
How many people a plan will ask for is not known while it asks for the first, so the second row's ⌈M/200⌉ + 4 holds for accounts of up to some 5,600 people, where Terraform's questions come ten at a time (on a machine too busy for that they come apart, and a few requests more are sent); beyond that a refresh may take a few requests more (250 of 10,000: 57, not 54). N + 4 holds at any size, for people who are there; those who are not are looked up once more.

Two numbers are the smallest and the largest of several runs. This page is written from the benchmarks' output: ` + "`make bench` runs them, and `make bench-record`" + ` keeps the output in the repository and writes the page.
`
