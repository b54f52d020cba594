#!/bin/sh
# Everything that `make check` checks. Usage: sh deploy/check.sh FOLDER_OF_EXECUTABLES
# Runs all checks, also when one fails, and ends with 1 if any did.
bin=${1:-.venv/bin}
failed=""

check() {
  name=$1
  shift
  if output=$("$@" 2>&1); then
    echo "ok      $name"
  else
    echo "FAILED  $name"
    echo "$output"
    failed="$failed $name"
  fi
}

check style "$bin/ruff" check .
check format "$bin/ruff" format --check .
check types "$bin/mypy" .
check walls "$bin/lint-imports"
check compose "$bin/check-jsonschema" --builtin-schema vendor.compose-spec docker-compose.yml
check dockerfile "$bin/hadolint" deploy/Dockerfile
check settings "$bin/python" -m deploy.settings .env.example

if [ -n "$failed" ]; then
  echo "failed:$failed" >&2
  exit 1
fi
