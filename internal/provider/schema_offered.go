package provider

// What of a resource Prefect Cloud offers today ends its description: one of these
// paragraphs, in the words of README's table.
const (
	worksToday   = "\n\n**On Prefect Cloud today:** works."
	watchedToday = "\n\n**On Prefect Cloud today:** watches what was configured in the browser. To configure it from here needs mockcloud, or an API that Prefect Cloud does not offer yet."
	missingToday = "\n\n**Not on Prefect Cloud today:** needs mockcloud, or an API that Prefect Cloud does not offer yet."
)
