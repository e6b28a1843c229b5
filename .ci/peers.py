"""Runs checkov, kube-score and kubeconform over rendered stacks, and checkov and the rules here over the same fixtures.

peers.py BIN TREES: BIN has the programs, TREES one file STACK/ENVIRONMENT.yaml for each. The environment says STACKGEN and SHARED.
What is found is held against the tables of docs/peers.md: what is not in them fails, and so does what is in them alone.
"""

import collections
import fnmatch
import json
import logging
import os
import pathlib
import subprocess
import sys
import time

import yaml
from checkov.kubernetes.runner import Runner
from checkov.runner_filter import RunnerFilter

logging.disable(logging.CRITICAL)
PAGE = pathlib.Path("docs/peers.md")
SHARED = pathlib.Path(os.environ["SHARED"])
# Kinds of clusters that are not rendered for.
FOREIGN = {"DeploymentConfig"}


def chapter(title):
    """The rows of the tables of a chapter, by section."""
    text = next(it for it in PAGE.read_text().split("\n## ") if it.startswith(title + "\n"))
    sections = {}
    for section in text.split("\n### "):
        name, _, body = section.partition("\n")
        rows = [it.strip().strip("|") for it in body.splitlines() if it.startswith("| `")]
        cells = [[cell.strip().replace("`", "") for cell in row.split("|")] for row in rows]
        assert all(row[-1] or name == "Covered" for row in cells), f"{PAGE}: {title}: a row has no reason"
        sections[name] = cells
    return sections


def checkov(path):
    """What checkov looked at in a file: check, title, object, its first and last line, and whether it failed."""
    report = Runner().run(root_folder=None, files=[str(path)], runner_filter=RunnerFilter(framework=["kubernetes"]))
    assert not report.parsing_errors, report.parsing_errors
    for records, failed in ((report.failed_checks, True), (report.passed_checks, False)):
        for it in records:
            yield it.check_id, it.resource, *it.file_line_range, failed


def found_by_checkov(trees):
    for path in trees:
        for check, resource, _, _, failed in checkov(path):
            kind, _, name, *_ = resource.split(".")
            if failed:
                yield "checkov", check, tree(path), f"{kind}/{name}"


def found_by_kube_score(program, trees):
    for path in trees:
        run = subprocess.run([program, "score", "--output-format", "json", path], capture_output=True, text=True)
        for it in json.loads(run.stdout):
            for check in it["checks"]:
                # Ten is what it calls fine.
                if check["skipped"] or check["grade"] >= 10:
                    continue
                for comment in check["comments"] or [{"summary": "-"}]:
                    title = f"{check['check']['name']}: {comment['summary']}"
                    yield "kube-score", title, tree(path), f"{it['type_meta']['kind']}/{it['object_meta']['name']}"


def tree(path):
    return f"{path.parent.name}/{path.stem}"


def listed(found):
    """Holds findings against the table."""
    rows = [row for rows in chapter("What they say of the shipped stacks").values() for row in rows]
    met, failures, counts = set(), [], collections.Counter()
    for tool, check, environment, name in found:
        counts[tool] += 1
        fits = [
            index
            for index, (of, what, where, _) in enumerate(rows)
            if (of, what) == (tool, check) and any(fnmatch.fnmatch(f"{environment} {name}", it) for it in where.split(", "))
        ]
        met.update(fits)
        if not fits:
            failures.append(f"not listed: {tool}, {check}: {environment} {name}")
    failures += [f"not found any more: {', '.join(row[:3])}" for index, row in enumerate(rows) if index not in met]
    print(", ".join(f"{tool}: {count} findings" for tool, count in sorted(counts.items())), f"in {len(rows)} rows of {PAGE}")
    return failures


def kubeconform(program, trees):
    """Each object of the trees has a schema that takes it; one that is broken is refused."""
    schemas = trees[0].parents[1] / "schemas"
    for definition in pathlib.Path("tests").glob("*/*.crd.yaml"):
        spec = yaml.safe_load(definition.read_text())["spec"]
        for version in spec["versions"]:
            path = schemas / spec["group"] / f"{spec['names']['kind'].lower()}_{version['name']}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(version["schema"]["openAPIV3Schema"]))
    place = '{{if eq .Group "v1"}}core{{else}}{{.Group}}{{end}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json'
    locations = [it for folder in (SHARED / "schemas", schemas) for it in ("-schema-location", f"{folder}/{place}")]

    def validate(paths):
        command = [program, "-strict", "-summary", "-output", "json", *locations, *paths]
        report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
        return report["summary"], report.get("resources") or []

    summary, refused = validate(trees)
    failures = [f"kubeconform: {it['filename']}: {it['kind']} {it['name']}: {it['msg']}" for it in refused]
    broken = trees[0].parents[1] / "broken.yaml"
    broken.write_text(trees[0].read_text().replace("containers:", "container:"))
    if not summary["valid"] or not validate([broken])[0]["invalid"]:
        failures.append("kubeconform takes what is broken")
    print(f"kubeconform: {summary['valid']} objects are valid")
    return failures


def rules(path):
    """What the rules here say of a file: code, message, line."""
    command = [os.environ["STACKGEN"], "check", "--manifests", path, "--diagnostics", "json"]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    for line in run.stderr.splitlines():
        if line.startswith("{"):
            it = json.loads(line)
            if it["primary"]:
                yield it["code"], it["message"], it["primary"]["start"]["line"]


def same_as_checkov():
    """Compares checkov with the rules, object by object; of checks that are about several objects, file by file."""
    sections = chapter("checkov")
    covered = {row[0]: (row[1].split(), row[2]) for row in sections["Covered"]}
    left_out = [row[0] for row in sections["Not covered"]]
    differences = sections["Differences"]
    fixtures = [(SHARED / "suites", it) for suite in ("kube-linter", "kube-score") for it in sorted((SHARED / "suites" / suite).rglob("*.y*ml"))]
    fixtures += [(pathlib.Path("tests"), it) for it in sorted(pathlib.Path("tests").glob("ui/*/objects/*.yaml"))]
    fixtures += [(pathlib.Path("tests"), it) for it in sorted(pathlib.Path("tests").glob("peers/*.yaml"))]
    counts, met, failures = collections.defaultdict(collections.Counter), set(), []
    for root, path in fixtures:
        ours, verdicts = list(rules(path)), {}
        for check, resource, first, last, failed in checkov(path):
            here = [it for it in ours if first <= it[2] <= last]
            # What the API server refuses need not be judged.
            if check not in covered or resource.split(".")[0] in FOREIGN or any(it[0] == "SG574" for it in here):
                continue
            codes, words = covered[check]
            whole = check.startswith("CKV2")
            hit = any(it[0] in codes and words in it[1] for it in (ours if whole else here))
            key = (check, "*", 0) if whole else (check, resource, first)
            verdicts[key] = (failed or verdicts.get(key, (False,))[0], hit)
        for (check, resource, _), (theirs, hit) in verdicts.items():
            if theirs == hit:
                counts[check]["both" if theirs else "neither"] += 1
                continue
            counts[check]["differ"] += 1
            name = str(path.relative_to(root))
            fits = [
                index
                for index, (of, who, where, _) in enumerate(differences)
                if of == check
                and who == ("theirs" if theirs else "ours")
                and any(fnmatch.fnmatch(f"{name} {resource}", it) for it in where.split(", "))
            ]
            met.update(fits)
            if not fits:
                failures.append(f"{check}: {name} {resource}: {'theirs' if theirs else 'ours'} alone")
    failures += [f"no difference any more: {', '.join(row[:3])}" for index, row in enumerate(differences) if index not in met]
    known = known_checks()
    failures += [f"nothing is said of {it}" for it in sorted(known - covered.keys() - {one for it in left_out for one in numbers(it)})]
    failures += [f"checkov has no {it}" for it in sorted({*covered, *(one for it in left_out for one in numbers(it))} - known)]
    for check in covered:
        count = counts[check]
        if not count["both"] or not count["neither"]:
            failures.append(f"{check}: no fixture breaks it, or none holds it")
        print(f"  {check}: {count['both']} found by both, {count['neither']} by neither, {count['differ']} differ with a reason")
    return failures


def numbers(text):
    """The checks of a cell: `CKV_K8S_1`, or `CKV_K8S_1 CKV_K8S_3-5`."""
    for part in text.split():
        name, _, number = part.rpartition("_")
        first, _, last = number.partition("-")
        yield from (f"{name}_{it}" for it in range(int(first), int(last or first) + 1))


def known_checks():
    """All that checkov asks of objects."""
    from checkov.kubernetes.checks.resource.registry import registry
    from checkov.common.checks_infra.registry import get_graph_checks_registry

    graph = get_graph_checks_registry("kubernetes")
    graph.load_checks()
    return {it.id for all in registry.checks.values() for it in all} | {it.id for it in graph.checks}


def main():
    programs, trees = pathlib.Path(sys.argv[1]), sorted(pathlib.Path(sys.argv[2]).glob("*/*.yaml"))
    assert trees, "no tree"
    began = time.monotonic()
    print(f"{len(trees)} trees")
    failures = kubeconform(programs / "kubeconform", trees)
    failures += listed([*found_by_checkov(trees), *found_by_kube_score(programs / "kube-score", trees)])
    print("checkov and the rules, over the same fixtures:")
    failures += same_as_checkov()
    print(f"{time.monotonic() - began:.0f} seconds")
    for it in failures:
        print(it, file=sys.stderr)
    if failures:
        sys.exit(f"FAILED: {len(failures)} differences from {PAGE}")


main()
