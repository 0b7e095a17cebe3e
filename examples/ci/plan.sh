#!/bin/sh
# What drift.sh and access.sh begin with: plans the configuration in this folder, and
# leaves the plan as JSON in $plan and the provider's binary in $reporter. Nothing is
# applied. Terraform's own messages go to standard error.
#
#   TERRAFORM=command   terraform or tofu (default: the one that there is, terraform first)
#   PLAN_JSON=file      a plan that was made elsewhere, as `terraform show -json` prints it

# A plan may hold what is not meant for everybody.
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plan=${PLAN_JSON:-$work/plan.json}

if [ -z "${TERRAFORM:-}" ]; then
	TERRAFORM=terraform
	command -v terraform >/dev/null || TERRAFORM=tofu
fi
"$TERRAFORM" init -input=false >&2

if [ -z "${PLAN_JSON:-}" ]; then
	# 0: no changes, 2: changes. A plan that fails still has what it found until then.
	code=0
	"$TERRAFORM" plan -input=false -refresh=true -detailed-exitcode -out="$work/plan" >&2 || code=$?
	if [ "$code" -ne 0 ] && [ ! -e "$work/plan" ]; then
		exit 1
	fi
	"$TERRAFORM" show -json "$work/plan" >"$plan"
fi

# The reporter is the provider that init has just installed. An older version may
# still lie beside it.
version=$("$TERRAFORM" version | sed -n 's|^+ provider .*/prefectsso/prefectsso v||p')
reporter=$(find -L .terraform/providers -type f -path "*/prefectsso/prefectsso/$version/*" -name 'terraform-provider-prefectsso*' | head -n 1)
if [ -z "$reporter" ]; then
	echo "plan.sh: $TERRAFORM init has not installed the provider; with dev_overrides it never does" >&2
	exit 1
fi
