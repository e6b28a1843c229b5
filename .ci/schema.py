#!/usr/bin/env python3
"""schema.py SCHEMA STACKS...: the stack files must pass the language's JSON Schema, broken copies must not."""
import copy
import re
import sys
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator

class Loader(yaml.SafeLoader):
    """Reads as YAML 1.2 and as editors do: only `true` and `false` are booleans, so `on` is a key."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, it) for tag, it in known if tag != "tag:yaml.org,2002:bool"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))

# Where a broken copy differs: the file's stack, the path, and what stands there instead.
BROKEN = [
    ("a misspelt section", "stack.yaml", ["servces"], {}),
    ("a misspelt field of a service", "services.yaml", ["services", "iam", "scal"], 3),
    ("a misspelt field of a probe", "edge.yaml", ["services", "envoy", "probes", "liveness", "periodSecond"], 3),
    ("a probe of no kind", "edge.yaml", ["services", "envoy", "probes", "livenes"], {"tcp": True, "port": "https"}),
    ("a misspelt field of a profile", "stack.yaml", ["profiles", "go-service", "imge"], "x:1"),
    ("a misspelt field deep in a profile", "stack.yaml", ["profiles", "go-service", "resources", "limit"], {}),
    ("a misspelt field of an override", "stack.yaml", ["environments", "staging", "services", "envoy", "scales"], 1),
    ("an unknown kind", "stateful.yaml", ["stateful", "postgres", "kind"], "postgresql"),
    ("a field of another kind", "stateful.yaml", ["stateful", "postgres", "mountPath"], "/data"),
    ("a misspelt field of a tier", "stateful.yaml", ["stateful", "postgres", "replica"], 2),
    ("a misspelt field of a tier's override", "stack.yaml", ["environments", "staging", "stateful", "postgres", "storge"], "1Gi"),
    ("a misspelt field deep in a tier", "stateful.yaml", ["stateful", "kafka", "resources", "limit"], {}),
    ("an unknown word", "stack.yaml", ["mesh", "istio", "mode"], "sidcar"),
    ("a list where a mapping belongs", "services.yaml", ["services"], []),
    ("no number of replicas", "stateful.yaml", ["stateful", "kafka", "replicas"], "three"),
]


def main(schema, stacks, *others):
    schema = yaml.safe_load(Path(schema).read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failures, files = [], 0
    for entry in sorted(it for root in (stacks, *others) for it in Path(root).glob("*/stack.yaml")):
        folder = entry.parent
        include = yaml.load(entry.read_text(), Loader).get("include", [])
        patterns = include if isinstance(include, list) else [include]
        for path in [entry, *(p for it in patterns for p in sorted(folder.glob(it)))]:
            files += 1
            for error in validator.iter_errors(yaml.load(path.read_text(), Loader)):
                at = "/".join(map(str, error.absolute_path))
                failures.append(f"{path}: /{at}: {error.message[:300]}")
    if files < 2:
        failures.append(f"{files} stack files")
    for what, file, steps, value in BROKEN:
        path = Path(stacks) / "platform-kernel" / file
        document = copy.deepcopy(yaml.load(path.read_text(), Loader))
        at = document
        for step in steps[:-1]:
            at = at[step]
        at[steps[-1]] = value
        if validator.is_valid(document):
            failures.append(f"{what} passes: {file} /{'/'.join(steps)}")
    for failure in failures:
        print(failure)
    print(f"{files} stack files pass, {len(BROKEN)} broken copies do not" if not failures else f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
