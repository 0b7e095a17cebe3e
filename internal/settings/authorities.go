package settings

import (
	"crypto/x509"
	"fmt"
	"os"
)

// EnvSystemCertificates is the variable that OpenSSL, Python and Go know.
const EnvSystemCertificates = "SSL_CERT_FILE"

// authorities returns the certificates to trust: what the machine trusts, and those in
// the file that Prefect's tools take. nil where no file is named.
func (r *resolver) authorities() *x509.CertPool {
	file, from := first("", r.getenv(EnvCertificates), r.profile.certificates)
	variable := EnvCertificates
	if from == nowhere {
		if file = r.getenv(EnvSystemCertificates); file == "" {
			return nil
		}
		from, variable = environment, EnvSystemCertificates
	}
	where := r.name(from, "", variable)
	content, err := os.ReadFile(inHome(file, firstOf(r.getenv("HOME"), r.getenv("USERPROFILE"))))
	if err != nil {
		r.fail("", "Certificates cannot be read", fmt.Sprintf("The file of authorities that %s names cannot be read: %v.", where, err))
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any: the file has to do
	}
	if !pool.AppendCertsFromPEM(content) {
		r.fail("", "No certificates", fmt.Sprintf("%s, which %s names, holds no certificate in PEM form (\"-----BEGIN CERTIFICATE-----\").", file, where))
		return nil
	}
	return pool
}
