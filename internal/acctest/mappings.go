package acctest

import "net/http"

// DirectoryID is the id of the account's only directory.
func (s *Server) DirectoryID() string {
	s.t.Helper()
	var found struct {
		Directories []struct {
			ID string `json:"id"`
		} `json:"directories"`
	}
	s.Call(s.key, http.MethodGet, "/sso/integrations", nil, &found)
	if len(found.Directories) != 1 {
		s.t.Fatalf("%d directories", len(found.Directories))
	}
	return found.Directories[0].ID
}

// AddMapping makes a group role mapping behind Terraform's back, and returns its id.
func (s *Server) AddMapping(group, role string, priority int) string {
	s.t.Helper()
	var row struct {
		ID string `json:"id"`
	}
	s.Call(s.key, http.MethodPost, s.mappings(), map[string]any{"match": map[string]any{"group_name": group}, "account_role_id": s.RoleID(role), "priority": priority}, &row)
	return row.ID
}

// ChangeMapping changes a group role mapping behind Terraform's back.
func (s *Server) ChangeMapping(id string, change map[string]any) {
	s.t.Helper()
	s.Call(s.key, http.MethodPatch, s.mappings()+"/"+id, change, nil)
}

// RemoveMapping ends a group role mapping behind Terraform's back.
func (s *Server) RemoveMapping(id string) {
	s.t.Helper()
	s.Call(s.key, http.MethodDelete, s.mappings()+"/"+id, nil, nil)
}

// AllowDomains lets the account's only directory let in people of these domains, behind Terraform's back.
func (s *Server) AllowDomains(names ...string) {
	s.t.Helper()
	s.Call(s.key, http.MethodPatch, "/sso/directories/"+s.DirectoryID(), map[string]any{"allowed_domains": names}, nil)
}

// Mappings are the ids of the account's group role mappings.
func (s *Server) Mappings() []string {
	s.t.Helper()
	var rows []struct {
		ID string `json:"id"`
	}
	s.Call(s.key, http.MethodGet, s.mappings(), nil, &rows)
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	return ids
}

func (s *Server) mappings() string {
	return "/sso/directories/" + s.DirectoryID() + "/group_role_mappings"
}

// ServiceActor is the id of the actor behind ServiceKey.
func (s *Server) ServiceActor() string {
	s.t.Helper()
	var rows []struct {
		ActorID string `json:"actor_id"`
	}
	s.Call(s.key, http.MethodPost, "/bots/filter", map[string]any{}, &rows)
	if len(rows) != 1 {
		s.t.Fatalf("%d service accounts", len(rows))
	}
	return rows[0].ActorID
}
