//go:build interop

package interop

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/mocktest"
)

// TestCommand: what people start themselves lets identity providers be on this machine
// only where it is told to.
func TestCommand(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	binary, file := filepath.Join(folder, "mockcloud"), filepath.Join(folder, "scenario.yaml")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../cmd/mockcloud").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	o := prepareOpenID(t, serve(t, binary, "--scenario", file), oidcProvider, "ES256", nil)
	o.api(http.MethodPost, "/sso/connections", obj{
		"name": "opponent", "domains": []string{"acme.example"}, "connection_type": "GenericOIDC", "oidc": o.settings(),
	}).Want(http.StatusUnprocessableEntity)

	o = prepareOpenID(t, serve(t, binary, "--scenario", file, "--allow-private-issuers"), oidcProvider, "ES256", nil)
	o.connect("GenericOIDC", obj{"oidc": o.settings()})
	known := o.MemberNamed(ada).UserID
	v := acctest.NewVisitor(t)
	if who := o.letIn(v, o.signIn(v, ada, "p-ada"), ada); who.ID != known {
		t.Errorf("%+v is not the member %s", who, known)
	}
}

// serve starts the command, and is the world that it makes. It hears no refusals.
func serve(t *testing.T, binary string, arguments ...string) *world {
	t.Helper()
	log := &mocktest.Log{}
	server := exec.CommandContext(t.Context(), binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, arguments...)...)
	server.Stderr = log
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // the end of the test's context has killed it
	var ready struct {
		URL string `json:"url"`
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	to, malformed := url.Parse(ready.URL)
	if err != nil || malformed != nil {
		t.Fatalf("%v, %v: %s\n%s", err, malformed, line, log)
	}
	return &world{t: t, clock: &clock{}, refusals: &refusals{}, Server: mocktest.Serve(t, httputil.NewSingleHostReverseProxy(to))}
}
