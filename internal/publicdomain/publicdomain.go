// Package publicdomain knows email domains that no one organization owns: public suffixes, below which organizations
// register names, and providers of webmail, where anybody gets an address.
package publicdomain

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Kind is why a domain cannot be owned.
type Kind int

// The kinds of domains.
const (
	None    Kind = iota // it may be owned
	Suffix              // a public suffix, of the Public Suffix List
	Webmail             // a provider where anybody gets an address
)

// KindOf returns why a domain cannot be owned, which is written in lower-case ASCII.
func KindOf(domain string) Kind {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	owner := strings.TrimSuffix(strings.TrimSuffix(domain, suffix), ".")
	switch {
	case owner == "":
		return Suffix
	case webmail[domain], !strings.Contains(owner, ".") && webmail[owner]:
		return Webmail
	}
	return None
}

// webmail are providers where anybody gets an address. Enabling one for single sign-on would claim strangers' mail.
// Names without a dot stand for all their country forms ("yahoo" for yahoo.com, yahoo.co.uk, …).
var webmail = map[string]bool{
	"gmail.com": true, "googlemail.com": true, "outlook.com": true, "outlook.de": true, "outlook.fr": true,
	"outlook.es": true, "outlook.it": true, "outlook.jp": true, "hotmail": true, "live.com": true, "live.co.uk": true,
	"live.de": true, "live.fr": true, "live.nl": true, "live.it": true, "msn.com": true,
	"yahoo": true, "ymail.com": true, "rocketmail.com": true, "icloud.com": true, "me.com": true, "mac.com": true,
	"aol": true, "proton.me": true, "protonmail.com": true, "pm.me": true, "gmx": true, "web.de": true, "mail.com": true,
	"t-online.de": true, "freenet.de": true, "zoho.com": true, "zohomail.com": true, "yandex": true, "mail.ru": true,
	"bk.ru": true, "inbox.ru": true, "list.ru": true, "qq.com": true, "163.com": true, "126.com": true, "yeah.net": true,
	"sina.com": true, "naver.com": true, "daum.net": true, "hanmail.net": true, "fastmail.com": true, "fastmail.fm": true,
	"hey.com": true, "tutanota.com": true, "tuta.com": true, "tuta.io": true, "mailbox.org": true, "posteo.de": true,
	"orange.fr": true, "wanadoo.fr": true, "free.fr": true, "laposte.net": true, "sfr.fr": true, "libero.it": true,
	"virgilio.it": true, "rediffmail.com": true, "uol.com.br": true, "bol.com.br": true, "terra.com.br": true,
	"comcast.net": true, "verizon.net": true, "att.net": true, "btinternet.com": true, "rambler.ru": true,
	"seznam.cz": true, "wp.pl": true, "o2.pl": true, "onet.pl": true, "interia.pl": true,
}
