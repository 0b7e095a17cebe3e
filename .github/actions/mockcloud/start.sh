#!/usr/bin/env bash
# Starts mockcloud for the rest of a job, and says to the steps that follow where it is.
# action.yml has what the variables mean.
set -euo pipefail

fail() {
	echo "::error title=mockcloud::$1"
	exit 1
}

# download takes the archive of a release for this system, and checks it.
download() {
	local os arch name base
	case "$(uname -s)" in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	*) fail "there is no action for $(uname -s)" ;;
	esac
	case "$(uname -m)" in
	x86_64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) fail "there is no archive for $(uname -m)" ;;
	esac
	base=${MOCKCLOUD_DOWNLOADS:-https://github.com/prefectsso/terraform-provider-prefectsso/releases/download}/v$1
	name=mockcloud_$1_${os}_$arch.tar.gz
	curl --fail --silent --show-error --location --remote-name-all --output-dir "$work" \
		"$base/$name" "$base/terraform-provider-prefectsso_$1_SHA256SUMS" || fail "could not download $base/$name"
	(cd "$work" && grep " $name\$" "terraform-provider-prefectsso_$1_SHA256SUMS" | shasum --algorithm 256 --check --status) ||
		fail "$name is not what the checksums of the release say"
	tar -xzf "$work/$name" -C "$work" mockcloud
}

work=$(mktemp -d "${RUNNER_TEMP:-/tmp}/mockcloud.XXXXXX")
log=$work/mockcloud.log
program=${MOCKCLOUD_PROGRAM:-}
if [ -z "$program" ]; then
	[ -n "${MOCKCLOUD_VERSION:-}" ] || fail 'say which release to take it from with "version", or which "program" to run'
	download "${MOCKCLOUD_VERSION#v}"
	program=$work/mockcloud
fi

flags=()
while IFS= read -r flag; do
	[ -z "$flag" ] || flags+=("$flag")
done <<<"${MOCKCLOUD_FLAGS:-}"

# It outlives this step; the runner ends it with the job.
nohup "$program" serve --listen 127.0.0.1:0 ${flags[@]+"${flags[@]}"} >"$work/ready" 2>"$log" </dev/null &
server=$!

# The one line that it prints is complete once it is ready.
deadline=$((SECONDS + 30))
until [ "$(wc -l <"$work/ready")" -gt 0 ]; do
	kill -0 "$server" 2>/dev/null || fail "it ended: $(tail -n 1 "$log")"
	((SECONDS < deadline)) || fail "it was not ready after 30 seconds: $(tail -n 1 "$log")"
	sleep 0.1
done
of() { sed -n "s|.*\"$1\":\"\([^\"]*\)\".*|\1|p" "$work/ready"; }

{
	echo "api-url=$(of api_url)"
	echo "console-url=$(of console_url)"
	echo "idp-url=$(of idp_url)"
	echo "log=$log"
} >>"$GITHUB_OUTPUT"
echo "PREFECT_API_URL=$(of api_url)" >>"$GITHUB_ENV"
echo "mockcloud (process $server) answers at $(of api_url)"
