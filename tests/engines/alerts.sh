#!/usr/bin/env bash
# Proof of alerts: Prometheus' own parser reads the rendered rules, and its evaluation of made-up series calls somebody
# where it must, and nobody where it must not (alerts/ENVIRONMENT.yaml, and alerts/ENVIRONMENT-*.yaml at intervals of their own).
#
#   tests/engines/alerts.sh TREE      (of a stack with PrometheusRules; the folder's name is the environment's)
#
# Exit 0: all of it holds, or `skipped: …`. Exit 1: what promtool says.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}/bin
command -v promtool >/dev/null || { echo "skipped: there is no promtool (tests/engines/install.sh)"; exit 0; }
python3 -c 'import yaml' 2>/dev/null || { echo "skipped: Python has no yaml"; exit 0; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$1" >"$work/rules.yaml" <<'PYTHON'
import pathlib, sys, yaml
groups = []
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    for rule in yaml.safe_load_all(path.read_text()):
        if isinstance(rule, dict) and rule.get("kind") == "PrometheusRule":
            metadata = rule["metadata"]
            # Objects of several namespaces have groups of one name; a file of rules must not.
            groups += [{**it, "name": f"{metadata['namespace']}/{it['name']}"} for it in rule["spec"]["groups"]]
assert groups, "no PrometheusRule is rendered"
yaml.safe_dump({"groups": groups}, sys.stdout)
PYTHON

promtool check rules --lint=all --lint-fatal "$work/rules.yaml"
shopt -s nullglob
tests=("$here/alerts/$(basename "$1")".yaml "$here/alerts/$(basename "$1")"-*.yaml)
# The files name the rules beside them.
cp "${tests[@]}" "$work"
for test in "${tests[@]}"; do promtool test rules "$work/$(basename "$test")"; done
echo "$(cat "${tests[@]}" | grep -c '^  - name:') cases hold, with promtool $(promtool --version 2>&1 | sed -n '1s/.*version \([^ ,]*\).*/\1/p')"
