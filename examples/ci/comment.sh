#!/bin/sh
# Puts a report on a pull request of GitHub or a merge request of GitLab, in the place
# of the one that an earlier run put there.
#
#   comment.sh FILE
#
#   NAME                                tells several configurations of one repository apart
#   GITHUB_TOKEN, GITHUB_REPOSITORY,    GitHub: a token that may write pull requests,
#   PULL_REQUEST                        and the number of the pull request; GITHUB_API_URL
#                                       and GITHUB_GRAPHQL_URL, which GitHub Actions sets
#   GITLAB_TOKEN, CI_API_V4_URL,        GitLab: a project access token with the scope
#   CI_PROJECT_ID, CI_MERGE_REQUEST_IID api; GitLab's runner sets the others
#
# It needs curl and jq. The tokens stand in no command line.
set -eu

report=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
marker="<!-- prefectsso access-report ${NAME:-} -->"
jq -n --arg marker "$marker" --rawfile report "$report" '{body: ($marker + "\n" + $report)}' >"$work/comment.json"

if [ -n "${PULL_REQUEST:-}" ]; then
	api=${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY
	list=$api/issues/$PULL_REQUEST/comments
	one=$api/issues/comments
	header="Authorization: Bearer $GITHUB_TOKEN"
	update=PATCH
	author=.user.id
else
	list=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
	one=$list
	header="PRIVATE-TOKEN: $GITLAB_TOKEN"
	update=PUT
	author=.author.id
fi

request() {
	method=$1 address=$2
	shift 2
	printf '%s\n' "$header" | curl --silent --show-error --fail-with-body --request "$method" --header @- --header 'Content-Type: application/json' "$@" "$address"
}

# Anybody may write a comment that begins with the marker; only what this token wrote is
# replaced. GraphQL, since a workflow's own token may not ask GitHub's REST API who it is.
if [ -n "${PULL_REQUEST:-}" ]; then
	echo '{"query": "{ viewer { databaseId } }"}' >"$work/query.json"
	request POST "${GITHUB_GRAPHQL_URL:-https://api.github.com/graphql}" --data "@$work/query.json" >"$work/user.json"
	me=$(jq '.data.viewer.databaseId | numbers' "$work/user.json")
else
	request GET "$CI_API_V4_URL/user" >"$work/user.json"
	me=$(jq '.id | numbers' "$work/user.json")
fi
if [ -z "$me" ]; then
	echo "comment.sh: the API does not say whose the token is" >&2
	exit 1
fi

page=1
id=
while [ -z "$id" ]; do
	request GET "$list?per_page=100&page=$page" >"$work/page.json"
	id=$(jq -r --arg marker "$marker" --argjson me "$me" "[.[] | select($author == \$me and (.body | startswith(\$marker)))][0].id // empty" "$work/page.json")
	if [ "$(jq length "$work/page.json")" -lt 100 ]; then
		break
	fi
	page=$((page + 1))
done

if [ -n "$id" ]; then
	request "$update" "$one/$id" --data "@$work/comment.json" >/dev/null
else
	request POST "$list" --data "@$work/comment.json" >/dev/null
fi
