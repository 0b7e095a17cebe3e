package accessreport

import "time"

// Version is the version of [Report]: a second one would be told by it. What is added keeps it.
const Version = 1

// Report is what a plan does to people, as --format json prints it. Its JSON Schema is made of this type and of what doc
// says of each field ([Schema]).
type Report struct {
	Version  int       `json:"version" doc:"version of this format: 1"`
	Result   Result    `json:"result" doc:"nothing, changes, finding or incomplete: what the exit code says"`
	ExitCode int       `json:"exit_code" doc:"0 nothing, 1 incomplete, 2 something changes for somebody, 3 a finding of the chosen severity"`
	FailOn   string    `json:"fail_on" doc:"the severity from which on a finding is worth the exit code 3: error, warning or none"`
	Plan     PlanInfo  `json:"plan" doc:"the plan that the report is of"`
	World    WorldInfo `json:"world" doc:"where what the accounts are like comes from"`
	Accounts []Account `json:"accounts" doc:"the accounts that the plan is about, by id"`
	Missing  []string  `json:"missing" doc:"addresses that the configuration has and the incomplete plan lacks"`
	Unknown  []Unknown `json:"unknown" doc:"what could not be known, and why"`
}

// Result is what a report comes to.
type Result string

// The results, in the order of their exit codes.
const (
	ResultNothing    Result = "nothing"
	ResultIncomplete Result = "incomplete"
	ResultChanges    Result = "changes"
	ResultFinding    Result = "finding"
)

// PlanInfo is the plan.
type PlanInfo struct {
	TerraformVersion string     `json:"terraform_version" doc:"the version of Terraform or OpenTofu that planned"`
	Created          *time.Time `json:"created" doc:"when the plan was made; null where it does not say"`
	Errored          bool       `json:"errored" doc:"the plan failed: it lacks what was refused, and all that depends on it"`
	Complete         bool       `json:"complete" doc:"the plan has all that the configuration wants"`
	Destroy          bool       `json:"destroy" doc:"the plan destroys everything; Terraform leaves drift out of such a plan"`
}

// WorldInfo says where what the accounts are like comes from.
type WorldInfo struct {
	Source     string     `json:"source" doc:"api or file"`
	Saved      *time.Time `json:"saved" doc:"when the file was written; null for the API"`
	AgeSeconds *int64     `json:"age_seconds" doc:"how old the file is; null for the API"`
}

// Account is what a plan does to an account.
type Account struct {
	ID       string      `json:"id" doc:"the account's id"`
	Handle   *string     `json:"handle" doc:"the account's handle; null where it is not known"`
	Enforced ShiftOfBool `json:"sso_enforced" doc:"whether single sign-on is enforced"`
	Session  ShiftOfInt  `json:"auth_expiration_seconds" doc:"for how many seconds a login counts as recent; null for as long as the session"`
	Standing []Flow      `json:"standing" doc:"how many people sign in in which way before and after, also those for whom nothing changes"`
	Bypass   ShiftOfInt  `json:"bypassing" doc:"how many active people sign in without single sign-on"`

	People          []Person         `json:"people" doc:"those to whom something happens, or may happen"`
	Meanwhile       []Interruption   `json:"meanwhile" doc:"who is without something while a thing is replaced: it is deleted before it is made anew"`
	Unenforced      bool             `json:"unenforced_meanwhile" doc:"single sign-on is enforced before and after, and not while a connection is replaced"`
	Later           []Person         `json:"later" doc:"what the first login through a connection does for which the apply does not wait, beyond the rest"`
	Invited         []Person         `json:"invited" doc:"pending invitations for which something is different once they are accepted"`
	ServiceAccounts []ServiceAccount `json:"service_accounts" doc:"service accounts to which something happens"`
	Workspaces      []Workspace      `json:"workspaces" doc:"workspaces that people or service accounts reach, and did not, or the other way round"`
	Directories     []Directory      `json:"directories" doc:"directories that become something else for their people"`
	Actions         []Action         `json:"actions" doc:"actions that the apply invokes, in the plan's order; whom they activate or deactivate is in people, too"`
	Refused         []Refusal        `json:"refused" doc:"what the API would refuse: the apply fails there"`
	Findings        []Finding        `json:"findings" doc:"what is worth a look, the worst first"`
	Expiring        []Expiring       `json:"expiring" doc:"what expires within the time that was asked for, the earliest first"`
	Moved           []Moved          `json:"moved" doc:"values that are others by now than when the plan was made"`
}

// Kind is what happens to a person.
type Kind string

// What may happen to a person, the worst first.
const (
	LosesAccess      Kind = "loses-access"
	Deprovisioned    Kind = "deprovisioned"
	LeavesAccount    Kind = "leaves-account"
	LosesBypass      Kind = "loses-bypass"
	RoleDown         Kind = "role-down"
	RoleOther        Kind = "role-other"
	EarlierRole      Kind = "earlier-role"
	RoleUp           Kind = "role-up"
	GainsBypass      Kind = "gains-bypass"
	LosesWorkspaces  Kind = "loses-workspaces"
	OtherSignIn      Kind = "signs-in-otherwise"
	GainsWorkspaces  Kind = "gains-workspaces"
	OtherWorkspaces  Kind = "reaches-workspaces-otherwise"
	JoinsAccount     Kind = "joins-account"
	GainsAccess      Kind = "gains-access"
	OtherActivity    Kind = "activity-changes"
	PerhapsSomething Kind = "not-known"
)

// Person is what happens to one person.
type Person struct {
	Email         string            `json:"email" doc:"the address, or the handle of who has none; person-1 and so on where it is redacted"`
	Caller        bool              `json:"caller" doc:"the API key in use is theirs"`
	Kinds         []Kind            `json:"kinds" doc:"what happens, in words that stay the same"`
	Member        ShiftOfBool       `json:"member" doc:"whether they are a member of the account"`
	Active        ShiftOfBool       `json:"active" doc:"whether the membership is active"`
	SignIn        ShiftOfText       `json:"sign_in" doc:"how they sign in: not at all, in any way, without single sign-on, or through a connection"`
	Role          ShiftOfText       `json:"role" doc:"their account role"`
	RoleFrom      *string           `json:"role_from" doc:"why they have the role afterwards: default, mapping or manual; null where no directory decides or it is not known"`
	Bypass        ShiftOfBool       `json:"bypasses_sso" doc:"whether they are active and their role has bypass:sso"`
	Deprovisioned bool              `json:"deprovisioned" doc:"a directory ends their access"`
	Gained        []Reach           `json:"workspaces_gained" doc:"ways into workspaces that are there only afterwards"`
	Lost          []Reach           `json:"workspaces_lost" doc:"ways into workspaces that are there only before"`
	Unknown       map[string]string `json:"unknown" doc:"what of it is not known, and why"`
	By            []string          `json:"by" doc:"addresses of the resources that give the role by hand"`
}

// Reach is a way into a workspace.
type Reach struct {
	Workspace string `json:"workspace" doc:"the workspace's handle"`
	Role      string `json:"role" doc:"the workspace role; empty where the account role administrates all workspaces"`
	Via       string `json:"via" doc:"role, access, team or default: the account role, an access of one's own, a team, or the workspace's default role"`
	Team      string `json:"team" doc:"the team, where that is the way"`
}

// Interruption is what somebody is without while a thing is replaced.
type Interruption struct {
	Email    string   `json:"email" doc:"the address"`
	Kinds    []Kind   `json:"kinds" doc:"what happens meanwhile and is over afterwards"`
	Replaced []string `json:"replaced" doc:"addresses of what is replaced"`
}

// ServiceAccount is what happens to a service account.
type ServiceAccount struct {
	Name   string  `json:"name" doc:"the name"`
	Caller bool    `json:"caller" doc:"the API key in use is its own"`
	Gained []Reach `json:"workspaces_gained" doc:"ways into workspaces that are there only afterwards"`
	Lost   []Reach `json:"workspaces_lost" doc:"ways into workspaces that are there only before"`
}

// Workspace is who reaches a workspace and did not, or the other way round.
type Workspace struct {
	Handle                string   `json:"handle" doc:"the workspace's handle"`
	Gained                []string `json:"people_gained" doc:"people who reach it only afterwards"`
	Lost                  []string `json:"people_lost" doc:"people who reach it only before"`
	Otherwise             []string `json:"people_otherwise" doc:"people who reach it before and after, in other ways or with another role"`
	GainedServiceAccounts []string `json:"service_accounts_gained" doc:"service accounts that reach it only afterwards"`
	LostServiceAccounts   []string `json:"service_accounts_lost" doc:"service accounts that reach it only before"`
}

// Directory is what a directory becomes.
type Directory struct {
	Name  string   `json:"name" doc:"the name"`
	Kinds []string `json:"kinds" doc:"deleted, switched-off, removes-leavers, teams-untied, domains-dropped"`
	Users int      `json:"active_users" doc:"how many active users it has"`
	Names []string `json:"names" doc:"the teams or domains that it is about"`
}

// Action is an action that the apply invokes.
type Action struct {
	Address  string   `json:"address" doc:"the action's address"`
	Type     string   `json:"type" doc:"the action's type"`
	Resource string   `json:"resource" doc:"the resource that triggers it; empty where it is invoked by hand"`
	Event    string   `json:"event" doc:"when it is invoked: before_create, after_create, before_update, after_update and so on; empty for by hand"`
	Does     string   `json:"does" doc:"what it does, in words"`
	About    string   `json:"about" doc:"the directory or connection that it is about; empty for none"`
	People   []string `json:"people" doc:"the people whom it names"`
	Concerns bool     `json:"concerns_people" doc:"whether it changes something for somebody; a probe and a fetch of metadata do not by themselves"`
}

// Refusal is what the API would refuse.
type Refusal struct {
	Reason string   `json:"reason" doc:"last-bypass, caller, mapping, routed, domain-not-enabled, match or incomplete"`
	People []string `json:"people" doc:"whom it is about"`
	About  string   `json:"about" doc:"the domain, connection or mapping that it is about"`
}

// Finding is worth a look.
type Finding struct {
	ID       string   `json:"id" doc:"the stable id, a heading in the guide on guards or on this report"`
	Severity string   `json:"severity" doc:"error or warning"`
	Later    bool     `json:"later" doc:"it is about the first login through a connection, not about the apply"`
	Summary  string   `json:"summary" doc:"what it is, in a few words"`
	Message  string   `json:"message" doc:"what happens, why, and what to do"`
	People   []string `json:"people" doc:"all whom it is about; the message names 20"`
}

// Expiring is what expires soon.
type Expiring struct {
	Kind    string    `json:"kind" doc:"certificate, scim-token, scim-client-secret or service-account-key"`
	Name    string    `json:"name" doc:"what it is called"`
	Of      string    `json:"of" doc:"the connection or directory that it is of; empty for a service account's"`
	Expires time.Time `json:"expires" doc:"when"`
	Days    int       `json:"days" doc:"how many whole days are left; 0 where it has expired"`
}

// Moved is a value that is another one by now.
type Moved struct {
	Address   string `json:"address" doc:"the resource"`
	Attribute string `json:"attribute" doc:"the argument"`
	Planned   string `json:"planned" doc:"what it was when the plan was made"`
	Now       string `json:"now" doc:"what it is by now"`
}

// Unknown is something that could not be known.
type Unknown struct {
	Account   string `json:"account" doc:"the account; empty where that is not known"`
	Subject   string `json:"subject" doc:"the resource's address, or the part of the account"`
	Attribute string `json:"attribute" doc:"the argument; empty for none"`
	Why       string `json:"why" doc:"why it is not known, and what depends on it"`
}

// ShiftOfBool is a fact before and after the apply; null where it is not known.
type ShiftOfBool struct {
	Before *bool `json:"before" doc:"before the apply"`
	After  *bool `json:"after" doc:"after the apply"`
}

// ShiftOfText is a fact before and after the apply; null where it is not known.
type ShiftOfText struct {
	Before *string `json:"before" doc:"before the apply"`
	After  *string `json:"after" doc:"after the apply"`
}

// ShiftOfInt is a number before and after the apply; null where it is not known, or where there is none.
type ShiftOfInt struct {
	Before *int64 `json:"before" doc:"before the apply"`
	After  *int64 `json:"after" doc:"after the apply"`
}

// Flow is how many people go from one way of signing in to another, or stay with theirs.
type Flow struct {
	From   string `json:"from" doc:"the way before: see sign_in; no member for who is none; not known"`
	To     string `json:"to" doc:"the way after"`
	People int    `json:"people" doc:"how many people"`
}
