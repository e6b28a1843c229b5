#!/usr/bin/env bash
# Live proof of tiers of Redis: tests/engines/redis.sh TREE. The same as for Valkey.
exec bash "$(dirname "$0")/valkey.sh" "$@"
