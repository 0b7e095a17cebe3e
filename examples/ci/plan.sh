#!/bin/sh
# What drift.sh and access.sh begin with: plans the configuration in this folder, and
# leaves the plan as JSON in $plan and the provider's binary in $reporter. Nothing is
# applied. Terraform's own messages go to standard error.

# A plan may hold what is not meant for everybody.
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plan=$work/plan.json

terraform init -input=false >&2

# 0: no changes, 2: changes. A plan that fails still has what it found until then.
code=0
terraform plan -input=false -refresh=true -detailed-exitcode -out="$work/plan" >&2 || code=$?
if [ "$code" -ne 0 ] && [ ! -e "$work/plan" ]; then
	exit 1
fi
terraform show -json "$work/plan" >"$plan"

# The reporter is the provider that init has just installed. An older version may
# still lie beside it.
version=$(terraform version | sed -n 's|^+ provider .*/prefectsso/prefectsso v||p')
reporter=$(find -L .terraform/providers -type f -path "*/prefectsso/prefectsso/$version/*" -name 'terraform-provider-prefectsso*' | head -n 1)
if [ -z "$reporter" ]; then
	echo "plan.sh: terraform init has not installed the provider; with dev_overrides it never does" >&2
	exit 1
fi
