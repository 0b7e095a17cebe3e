package scim

// OnComputed has fn called between the computing of each change and its making.
func (s *Server) OnComputed(fn func()) { s.computed = fn }
