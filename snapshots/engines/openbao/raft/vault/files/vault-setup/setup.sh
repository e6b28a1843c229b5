#!/bin/sh
# Sets up what the stack declares; may be run any number of times. It needs the program `bao`, BAO_ADDR and
# BAO_CACERT, and a token that may do all of it, in BAO_TOKEN or in the file that BAO_TOKEN_FILE names.
set -eu

if [ -n "${BAO_TOKEN_FILE:-}" ]; then
  BAO_TOKEN=$(cat "$BAO_TOKEN_FILE")
  export BAO_TOKEN
fi

refuse() {
  echo "setup: $*" >&2
  exit 1
}

# An initialised, unsealed node that knows the active one: a standby forwards what follows.
echo "setup: waiting for $BAO_ADDR"
until bao read -field=type sys/mounts/sys >/dev/null 2>/tmp/why; do
  # A wrong token does not become right by waiting.
  if grep -q "permission denied" /tmp/why; then
    refuse "the token may not read sys/mounts: $(tail -n 1 /tmp/why)"
  fi
  sleep 5
done

# engine PATH TYPE [VERSION]: mounts a secret engine where there is none.
engine() {
  found=$(bao read -field=type "sys/mounts/$1" 2>/dev/null) || found=
  if [ -z "$found" ]; then
    bao secrets enable -path="$1" ${3:+-version="$3"} "$2"
    return
  fi
  [ "$found" = "$2" ] || refuse "the mount $1 is of type $found, not $2"
  [ -n "${3:-}" ] || return 0
  # A mount of the first version has no options, or `version:1`.
  case $(bao read -field=options "sys/mounts/$1" 2>/dev/null) in
    *version:2*) version=2 ;;
    *) version=1 ;;
  esac
  [ "$version" = "$3" ] || refuse "the mount $1 keeps version $version of kv, not $3"
}

engine 'secret' 'kv' 2

engine 'encryption' 'transit'

bao policy write 'app-read' - <<'POLICY'
path "secret/data/app/*" {
  capabilities = ["read"]
}
path "secret/metadata/app/*" {
  capabilities = ["read", "list"]
}
POLICY

bao policy write 'app-encrypt' - <<'POLICY'
path "encryption/encrypt/app" {
  capabilities = ["update"]
}
POLICY

bao read -field=type sys/auth/kubernetes >/dev/null 2>&1 || bao auth enable -path=kubernetes kubernetes
# The server asks with its own ServiceAccount's token and CA, both of which change: neither is written down.
bao write auth/kubernetes/config kubernetes_host=https://kubernetes.default.svc
bao write auth/kubernetes/role/app \
  bound_service_account_names='app' \
  bound_service_account_namespaces='vault' \
  audience='vault' \
  token_policies='app-read,app-encrypt' \
  token_ttl='30m'
bao write auth/kubernetes/role/audit \
  bound_service_account_names='auditor,reporter' \
  bound_service_account_namespaces='vault,reports' \
  token_policies='app-read' \
  token_ttl='1h'

echo "setup: done"
