#!/bin/sh
# Gets the plan of a run of HCP Terraform as JSON, for access.sh and drift.sh:
#
#   hcp-plan.sh RUN_ID FILE
#   PLAN_JSON=FILE ./access.sh
#
#   TF_TOKEN_app_terraform_io   a user's or a team's token with admin access to the
#                               workspace: HCP Terraform gives a plan's JSON to no other
#   TFE_ADDRESS                 default https://app.terraform.io
#
# It needs curl and waits up to ten minutes for a plan that is still being made. The
# file may hold what is not meant for everybody: only its owner can read it; remove it.
set -eu

run=$1
file=$2
umask 077
address=${TFE_ADDRESS:-https://app.terraform.io}/api/v2/runs/$run/plan/json-output
tries=0
while :; do
	# curl sends the token to this address only, not to where it redirects.
	code=$(printf 'Authorization: Bearer %s\n' "$TF_TOKEN_app_terraform_io" | curl --silent --show-error --location --header @- --output "$file" --write-out '%{http_code}' "$address")
	case "$code" in
	200) exit 0 ;;
	204) ;; # it is being made
	*)
		echo "hcp-plan.sh: $address answered $code" >&2
		rm -f "$file"
		exit 1
		;;
	esac
	tries=$((tries + 1))
	if [ "$tries" -ge "${TRIES:-60}" ]; then
		echo "hcp-plan.sh: the plan of $run is not there yet" >&2
		rm -f "$file"
		exit 1
	fi
	sleep "${WAIT:-10}"
done
