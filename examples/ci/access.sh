#!/bin/sh
# Plans the configuration in this folder and prints what the plan does to people,
# for a pull request. Nothing is applied.
#
#   FORMAT=text|markdown|json|svg      how to print the report (default text)
#   FAIL_ON=error|warning|none         what is worth the exit code 3 (default error)
#   OUT=folder                         also leaves report.json and report.svg there
#
# Terraform's own messages go to standard error, the report to standard output.
# The exit code is that of access-report:
#
#   0  nothing changes for anybody
#   1  there is no report, or the plan failed and the report is incomplete
#   2  something changes for somebody
#   3  what FAIL_ON says, such as people who lose access
set -eu
cd "$(dirname "$0")"

# The guards only warn here, so that the plan is whole and the report can say what it
# does. The job that applies leaves this out: there the guards hold.
PREFECTSSO_LOCKOUT_PROTECTION=false
export PREFECTSSO_LOCKOUT_PROTECTION

. ./plan.sh
set -- --format "${FORMAT:-text}" --fail-on "${FAIL_ON:-error}"
if [ -n "${OUT:-}" ]; then
	set -- "$@" --out "$OUT/report.json" --out "$OUT/report.svg"
fi
"$reporter" access-report "$@" "$plan"
