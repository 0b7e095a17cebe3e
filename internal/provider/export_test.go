package provider

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider"
)

// NewWithTimer returns New with another way to wait for promotions than time.After.
func NewWithTimer(after func(time.Duration) <-chan time.Time) func() provider.Provider {
	return func() provider.Provider { return &prefectssoProvider{version: "test", after: after} }
}
