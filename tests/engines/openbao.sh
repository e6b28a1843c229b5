#!/usr/bin/env bash
# Live proof of tiers of OpenBao: tests/engines/openbao.sh TREE. The same as for Vault, with a tier `vault` too.
exec bash "$(dirname "$0")/vault.sh" "$@"
