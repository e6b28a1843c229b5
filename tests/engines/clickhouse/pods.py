"""The pods of a rendered tree: what they are called, what the kubelet lays for them, and their environment."""
import re
import yaml


class Pods:
    def __init__(self, tree):
        self.tree = tree
        paths = sorted(tree.rglob("*statefulset*.yaml"))
        sets = [it for path in paths for it in yaml.safe_load_all(path.read_text())]
        self.servers = [it for it in sets if part(it) == "server"]
        self.voters = [it for it in sets if part(it) == "keeper"]
        assert self.servers, "the tree has no servers"

    def texts(self, spec):
        """The files of a pod's ConfigMaps: folder, name, text."""
        for volume in spec["volumes"]:
            for item in volume.get("configMap", {}).get("items", []):
                folder = next(it for it in self.tree.rglob(f"files/{volume['configMap']['name']}") if it.is_dir())
                yield f"{volume['name']}.d", item["path"], (folder / item["key"]).read_text()


def part(controller):
    return controller["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]


def members(controllers):
    """Each pod: its name, its host name, its pod spec, the number of its controller."""
    for number, it in enumerate(controllers):
        spec = it["spec"]
        for ordinal in range(spec["replicas"]):
            pod = f"{it['metadata']['name']}-{ordinal}"
            host = f"{pod}.{spec['serviceName']}.{it['metadata']['namespace']}.svc.cluster.local"
            yield pod, host, spec["template"]["spec"], number


def environment(spec, pod):
    """The variables of a pod's container; secrets are made up."""
    found = {}
    for it in spec["containers"][0]["env"]:
        if "value" in it:
            found[it["name"]] = re.sub(r"\$\((\w+)\)", lambda name: found[name[1]], it["value"])
        elif "fieldRef" in it["valueFrom"]:
            found[it["name"]] = pod
        else:
            found[it["name"]] = "Made-Up-1"
    return found
