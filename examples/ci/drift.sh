#!/bin/sh
# Plans the configuration in this folder and prints what changed outside of
# Terraform, who did it, and what the plan would do about it. Nothing is applied.
#
#   FORMAT=text|markdown   how to print the report (default text)
#   FAIL_ON=check|drift|planned|none   what is worth the exit code 3 (default
#                          drift: also a check block that does not hold)
#
# Terraform's own messages go to standard error, the report to standard output.
# The exit code is that of drift-report:
#
#   0  nothing to report
#   1  there is no report, or the plan failed and the report is incomplete
#   2  something changes: the configuration is ahead of the account
#   3  what FAIL_ON says: something changed outside of Terraform
set -eu
cd "$(dirname "$0")"

# A plan may hold what is not meant for everybody.
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

terraform init -input=false >&2

# 0: no changes, 2: changes. A plan that fails still has what it found until then.
code=0
terraform plan -input=false -refresh=true -detailed-exitcode -out="$work/plan" >&2 || code=$?
if [ "$code" -ne 0 ] && [ ! -e "$work/plan" ]; then
	exit 1
fi
terraform show -json "$work/plan" >"$work/plan.json"

# The reporter is the provider that init has just installed. An older version may
# still lie beside it.
version=$(terraform version | sed -n 's|^+ provider .*/prefectsso/prefectsso v||p')
reporter=$(find -L .terraform/providers -type f -path "*/prefectsso/prefectsso/$version/*" -name 'terraform-provider-prefectsso*' | head -n 1)
if [ -z "$reporter" ]; then
	echo "drift.sh: terraform init has not installed the provider; with dev_overrides it never does" >&2
	exit 1
fi
"$reporter" drift-report --format "${FORMAT:-text}" --fail-on "${FAIL_ON:-drift}" "$work/plan.json"
