package acctest

import "net/http"

// AddTeam makes a team of these people by hand, and returns its id.
func (s *Server) AddTeam(name string, emails ...string) (id string) {
	s.t.Helper()
	var team struct {
		ID string `json:"id"`
	}
	s.Call(s.key, http.MethodPost, "/teams/", map[string]any{"name": name}, &team)
	members := make([]map[string]any, len(emails))
	for i, email := range emails {
		m, ok := s.Member(email)
		if !ok {
			s.t.Fatalf("%s is no member", email)
		}
		members[i] = map[string]any{"member_id": m.UserID, "member_type": "user"}
	}
	s.Call(s.key, http.MethodPut, "/teams/"+team.ID+"/members", map[string]any{"members": members}, nil)
	return team.ID
}

// WorkspaceID is the id of a workspace.
func (s *Server) WorkspaceID(handle string) string {
	s.t.Helper()
	var rows []struct {
		ID string `json:"id"`
	}
	s.Call(s.key, http.MethodPost, "/workspaces/filter", map[string]any{"workspaces": map[string]any{"handle": map[string]any{"any_": []string{handle}}}}, &rows)
	if len(rows) != 1 {
		s.t.Fatalf("%d workspaces are named %q", len(rows), handle)
	}
	return rows[0].ID
}

// WorkspaceRoleID is the id of a workspace role.
func (s *Server) WorkspaceRoleID(name string) string {
	s.t.Helper()
	var rows []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	s.Call(s.key, http.MethodPost, "/workspace_roles/filter", map[string]any{}, &rows)
	for _, row := range rows {
		if row.Name == name {
			return row.ID
		}
	}
	s.t.Fatalf("no workspace role is named %q", name)
	return ""
}

// TeamRoles are the roles of a team by the handle of the workspace.
func (s *Server) TeamRoles(teamID string) map[string]string {
	s.t.Helper()
	var team struct {
		Workspaces []struct {
			Handle string `json:"workspace_handle"`
			Role   string `json:"workspace_role_name"`
		} `json:"workspaces"`
	}
	s.Call(s.key, http.MethodGet, "/teams/"+teamID, nil, &team)
	roles := map[string]string{}
	for _, w := range team.Workspaces {
		roles[w.Handle] = w.Role
	}
	return roles
}

// SetTeamRole gives a team a role in a workspace behind Terraform's back.
func (s *Server) SetTeamRole(teamID, workspace, role string) {
	s.t.Helper()
	s.Call(s.key, http.MethodPut, "/workspaces/"+s.WorkspaceID(workspace)+"/team_access/",
		[]map[string]string{{"team_id": teamID, "workspace_role_id": s.WorkspaceRoleID(role)}}, nil)
}

// RemoveTeamRole takes a team out of a workspace behind Terraform's back.
func (s *Server) RemoveTeamRole(teamID, workspace string) {
	s.t.Helper()
	s.Call(s.key, http.MethodDelete, "/workspaces/"+s.WorkspaceID(workspace)+"/team_access/"+teamID, nil, nil)
}
