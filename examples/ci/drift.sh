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

. ./plan.sh
"$reporter" drift-report --format "${FORMAT:-text}" --fail-on "${FAIL_ON:-drift}" "$plan"
