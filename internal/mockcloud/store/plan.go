package store

import (
	"slices"
	"time"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/fold"
)

// Feature is what a plan gives an account beyond the basics.
type Feature string

// The features that this server tells apart.
const (
	FeatureSSO         Feature = "sso"
	FeatureSCIM        Feature = "scim"
	FeatureTeams       Feature = "teams"
	FeatureCustomRoles Feature = "custom_roles"
	FeatureAuditLogs   Feature = "audit_logs"
)

// Features returns all that there are.
func Features() []Feature {
	return []Feature{FeatureSSO, FeatureSCIM, FeatureTeams, FeatureCustomRoles, FeatureAuditLogs}
}

// planWithFeatures is the plan that has all the features above.
const planWithFeatures = "Enterprise"

// Plan is what an account pays for.
type Plan struct {
	// Name is how scenarios and people call it.
	Name string
	// Type and Tier are its names on the wire (AccountPlanType, AccountPlanTier).
	Type, Tier string
	// RequestsPerMinute is the published rate limit.
	RequestsPerMinute int
}

// Features returns what the plan has beyond the basics.
func (p Plan) Features() []Feature {
	if fold.SameToken(p.Name, planWithFeatures) {
		return Features()
	}
	return nil
}

// Plans returns all plans, the smallest first.
func Plans() []Plan {
	return []Plan{
		{"hobby", "PERSONAL", "FREE_2025_04", 625},
		{"starter", "ORGANIZATION", "STARTER", 1250},
		{"team", "ORGANIZATION", "TEAM", 2500},
		{"pro", "ORGANIZATION", "PRO", 5000},
		{"enterprise", "ENTERPRISE", "ENTERPRISE", 5000},
	}
}

// PlanNamed finds a plan by its name.
func PlanNamed(name string) (Plan, bool) {
	plans := Plans()
	i := slices.IndexFunc(plans, func(p Plan) bool { return p.Name == name })
	if i < 0 {
		return Plan{}, false
	}
	return plans[i], true
}

// RateLimit is how many requests an account may make in a window. No requests
// means no limit.
type RateLimit struct {
	Requests int
	Window   time.Duration
}
