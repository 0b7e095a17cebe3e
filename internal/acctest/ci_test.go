package acctest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/acctest"
)

// strictly reads a file of examples/ci, in which a misspelled key would do nothing, silently.
func strictly(t *testing.T, name string, into any) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(ciFile(t, name)))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// gitlabJob is a job of GitLab CI, as far as the example uses it.
type gitlabJob struct {
	Extends string `yaml:"extends"`
	Image   struct {
		Name       string   `yaml:"name"`
		Entrypoint []string `yaml:"entrypoint"`
	} `yaml:"image"`
	Before []string            `yaml:"before_script"`
	Rules  []map[string]string `yaml:"rules"`
	Script []string            `yaml:"script"`
}

// atlantisConfig is an atlantis.yaml, as far as the example uses it.
type atlantisConfig struct {
	Version  int `yaml:"version"`
	Projects []struct {
		Name     string `yaml:"name"`
		Dir      string `yaml:"dir"`
		Workflow string `yaml:"workflow"`
	} `yaml:"projects"`
	Workflows map[string]map[string]struct {
		Steps []any `yaml:"steps"`
	} `yaml:"workflows"`
}

// run returns the steps of a kind that are commands.
func (c atlantisConfig) run(workflow, stage string) (commands []string) {
	for _, step := range c.Workflows[workflow][stage].Steps {
		if custom, ok := step.(map[string]any); ok {
			if command, ok := custom["run"].(string); ok {
				commands = append(commands, command)
			}
		}
	}
	return commands
}

// spaceliftConfig is a .spacelift/config.yml, as far as the example uses it.
type spaceliftConfig struct {
	Version  string `yaml:"version"`
	Defaults struct {
		BeforePlan []string `yaml:"before_plan"`
		AfterPlan  []string `yaml:"after_plan"`
	} `yaml:"stack_defaults"`
}

// The workflow of GitHub has the least permissions, actions by their commits, no secrets for forks, and no expression within
// a script, where its value would be run.
func TestGitHubWorkflow(t *testing.T) {
	t.Parallel()
	w := githubWorkflow(t)
	if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" || w.On["schedule"] == nil || len(w.On) != 3 || w.Concurrency["group"] == "" {
		t.Errorf("the workflow is %+v", w)
	}
	if _, dangerous := w.On["pull_request_target"]; dangerous {
		t.Error("a pull request from a fork would get the secrets")
	}
	if report := w.Jobs["report"]; !strings.Contains(report.If, "head.repo.full_name == github.repository") || report.Permissions["pull-requests"] != "write" || len(report.Permissions) != 2 {
		t.Errorf("the job on pull requests is %+v", report)
	}
	if drift := w.Jobs["drift"]; drift.Permissions != nil || len(w.Jobs) != 2 {
		t.Errorf("the morning's job has the permissions %v", drift.Permissions)
	}
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)
	for name, job := range w.Jobs {
		if job.RunsOn == "" || job.Minutes == 0 {
			t.Errorf("the job %s has no machine or no bound", name)
		}
		for i, step := range job.Steps {
			if (step.Uses == "") == (step.Run == "") {
				t.Errorf("step %d of %s has to have one of uses and run", i, name)
			}
			if step.Uses != "" && !pinned.MatchString(step.Uses) {
				t.Errorf("step %d of %s is not pinned to a commit: %s", i, name, step.Uses)
			}
			if strings.Contains(step.Run, "${{") {
				t.Errorf("step %d of %s has an expression in its script", i, name)
			}
		}
	}
}

// The files of the others have the form that these want, as far as their documentation says, and call scripts that are there.
func TestPipelineFiles(t *testing.T) {
	t.Parallel()
	var jobs map[string]gitlabJob
	strictly(t, "gitlab-ci.yml", &jobs)
	for name, rule := range map[string]string{"access": "merge_request_event", "drift": "schedule"} {
		job := jobs[name]
		if _, template := jobs[job.Extends]; !template || len(job.Rules) != 1 || !strings.Contains(job.Rules[0]["if"], rule) || len(job.Script) == 0 {
			t.Errorf("GitLab's job %s is %+v", name, job)
		}
	}
	var atlantis atlantisConfig
	strictly(t, "atlantis.yaml", &atlantis)
	if _, there := atlantis.Workflows[atlantis.Projects[0].Workflow]; atlantis.Version != 3 || !there {
		t.Errorf("Atlantis has %+v", atlantis)
	}
	for _, step := range atlantis.Workflows["prefectsso"]["apply"].Steps {
		if step != "apply" { // the guards hold there
			t.Errorf("an apply of Atlantis has the step %v", step)
		}
	}
	var spacelift spaceliftConfig
	strictly(t, "spacelift.yml", &spacelift)
	if len(spacelift.Defaults.BeforePlan) == 0 || len(spacelift.Defaults.AfterPlan) == 0 {
		t.Errorf("Spacelift has %+v", spacelift)
	}
	called := regexp.MustCompile(`\./([\w-]+\.sh)`)
	for _, name := range []string{"github-actions.yml", "gitlab-ci.yml", "atlantis.yaml", "spacelift.yml"} {
		scripts := called.FindAllStringSubmatch(ciFile(t, name), -1)
		if len(scripts) == 0 {
			t.Errorf("%s calls no script", name)
		}
		for _, script := range scripts {
			info, err := os.Stat(filepath.Join(acctest.Root(t), "examples", "ci", script[1]))
			if err != nil || info.Mode()&0o100 == 0 {
				t.Errorf("%s calls %s: %v", name, script[1], err)
			}
		}
	}
}

// pipelines has the pipelines of each system do what they do with a configuration whose report ends with code. judged is how
// the pipeline ends, 0 or not; says is in what reviewers see.
func pipelines(t *testing.T, d *acctest.Dir, code, judged int, says string) {
	t.Helper()
	seen := func(system, text string, ended int) {
		t.Helper()
		if (ended != 0) != (judged != 0) {
			t.Errorf("%s: a report with %d ends with %d:\n%s", system, code, ended, text)
		}
		if !strings.Contains(text, says) {
			t.Errorf("%s: reviewers do not see %q:\n%s", system, says, text)
		}
	}
	commented := func() string {
		content, err := os.ReadFile(filepath.Join(d.Path, "commented"))
		if err != nil {
			t.Error(err)
		}
		return strings.ReplaceAll(string(content), "&#64;", "@")
	}

	outputs := filepath.Join(t.TempDir(), "outputs")
	d.Setenv("GITHUB_OUTPUT", outputs)
	d.Setenv("GITHUB_STEP_SUMMARY", filepath.Join(t.TempDir(), "summary"))
	d.Setenv("RUNNER_TEMP", t.TempDir())
	ended := -1
	for _, step := range githubWorkflow(t).Jobs["report"].Steps {
		if step.Run == "" {
			continue
		}
		if _, judges := step.Env["CODE"]; judges {
			content, err := os.ReadFile(outputs)
			if err != nil || string(content) != "code="+strconv.Itoa(code)+"\n" {
				t.Errorf("GitHub: the report's outputs are %q, %v", content, err)
			}
			d.Setenv("CODE", strconv.Itoa(code))
		}
		var output string
		if output, ended = d.Shell(step.Run); ended != 0 && step.Name != "Judge" {
			t.Errorf("GitHub: %s ended with %d: %s", step.Name, ended, output)
		}
	}
	seen("GitHub", commented(), ended)

	var jobs map[string]gitlabJob
	strictly(t, "gitlab-ci.yml", &jobs)
	_, ended = d.Shell(strings.Join(jobs["access"].Script, "\n"))
	seen("GitLab", commented(), ended)

	if output, planned := d.Shell("PREFECTSSO_LOCKOUT_PROTECTION=false terraform plan -input=false -out=spacelift.plan && terraform show -json spacelift.plan >show.json"); planned != 0 {
		t.Fatalf("the plan ended with %d: %s", planned, output)
	}
	var atlantis atlantisConfig
	strictly(t, "atlantis.yaml", &atlantis)
	output, ended := d.Shell("export SHOWFILE=show.json\n" + strings.Join(atlantis.run("prefectsso", "plan"), "\n"))
	seen("Atlantis", output, ended)

	var spacelift spaceliftConfig
	strictly(t, "spacelift.yml", &spacelift)
	// Hooks run in one shell; each that ends well leads to the next.
	hooks := append(spacelift.Defaults.BeforePlan, spacelift.Defaults.AfterPlan...)
	output, ended = d.Shell("export TF_VAR_spacelift_run_type=PROPOSED\numask 022\ncode=0\n{ " + strings.Join(hooks, " &&\n") + "\n} || code=$?\numask >umask\nexit $code")
	seen("Spacelift", output, ended)
	if mask, err := os.ReadFile(filepath.Join(d.Path, "umask")); err != nil || strings.TrimSpace(string(mask)) != "0022" {
		t.Errorf("Spacelift: what comes after the hooks has the umask %q, %v", mask, err)
	}
	output, ended = hcp(t, d)
	if ended != code {
		t.Errorf("HCP Terraform: a report with %d ends with %d:\n%s", code, ended, output)
	}
	seen("HCP Terraform", strings.ReplaceAll(read(t, d, "report.md"), "&#64;", "@"), judged)
	if left, err := filepath.Glob(filepath.Join(d.Path, "*plan.json")); err != nil || len(left) != 0 {
		t.Errorf("the plan's JSON is left: %v, %v", left, err)
	}
}

// hcp does what the guide says of HCP Terraform, with the plan in show.json as that of the guide's run.
func hcp(t *testing.T, d *acctest.Dir) (output string, code int) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("this test needs curl in PATH (apt-get install curl)")
	}
	plan := read(t, d, "show.json")
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v2/runs/run-CZcmD7eagjhyX0vN/plan/json-output" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, plan) // the caller is gone, or has it
	}))
	defer api.Close()
	d.Setenv("TFE_ADDRESS", api.URL)
	d.Setenv("TF_TOKEN_app_terraform_io", "token-0123456789")
	return d.Shell(commands(t, "pipelines", 1)[0])
}

// script runs a script of examples/ci with an environment of its own.
func script(t *testing.T, env []string, name string, arguments ...string) (string, error) {
	t.Helper()
	for _, program := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("this test needs %s in PATH (apt-get install %[1]s)", program)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(acctest.Root(t), "examples", "ci", name), arguments...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}, env...)
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// forge plays the comments of a pull request, of GitHub or of GitLab.
type forge struct {
	mu       sync.Mutex
	comments []map[string]any
	token    string // the header that callers have to send
	unknown  bool   // does not say whose the token is
	changed  []string
}

func (f *forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name, value, _ := strings.Cut(f.token, ": ")
	if r.Header.Get(name) != value {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	var in struct {
		Body string `json:"body"`
	}
	if r.Method != http.MethodGet {
		raw, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(raw, &in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	id := map[bool]any{false: self, true: nil}[f.unknown]
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/user": // GitLab; GitHub tells a workflow's token nothing there
		_ = json.NewEncoder(w).Encode(map[string]any{"id": id}) // the caller is gone, or has it
	case r.URL.Path == "/graphql":
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"viewer": map[string]any{"databaseId": id}}}) // likewise
	case r.Method == http.MethodGet:
		page, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		first := min((page-1)*100, len(f.comments))
		_ = json.NewEncoder(w).Encode(f.comments[first:min(first+100, len(f.comments))]) // the caller is gone, or has it
	case r.Method == http.MethodPost:
		f.changed = append(f.changed, "POST "+r.URL.Path)
		f.add(in.Body, self)
	default:
		f.changed = append(f.changed, r.Method+" "+r.URL.Path)
		for _, c := range f.comments {
			if strings.HasSuffix(r.URL.Path, fmt.Sprintf("/%d", c["id"])) {
				c["body"] = in.Body
			}
		}
	}
}

// look does something while no request is under way.
func (f *forge) look(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// self is the user whose token the forge knows, another is any other.
const (
	self    = 41
	another = 42
)

func (f *forge) add(body string, user int) {
	by := map[string]any{"id": user, "type": "Bot"}
	f.comments = append(f.comments, map[string]any{"id": len(f.comments) + 1, "body": body, "system": false, "user": by, "author": by})
}

// A report becomes one comment, and the next one takes its place, behind any number of others; comments of others that look
// like it are theirs, whoever they are.
func TestComment(t *testing.T) {
	t.Parallel()
	const secret = "token-0123456789"
	for system, test := range map[string]struct {
		header    string
		env       func(url string) []string
		post, put string
	}{
		"GitHub": {
			header: "Authorization: Bearer " + secret, post: "POST /repos/acme/iac/issues/7/comments", put: "PATCH /repos/acme/iac/issues/comments/152",
			env: func(url string) []string {
				return []string{"GITHUB_API_URL=" + url, "GITHUB_GRAPHQL_URL=" + url + "/graphql", "GITHUB_REPOSITORY=acme/iac", "PULL_REQUEST=7", "GITHUB_TOKEN=" + secret}
			},
		},
		"GitLab": {
			header: "PRIVATE-TOKEN: " + secret, post: "POST /projects/3/merge_requests/7/notes", put: "PUT /projects/3/merge_requests/7/notes/152",
			env: func(url string) []string {
				return []string{"CI_API_V4_URL=" + url, "CI_PROJECT_ID=3", "CI_MERGE_REQUEST_IID=7", "GITLAB_TOKEN=" + secret}
			},
		},
	} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			f := &forge{token: test.header}
			for i := range 150 {
				f.add(fmt.Sprintf("Looks good %d", i), another)
			}
			f.add("<!-- prefectsso access-report  -->\nNobody loses access.", another) // from somebody else, or another bot
			server := httptest.NewServer(f)
			t.Cleanup(server.Close)
			report := filepath.Join(t.TempDir(), "a report.md")
			for i, text := range []string{"First `code` \"quoted\" $(id) \\n", "Second"} {
				if err := os.WriteFile(report, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				output, err := script(t, test.env(server.URL), "comment.sh", report)
				if err != nil || strings.Contains(output, secret) {
					t.Fatalf("report %d: %v\n%s", i, err, output)
				}
				f.look(func() {
					if got := f.comments[151]["body"]; got != "<!-- prefectsso access-report  -->\n"+text {
						t.Errorf("the comment is %q", got)
					}
				})
			}
			f.look(func() {
				if got := strings.Join(f.changed, ", "); got != test.post+", "+test.put || len(f.comments) != 152 {
					t.Errorf("%d comments, by %s", len(f.comments), got)
				}
				f.unknown = true
			})
			if output, err := script(t, test.env(server.URL), "comment.sh", report); err == nil {
				t.Errorf("where the API does not say whose the token is: %v\n%s", err, output)
			}
			f.look(func() {
				if got := f.comments[150]["body"]; got != "<!-- prefectsso access-report  -->\nNobody loses access." || len(f.changed) != 2 || len(f.comments) != 152 {
					t.Errorf("somebody else's comment is %q, by %v", got, f.changed)
				}
				f.token, f.unknown = "Authorization: another", false
			})
			if output, err := script(t, test.env(server.URL), "comment.sh", report); err == nil || strings.Contains(output, secret) {
				t.Errorf("a token that is not accepted: %v\n%s", err, output)
			}
		})
	}
}

// The plan of a run of HCP Terraform is waited for, its token goes to HCP Terraform alone, and the file is its owner's.
func TestHCPPlan(t *testing.T) {
	t.Parallel()
	const secret = "token-0123456789"
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token went to where the plan is stored")
		}
		_, _ = io.WriteString(w, `{"format_version":"1.2"}`) // the caller is gone, or has it
	}))
	t.Cleanup(store.Close)
	elsewhere := strings.Replace(store.URL, "127.0.0.1", "localhost", 1)
	var asked atomic.Int32
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+secret || r.URL.Path != "/api/v2/runs/run-1/plan/json-output":
			http.NotFound(w, r)
		case asked.Add(1) <= 2:
			w.WriteHeader(http.StatusNoContent)
		default:
			http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(api.Close)
	file := filepath.Join(t.TempDir(), "plan.json")
	env := []string{"TFE_ADDRESS=" + api.URL, "TF_TOKEN_app_terraform_io=" + secret, "WAIT=0", "TRIES=5"}
	output, err := script(t, env, "hcp-plan.sh", "run-1", file)
	if err != nil || strings.Contains(output, secret) || asked.Load() != 3 {
		t.Fatalf("after %d answers: %v\n%s", asked.Load(), err, output)
	}
	content, err := os.ReadFile(file)
	if err != nil || string(content) != `{"format_version":"1.2"}` {
		t.Errorf("the plan is %q, %v", content, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the plan: %v, %v", info.Mode(), err)
	}
	for name, run := range map[string]string{"another run": "run-2", "a plan that does not come": "run-1"} {
		asked.Store(0)
		if output, err := script(t, append(env, "TRIES=1"), "hcp-plan.sh", run, file); err == nil {
			t.Errorf("%s: no error: %s", name, output)
		}
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			t.Errorf("%s leaves a file: %v", name, err)
		}
	}
}
