#!/bin/sh
# A voter's number is its ordinal and one, and never changes: its log on the disk knows it.
set -eu
KEEPER_SERVER_ID=$((${POD_NAME##*-} + 1))
export KEEPER_SERVER_ID
exec clickhouse-keeper --config-file=/etc/clickhouse-keeper/keeper_config.xml
