// Package refusals has two sentences for each reason for which a login is refused: one for
// the person, which says what to do, and one for administrators, which says what is wrong
// and where to correct it. They are fixed: nothing that an identity provider or a library
// said is in them.
package refusals

// What a person is told. Where the cause is not theirs to mend, the reference leads their
// administrator to it.
const (
	again     = "This login was not finished: it took too long, was used already, or was begun in another browser. Start again."
	askAdmin  = "What your identity provider said of you cannot be used here. Give the reference to your administrator, who can look up why."
	notReady  = "The connection to your identity provider does not work at the moment. Try again later, or give the reference to your administrator."
	denied    = "Your identity provider did not let you in. Ask your administrator whether this application is assigned to you there."
	tooMuch   = "Your identity provider sends more about you than can be read here, usually the list of your groups. Give the reference to your administrator."
	clock     = "Your identity provider's answer is not valid at this time. Start again; if that does not help, give the reference to your administrator."
	unwanted  = "This login was not requested here. Start at the login page."
	elsewhere = "The address to go to after the login is not one of this server. Start at the login page."
)

// words are a reason's two sentences. Where the store words the first itself, as it knows
// the person, it is empty.
type words struct{ person, administrator string }

// Person returns the sentence for the person who was refused. For an unknown reason it
// sends them to their administrator.
func Person(reason string) string {
	if known := all[reason]; known.person != "" {
		return known.person
	}
	return askAdmin
}

// Worded reports whether a reason has a sentence for the person here.
func Worded(reason string) bool { return all[reason].person != "" }

// Administrator returns what is wrong and where to mend it; empty for reasons that are not known.
func Administrator(reason string) string { return all[reason].administrator }
