package access

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCompareMappings: the order of mappings is a contract; what the server sorts, a plan must sort alike.
func TestCompareMappings(t *testing.T) {
	t.Parallel()
	sorted := []Mapping{
		{ID: "high", Priority: 9, Match: Match{GroupName: "zz"}},
		{ID: "attribute-upper", Match: Match{Attribute: "Title", Equals: "a"}},
		{ID: "attribute-a", Match: Match{Attribute: "title", Equals: "a"}},
		{ID: "attribute-b", Match: Match{Attribute: "title", Equals: "b"}},
		{ID: "group-id", Match: Match{GroupID: "directory_group_0"}},
		{ID: "a", Match: Match{GroupName: "A"}},
		{ID: "b", Match: Match{GroupName: "B"}},
		{ID: "lower", Match: Match{GroupName: "a"}},
		{ID: "low", Priority: -1, Match: Match{Attribute: "a", Equals: "a"}},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		mixed := slices.Clone(sorted)
		random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if slices.SortFunc(mixed, compareMappings); !slices.Equal(mixed, sorted) {
			t.Fatalf("sorted as %+v", mixed)
		}
	}
}
