#!/usr/bin/env bash
# usage: clickhouse.sh TREE
#
# The registries have no server and no Keeper of a version that the engine's table knows. What they have is run:
# 1. ClickHouse 26.9 as a library (PyPI `chdb-core`), which reads and merges configuration as a server does, but listens on
#    no port: once for every server pod, on the rendered files with the pod's environment. Its own tables say what it understood.
# 2. Debian's server of 2018 (18.16), and ZooKeeper for the voters: as many processes as the tier has pods, each in a
#    network namespace with the pod's name. It knows no secret between servers, so trees with one have the first part only.
#    Namespaces need root.
set -euo pipefail

tree=${1:?usage: clickhouse.sh TREE}
here=$(cd "$(dirname "$0")" && pwd)/clickhouse
cache=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}
export PYTHONPATH=$cache/chdb PYTHONDONTWRITEBYTECODE=1
if ! python3 -c 'import importlib.util as it, sys; sys.exit(not (it.find_spec("chdb") and it.find_spec("yaml")))'; then
    echo "skipped: chdb-core or PyYAML is missing (tests/engines/install.sh)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/library" "$work/cluster"
timeout 300 python3 "$here/library.py" "$tree" "$work/library" | tee "$work/said"
understood=$(tail -n 1 "$work/said")

namespaces=(unshare --net --mount --pid --fork --kill-child --mount-proc)
if grep -rq "<secret " "$tree"; then
    echo "passed: $understood (no server of 2018 knows the secret)"
elif ! [ -x "$cache/clickhouse-2018/usr/sbin/clickhouse-server" ] || ! [ -d "$cache/zookeeper" ] || ! command -v java >/dev/null; then
    echo "passed: $understood; the old server or ZooKeeper is missing (tests/engines/install.sh)"
elif ! "${namespaces[@]}" true 2>/dev/null; then
    echo "passed: $understood; no namespaces here for the old server"
else
    timeout --kill-after 10 300 "${namespaces[@]}" python3 "$here/cluster.py" "$tree" "$work/cluster" "$cache"
    echo "passed: $understood; a cluster of ClickHouse 18.16 with ZooKeeper formed, lost and regained members, and stopped"
fi
