package sso

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/prefectsso/terraform-provider-prefectsso/internal/mockcloud/request"
)

// maxForm bounds what is read of a form: SAML's answers are the largest.
const maxForm = 1 << 20

// readForm reads a form of one of our own pages, in which no field is there twice and none
// of the needed ones is missing, or answers that it cannot be read.
func readForm(w http.ResponseWriter, r *http.Request, needed ...string) (url.Values, bool) {
	form, err := request.Form(r, maxForm)
	err = cmp.Or(err, request.Once(form, slices.Collect(maps.Keys(form))...), request.Needs(form, needed...))
	if err != nil {
		unreadable(w, err)
		return nil, false
	}
	return form, true
}

// readQuery reads the fields of a page's address, in which the named ones are not there
// twice, or answers that it cannot be read.
func readQuery(w http.ResponseWriter, r *http.Request, once ...string) (url.Values, bool) {
	query, err := request.Query(r)
	if err = cmp.Or(err, request.Once(query, once...)); err != nil {
		unreadable(w, err)
		return nil, false
	}
	return query, true
}

// unreadable answers a form or an address of which nothing is done.
func unreadable(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	var refused *request.Error
	if errors.As(err, &refused) && refused.Status == http.StatusRequestTimeout {
		status = refused.Status
	}
	show(w, status, "problem.html", problem{
		Title: "This could not be read", Text: err.Error() + ". Nothing was done. Please start again.",
	})
}
