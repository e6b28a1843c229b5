"""Holds each line of `check --diagnostics json` against the schema of a finding: `findings.py PROGRAM`."""

import copy
import json
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator

(program,) = sys.argv[1:]
schema = json.loads(subprocess.run([program, "schema", "--of", "diagnostic"], capture_output=True, check=True).stdout)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
looked_at = {"lines": 0, "edits": 0, "certain": 0, "secondary": 0, "accepted": 0, "environments": 0}
last = None
stacks = [*pathlib.Path("tests/ui").glob("*/*/stack.yaml"), *pathlib.Path("stacks").glob("*/stack.yaml")]
for stack in map(str, stacks):
    run = subprocess.run([program, "check", "-f", stack, "--diagnostics", "json"], capture_output=True, text=True)
    assert run.returncode in (0, 1) and not run.stdout, f"{stack}: {run.stderr}"
    for line in run.stderr.splitlines():
        if not line.startswith("{"):
            # Beside findings, only what was not looked at is said.
            assert " is not checked: it needs --set " in line, f"{stack}: {line}"
            continue
        finding = json.loads(line)
        problems = [f"{it.json_path}: {it.message}" for it in validator.iter_errors(finding)]
        assert not problems, f"{stack}: {problems}"
        edits = [it["edit"] for it in finding["helps"] if it["edit"]]
        looked_at["lines"] += 1
        looked_at["edits"] += len(edits)
        looked_at["certain"] += sum(it["insteadOf"] is not None for it in edits)
        looked_at["secondary"] += len(finding["secondary"])
        looked_at["accepted"] += finding["accepted"] is not None
        looked_at["environments"] += len(finding["environments"])
        last = finding
print(", ".join(f"{count} {name}" for name, count in looked_at.items()))
assert all(looked_at.values()), "not all of it was seen"
for key, value in [("severity", "bad"), ("code", "SG"), ("primary", None), ("another", 1)]:
    broken = copy.deepcopy(last)
    broken[key] = value
    assert not validator.is_valid(broken), f"{key}: {value} passes"
broken = copy.deepcopy(last)
del broken["notes"]
assert not validator.is_valid(broken), "a finding without its notes passes"
