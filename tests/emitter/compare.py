"""Reads [[yaml, expected], ...] as JSON from standard input and prints what PyYAML reads otherwise, as a JSON list.

Exits with 3 when PyYAML is not installed.
"""

import json
import sys

try:
    import yaml
except ImportError:
    sys.exit(3)


def differences(path, expected, found):
    """Places where the two are not of the same type and value."""
    if type(expected) is not type(found):
        yield [path, repr(expected), repr(found)]
    elif isinstance(expected, dict):
        if list(expected) != list(found):
            odd = [key for key in found if key not in expected] + [key for key in expected if key not in found]
            yield [path, "the keys", repr(odd)]
        for key in expected:
            if key in found:
                yield from differences(f"{path}/{key}", expected[key], found[key])
    elif isinstance(expected, list):
        if len(expected) != len(found):
            yield [path, f"{len(expected)} items", f"{len(found)} items"]
        for at, (one, other) in enumerate(zip(expected, found)):
            yield from differences(f"{path}/{at}", one, other)
    elif expected != found:
        yield [path, repr(expected), repr(found)]


failures = []
for at, (text, expected) in enumerate(json.load(sys.stdin)):
    try:
        failures.extend(differences(str(at), expected, yaml.safe_load(text)))
    except yaml.YAMLError as error:
        failures.append([str(at), repr(expected)[:200], str(error)])
json.dump(failures, sys.stdout)
