// Package picture counts people and service accounts on their ways through columns of stops (domain,
// connection, role, workspace) and lays the result out as boxes and lines that do not
// overlap, for a template to draw.
//
// It is pure: no HTTP, no store, no text but what it is given. All measures are whole
// units of the drawing.
package picture
