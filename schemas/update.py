#!/usr/bin/env python3
"""update.py: writes `kubernetes.txt`, what each minor version of Kubernetes knows of its kinds.

Run it by hand for a new minor version, with the network; the program reads the file that it writes. Needs pip and go, and
reads two packages through their ordinary clients, both of the Kubernetes authors' work under the Apache License 2.0:

* kubernetes-validate (PyPI): the OpenAPI document of each minor version, for kinds, fields and types;
* k8s.io/api (Go modules): the sources that this document is made of, for what it leaves out, which is the values of
  enumerations (`+enum`), kinds without a namespace, and when an API version came, is deprecated and is removed.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "kubernetes-validate==1.37.0"
OLDEST, NEWEST = 25, 37
MINORS = range(OLDEST, NEWEST + 1)

# Kinds that are asked of the API server or written by it; nobody applies them.
NOT_APPLIED = re.compile(
    r"(List|Options|Review|Event|Rollback)$|^(APIGroup|APIResource|APIVersions|Status|Scale|Eviction|Binding|TokenRequest"
    r"|ComponentStatus|StorageVersion|LeaseCandidate|PodCertificateRequest)$"
)
# Kinds without a namespace whose sources are in modules of their own (k8s.io/apiextensions-apiserver, k8s.io/kube-aggregator).
OUTSIDE = {"CustomResourceDefinition", "APIService"}
# The document calls them required because Go always writes them; the API server fills them in (pkg/apis/rbac/v1/defaults.go)
# or takes them empty (`serviceName`, pkg/apis/apps/validation).
FILLED_IN = {("rbac.v1.RoleRef", "apiGroup"), ("apps.v1.StatefulSetSpec", "serviceName")}
# Removed, and from the sources too; nothing replaces them (kubernetes.io/docs/reference/using-api/deprecation-guide).
GONE = {("extensions/v1beta1", "PodSecurityPolicy"): 16, ("policy/v1beta1", "PodSecurityPolicy"): 25}
# Names of Kubernetes' own packages, shortened.
PREFIXES = [
    ("io.k8s.apiextensions-apiserver.pkg.apis.", ""),
    ("io.k8s.kube-aggregator.pkg.apis.", ""),
    ("io.k8s.apimachinery.pkg.apis.", ""),
    ("io.k8s.apimachinery.pkg.", ""),
    ("io.k8s.api.", ""),
]
# Types that are not what their schema says, or whose schema is left out.
SPECIAL = {
    "api.resource.Quantity": "quantity",
    "util.intstr.IntOrString": "int-or-string",
    "runtime.RawExtension": "any",
    "meta.v1.FieldsV1": "any",
    "apiextensions.v1.JSON": "any",
    "apiextensions.v1.JSONSchemaPropsOrBool": "any",
    "apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
    "apiextensions.v1.CustomResourceSubresourceStatus": "any",
    "meta.v1.Time": "string",
    "meta.v1.MicroTime": "string",
}


def short(name):
    for prefix, new in PREFIXES:
        if name.startswith(prefix):
            return new + name[len(prefix):]
    raise SystemExit(f"a package of another name: {name}")


def documents():
    """The definitions of each minor version."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", folder, PACKAGE], check=True)
        wheel = next(pathlib.Path(folder).iterdir())
        with zipfile.ZipFile(wheel) as archive:
            for minor in MINORS:
                path = f"kubernetes_validate/kubernetes-json-schema/v1.{minor}.0-local/_definitions.json"
                known = json.loads(archive.read(path))
                yield minor, {short(name): it for name, it in known.get("$defs", known.get("definitions")).items()}


class Source:
    """What the sources of a minor version say beyond the document."""

    def __init__(self, minor):
        found = subprocess.run(["go", "mod", "download", "-json", f"k8s.io/api@v0.{minor}.0"], check=True, capture_output=True, text=True)
        root = pathlib.Path(json.loads(found.stdout)["Dir"])
        self.enums, self.fields, self.cluster, self.lifecycle, self.groups = {}, {}, set(), {}, {}
        for path in sorted(root.glob("*/*/*types*.go")):
            self.read(".".join(path.parent.relative_to(root).parts), path.read_text())
        for path in sorted(root.glob("*/*/zz_generated.prerelease-lifecycle.go")):
            package = path.parent.relative_to(root).parts
            register = (path.parent / "register.go").read_text()
            group = re.search(r'GroupName = "([^"]*)"', register)[1]
            self.groups[".".join(package)] = f"{group}/{package[1]}"
            self.live(".".join(package), path.read_text())

    def read(self, package, text):
        aliases = {a or p.rsplit("/", 1)[1]: p.replace("/", ".") for a, p in re.findall(r'^\t(\w*) ?"k8s.io/api/([\w/]+)"', text, re.M)}
        for name in re.findall(r"^// \+enum\n(?://.*\n)*type (\w+) string", text, re.M):
            values = re.findall(rf'^\t\w+\s+{name}\s*=\s*"([^"]*)"', text, re.M)
            if values:
                self.enums[f"{package}.{name}"] = sorted(set(values) - {""})
        for comment, name, body in re.findall(r"((?:^//[^\n]*\n|^\n)*)^type (\w+) struct \{\n(.*?)^\}", text, re.M | re.S):
            key = f"{package}.{name}"
            if "+genclient:nonNamespaced" in comment:
                self.cluster.add(key)
            for kind, json_name in re.findall(r'^\t\w+\s+([\[\]*\w.]+)\s+`json:"(\w+)', body, re.M):
                base = kind.lstrip("[]*")
                if "." in base:
                    alias, base = base.split(".", 1)
                    base = f"{aliases.get(alias, '?')}.{base}"
                else:
                    base = f"{package}.{base}"
                self.fields[key, json_name] = base

    def live(self, package, text):
        """When an API version is deprecated and removed, and what replaces it, as the API server warns of it."""
        for kind, what, major, minor in re.findall(r"^func \(in \*(\w+)\) APILifecycle(Deprecated|Removed)\(\).*\n\treturn (\d+), (\d+)", text, re.M):
            self.lifecycle.setdefault(f"{package}.{kind}", {})[what.lower()] = minor
        for kind, group, version, new in re.findall(
            r'^func \(in \*(\w+)\) APILifecycleReplacement\(\).*\n\treturn schema.GroupVersionKind\{Group: "(.*)", Version: "(.*)", Kind: "(.*)"\}', text, re.M
        ):
            # Once, the sources name a list (IngressClassList).
            new = kind if new == f"{kind}List" else new
            self.lifecycle.setdefault(f"{package}.{kind}", {})["instead"] = f"{group}/{version}/{new}"

    def values(self, definition, field):
        return self.enums.get(self.fields.get((definition, field)), [])


def types(schema, values, needed):
    """A type in our words: a scalar, `[` and a list's items, `{` and a map's values, or `=` and a definition."""
    if "$ref" in schema:
        name = short(schema["$ref"].rsplit("/", 1)[1])
        if name in SPECIAL:
            return SPECIAL[name]
        needed.append(name)
        return "=" + name
    kind = schema.get("type")
    kind = next(it for it in kind if it != "null") if isinstance(kind, list) else kind
    if kind == "array":
        return "[" + types(schema["items"], values, needed)
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return "{" + types(schema["additionalProperties"], values, needed)
    if kind == "integer":
        return "int32" if schema.get("format") == "int32" else "int64"
    if kind in ("object", None):
        return "any"
    return "|".join([kind, *values]) if kind == "string" else kind


def fields(name, schema, source, needed):
    """The fields of a definition: their names, `!` behind those that must be there, and their types."""
    known, required = schema.get("properties"), schema.get("required", [])
    if known is None:
        # A definition that is only a name for something else (a list, a text).
        return {"": types(schema, [], needed)}
    out = {}
    for field, it in known.items():
        # What Kubernetes itself writes is no input.
        plain = "any" if field in ("status", "managedFields") else types(it, source.values(name, field), needed)
        if field in ("apiVersion", "kind") and "metadata" in known:
            plain = "string"
        out[field] = ("!" if field in required and (name, field) not in FILLED_IN else "") + plain
    return out


def span(minors):
    """The versions that have something, as `@FROM-TO`; empty where all have it."""
    minors = sorted(minors)
    if minors != list(range(minors[0], minors[-1] + 1)):
        raise SystemExit(f"not one range: {minors}")
    first = "" if minors[0] == OLDEST else str(minors[0])
    last = "" if minors[-1] == NEWEST else str(minors[-1])
    return f" @{first}-{last}" if first or last else ""


def runs(minors):
    """Ranges without gaps."""
    out = []
    for minor in sorted(minors):
        if out and out[-1][-1] == minor - 1:
            out[-1].append(minor)
        else:
            out.append([minor])
    return out


def main():
    kinds, known = {}, {}
    for minor, document in documents():
        source = Source(minor)
        pending = []
        for name, schema in document.items():
            for it in schema.get("x-kubernetes-group-version-kind", []):
                own = name.rsplit(".", 1)[1] == it["kind"] and "metadata" in schema.get("properties", {})
                if not own or NOT_APPLIED.search(it["kind"]):
                    continue
                version = f"{it['group']}/{it['version']}".lstrip("/")
                scope = "cluster" if name in source.cluster or it["kind"] in OUTSIDE else "namespace"
                life = source.lifecycle.get(name, {})
                kinds.setdefault((version, it["kind"], name), {})[minor] = (scope, life)
                pending.append(name)
        done = set()
        while pending:
            name = pending.pop()
            if name in done:
                continue
            done.add(name)
            for field, text in fields(name, document[name], source, pending).items():
                known.setdefault(name, {}).setdefault(field, {}).setdefault(text, []).append(minor)
    lines = [
        "# What each minor version of Kubernetes knows of its kinds. Written by update.py; see README.md.",
        f"versions {OLDEST} {NEWEST}",
    ]
    for (version, kind, name), found in sorted(kinds.items()):
        scope, life = found[max(found)]
        # When it is removed in fact is in the versions; the sources foresee it, and are wrong at times.
        words = [version, kind, scope, name, *(f"{key}={it}" for key, it in sorted(life.items()) if key != "removed")]
        for run in runs(found):
            lines.append("kind " + " ".join(words) + span(run))
    # What was removed before the oldest version: the newest sources still have it.
    for name, life in sorted(source.lifecycle.items()):
        package, kind = name.rsplit(".", 1)
        if int(life.get("removed", NEWEST)) <= OLDEST and not NOT_APPLIED.search(kind):
            words = [f"{key}={it}" for key, it in sorted(life.items()) if key != "deprecated"]
            lines.append(" ".join(["gone", source.groups[package], kind, *words]))
    lines += [f"gone {version} {kind} removed={removed}" for (version, kind), removed in sorted(GONE.items())]
    for name, found in sorted(known.items()):
        lines.append(f"={name}")
        for field, variants in sorted(found.items()):
            for text, minors in sorted(variants.items(), key=lambda it: it[1]):
                for run in runs(minors):
                    must = "!" if text.startswith("!") else ""
                    lines.append(f"{field}{must} {text.lstrip('!')}{span(run)}")
    (HERE / "kubernetes.txt").write_text("\n".join(lines) + "\n")


main()
