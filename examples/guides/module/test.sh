#!/bin/sh
# Starts a mockcloud, runs `terraform test` against it, and ends it. Arguments go to terraform test.
#
#   MOCKCLOUD=file      the program (default: mockcloud in PATH)
#   SCENARIO=file       the account to begin with (default: tests/account.yaml)
set -eu
cd "$(dirname "$0")"

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkfifo "$work/ready"
"${MOCKCLOUD:-mockcloud}" serve --listen 127.0.0.1:0 --scenario "${SCENARIO:-tests/account.yaml}" >"$work/ready" 2>"$work/log" &
server=$!
# One line, when it is ready; none, when it is not.
read -r ready <"$work/ready" || true
PREFECT_API_URL=$(printf %s "$ready" | sed -n 's/.*"api_url":"\([^"]*\)".*/\1/p')
if [ -z "$PREFECT_API_URL" ]; then
	server=
	cat "$work/log" >&2
	exit 1
fi

# The key and the account of the scenario; no profile of the person who runs this.
export PREFECT_API_URL PREFECT_API_KEY=pnb_terraform PREFECT_CLOUD_ACCOUNT_ID=0c1f1d2e-0000-4000-8000-000000000001
export PREFECT_PROFILES_PATH=/dev/null
terraform init -input=false >"$work/init" || {
	cat "$work/init" >&2
	exit 1
}
terraform test "$@"
