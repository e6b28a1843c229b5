#!/usr/bin/env python3
"""Does with a rendered pod what the kubelet does: starts its first container, runs its preStop hook, asks its probes.

    pod.py FILE NAME start          become the container's program
    pod.py FILE NAME preStop        run the hook
    pod.py FILE NAME startupProbe   exit 0 when the probe succeeds (readinessProbe, livenessProbe)

FILE is a StatefulSet, a Job or a CronJob. Environment:
    POD_CONTAINER another container than the first: initContainers/0
    POD_SECRETS   files of secrets: DIR/SECRET/KEY
    POD_ADDRESS   where the pod's ports are, for probes
    POD_MOVED     lines OLD=>NEW, put into commands and variables: paths, hosts; the first that fits wins
"""
import os
import re
import sys
import urllib.error
import urllib.request

import yaml


def main():
    path, name, action = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        spec = yaml.safe_load(file)["spec"]
    kind, index = os.environ.get("POD_CONTAINER", "containers/0").split("/")
    container = spec.get("jobTemplate", {}).get("spec", spec)["template"]["spec"][kind][int(index)]
    values = variables(container, name)
    if action.endswith("Probe"):
        probe(container[action], container)
    command = container["lifecycle"]["preStop"]["exec"]["command"] if action == "preStop" else (
        container.get("command", []) + container.get("args", []))
    command = [moved(expanded(word, values)) for word in command]
    environment = {**os.environ, **{key: moved(value) for key, value in values.items()}}
    for key in ("POD_SECRETS", "POD_MOVED", "POD_ADDRESS", "POD_CONTAINER"):
        environment.pop(key, None)
    os.execvpe(command[0], command, environment)


def variables(container, name):
    """Each variable may use those before it."""
    fields = {"metadata.name": name, "status.podIP": os.environ.get("POD_ADDRESS", "")}
    values = {}
    for variable in container.get("env", []):
        source = variable.get("valueFrom", {})
        if "fieldRef" in source:
            value = fields[source["fieldRef"]["fieldPath"]]
        elif "secretKeyRef" in source:
            key = source["secretKeyRef"]
            with open(os.path.join(os.environ["POD_SECRETS"], key["name"], key["key"]), encoding="utf-8") as file:
                value = file.read()
        else:
            value = expanded(variable["value"], values)
        values[variable["name"]] = value
    return values


def expanded(text, values):
    for key, value in values.items():
        text = text.replace(f"$({key})", value)
    return text


def moved(text):
    lines = os.environ.get("POD_MOVED", "").splitlines()
    pairs = dict(line.split("=>", 1) for line in lines if line)
    if not pairs:
        return text
    return re.sub("|".join(map(re.escape, pairs)), lambda found: pairs[found[0]], text)


def probe(probe, container):
    get = probe["httpGet"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    port = ports.get(get["port"], get["port"])
    try:
        urllib.request.urlopen(f"http://{os.environ['POD_ADDRESS']}:{port}{get['path']}", timeout=5)
    except (OSError, urllib.error.HTTPError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


main()
