package provider

import (
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
)

// NewWithTimer returns New with another way to wait for promotions than time.After.
func NewWithTimer(after func(time.Duration) <-chan time.Time) func() provider.Provider {
	return func() provider.Provider { return &prefectssoProvider{version: "test", after: after} }
}

// PlannedTypes returns the resource types whose plans have something in common.
func PlannedTypes() []string { return slices.Sorted(maps.Keys(plannings)) }
