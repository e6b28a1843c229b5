#!/bin/sh
# Puts the pod's name into the configuration and starts the broker. rpk writes to /etc/redpanda, so the files are copied.
set -eu

rendered=${STACKGEN_RENDERED:-/etc/redpanda-rendered}
config=${STACKGEN_CONFIG:-/etc/redpanda}

: "${POD_NAME:?must be the name of the pod}"
sed "s/@POD_NAME@/$POD_NAME/g" "$rendered/redpanda.yaml" >"$config/redpanda.yaml"
# Read once, when the cluster is made. Not by cp, which keeps the mode and so fails when the container starts again.
cat "$rendered/bootstrap.yaml" >"$config/.bootstrap.yaml"

# The checks are about the node (clock, disk, interrupts), which a pod cannot change.
exec rpk redpanda start --check=false --smp=1 --memory=819M --reserve-memory=0M --overprovisioned --default-log-level=info
