package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// A client secret that the server repeats stands in no error.
func TestConnectionSecretIsRedacted(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-canary"
	c := eventClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body ConnectionWrite
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"detail":[{"loc":["body","oidc","client_secret"],"msg":"` + body.OIDC.ClientSecret + ` is too short","type":"x"}]}`)) // the client sees what arrives
	}))
	for name, err := range map[string]error{
		"create": func() error {
			_, err := c.CreateConnection(context.Background(), "a", "k", ConnectionWrite{OIDC: &ConnectionOIDCWrite{ClientSecret: secret}})
			return err
		}(),
		"update": func() error {
			_, err := c.UpdateConnection(context.Background(), "a", "conn_1", ConnectionWrite{OIDC: &ConnectionOIDCWrite{ClientSecret: secret}})
			return err
		}(),
	} {
		var apiError *APIError
		if !errors.As(err, &apiError) || len(apiError.Fields) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		text, jsonErr := json.Marshal(apiError)
		if jsonErr != nil {
			t.Fatal(jsonErr)
		}
		if strings.Contains(err.Error()+string(text), secret) || !strings.Contains(apiError.Fields[0].Message, "too short") {
			t.Errorf("%s: %v, %s", name, err, text)
		}
	}
}

// "Not offered" is a missing route beside an account that is there; a missing account is another thing.
func TestConnectionsNotOffered(t *testing.T) {
	t.Parallel()
	for accountStatus, offered := range map[int]bool{http.StatusOK: true, http.StatusNotFound: false} {
		c := eventClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == "/api/accounts/a" && accountStatus == http.StatusOK {
				_, _ = w.Write([]byte(`{"id":"a","features":["sso"]}`)) // the client sees what arrives
				return
			}
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"detail":"Not Found"}`)) // the same
		}))
		_, err := c.ListConnections(context.Background(), "a")
		var notOffered *NotOfferedError
		if errors.As(err, &notOffered) != offered || err == nil {
			t.Errorf("account answers %d: %v", accountStatus, err)
		}
	}
}
