package refusals

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// TestEveryReasonHasWords: whatever a protocol or the account refuses a login for, both who was refused and their
// administrator are told in words of ours.
func TestEveryReasonHasWords(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"login_over": true, "browser_mismatch": true}
	for file, kind := range map[string]string{"../saml/errors.go": "Reason", "../oidc/refusal.go": "Reason", "../../store/login.go": "LoginReason"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := len(known)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != kind {
				return true
			}
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok {
					reason, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					known[reason] = true
				}
			}
			return true
		})
		if len(known) < before+10 {
			t.Errorf("%s has %d reasons", file, len(known)-before)
		}
	}
	for reason := range known {
		if Administrator(reason) == "" {
			t.Errorf("%s has no words", reason)
		}
	}
	for reason, words := range all {
		if !known[reason] {
			t.Errorf("nothing is refused for %s", reason)
		}
		for _, sentence := range []string{Person(reason), words.administrator} {
			if !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "?") || strings.Contains(sentence, "%") {
				t.Errorf("%s: this is no sentence: %s", reason, sentence)
			}
		}
	}
	for _, reason := range []string{"too_large", "too_many_groups", "id_token_oversize"} {
		for _, sentence := range []string{Person(reason), Administrator(reason)} {
			if !strings.Contains(sentence, "groups") {
				t.Errorf("%s does not name groups: %s", reason, sentence)
			}
		}
	}
}
