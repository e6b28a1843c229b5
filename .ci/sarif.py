"""Holds what `check --diagnostics sarif` writes against the schema of SARIF 2.1.0: `sarif.py PROGRAM SCHEMA`."""

import json
import pathlib
import subprocess
import sys

import jsonschema

program, schema = sys.argv[1:]
validator = jsonschema.Draft7Validator(json.load(open(schema)))
looked_at = {"results": 0, "fixes": 0, "relatedLocations": 0, "clean": 0, "failed": 0}
stacks = [*pathlib.Path("tests/ui").glob("*/*/stack.yaml"), *pathlib.Path("stacks").glob("*/stack.yaml")]
for stack in [*map(str, stacks), "no/such/stack.yaml"]:
    call = [program, "check", "-f", stack, "--diagnostics", "sarif"]
    run = subprocess.run(call, capture_output=True, text=True)
    document = json.loads(run.stderr)
    problems = [f"{it.json_path}: {it.message}" for it in validator.iter_errors(document)]
    assert not problems, f"{stack}: {problems}"
    (one,) = document["runs"]
    rules = one["tool"]["driver"]["rules"]
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"], stack
        # Without a place, GitHub takes nothing of the file.
        assert result["locations"], f"{stack}: {result['message']}"
        looked_at["results"] += 1
        looked_at["fixes"] += len(result.get("fixes", []))
        looked_at["relatedLocations"] += len(result.get("relatedLocations", []))
    looked_at["clean"] += not one["results"]
    looked_at["failed"] += not one["invocations"][0]["executionSuccessful"]
    assert one["invocations"][0]["executionSuccessful"] == (run.returncode != 2), stack
print(", ".join(f"{count} {name}" for name, count in looked_at.items()))
assert all(looked_at.values()), "not all of it was seen"
