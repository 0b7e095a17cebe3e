package provider

import "github.com/prefectsso/terraform-provider-prefectsso/internal/client"

// What of a resource Prefect Cloud offers today ends its description: one of these
// paragraphs, in the words of README's table.
const (
	worksToday   = "\n\n**On Prefect Cloud today:** works."
	watchedToday = "\n\n**On Prefect Cloud today:** watches what was configured in the browser. To configure it from here needs mockcloud, or an API that Prefect Cloud does not offer yet."
	missingToday = "\n\n**Not on Prefect Cloud today:** needs mockcloud, or an API that Prefect Cloud does not offer yet."
)

// permissionToApply ends a description, before what is offered today: which permission the API key has to have to apply what
// the resource plans. To plan, it has to see what the resource is about.
func permissionToApply(permission string) string {
	return "\n\n**Permission to apply:** `" + permission + "`."
}

// permissionToGive is permissionToApply of what gives account roles.
const permissionToGive = "\n\n**Permission to apply:** `" + client.PermissionUpdateMembership + "`, and every permission of a role that it gives."
