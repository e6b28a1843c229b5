#!/bin/sh
# Sets up what the stack declares; may be run any number of times. It needs the program `vault`, VAULT_ADDR and
# VAULT_CACERT, and a token that may do all of it, in VAULT_TOKEN or in the file that VAULT_TOKEN_FILE names.
set -eu

if [ -n "${VAULT_TOKEN_FILE:-}" ]; then
  VAULT_TOKEN=$(cat "$VAULT_TOKEN_FILE")
  export VAULT_TOKEN
fi

refuse() {
  echo "setup: $*" >&2
  exit 1
}

# An initialised, unsealed node that knows the active one: a standby forwards what follows.
echo "setup: waiting for $VAULT_ADDR"
until vault read -field=type sys/mounts/sys >/dev/null 2>/tmp/why; do
  # A wrong token does not become right by waiting.
  if grep -q "permission denied" /tmp/why; then
    refuse "the token may not read sys/mounts: $(tail -n 1 /tmp/why)"
  fi
  sleep 5
done

# engine PATH TYPE [VERSION]: mounts a secret engine where there is none.
engine() {
  found=$(vault read -field=type "sys/mounts/$1" 2>/dev/null) || found=
  if [ -z "$found" ]; then
    vault secrets enable -path="$1" ${3:+-version="$3"} "$2"
    return
  fi
  [ "$found" = "$2" ] || refuse "the mount $1 is of type $found, not $2"
  [ -n "${3:-}" ] || return 0
  # A mount of the first version has no options, or `version:1`.
  case $(vault read -field=options "sys/mounts/$1" 2>/dev/null) in
    *version:2*) version=2 ;;
    *) version=1 ;;
  esac
  [ "$version" = "$3" ] || refuse "the mount $1 keeps version $version of kv, not $3"
}

vault audit list -format=json | grep -q '"stdout/"' || vault audit enable -path=stdout file file_path=stdout

echo "setup: done"
