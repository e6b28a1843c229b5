//! Pods that everybody reaches and that reach everybody.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG560",
    name: "pod-without-policy",
    severity: Info,
    docs: "\
## What it finds
Pods that no NetworkPolicy takes, or none that says what they may receive, or send. Policies of Cilium that take them count for both. Pods with `hostNetwork` are the node to every policy and are left out; so are all that a policy may take whose selector is read by Calico or Cilium alone.

## Why it matters
Whoever takes over one pod of the cluster talks to all such pods, and sends what it finds anywhere.

## Example
```yaml
kind: Deployment
spec: { template: { metadata: { labels: { app: web } } } }   # and no NetworkPolicy
```

## What to do
Add a policy for the namespace that allows nothing, and one for each path that is wanted.
",
};

fn check(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    if pods.spec.below("hostNetwork").is_true() || others_may_cover(objects, object.namespace) {
        return;
    }
    let mut covered = [false, false];
    let policies = KINDS.iter().flat_map(|(group, kind)| objects.of(group, kind, object.namespace));
    for policy in policies.filter(|it| it.takes(pods)) {
        let ways = ways(policy);
        covered = [covered[0] || ways[0], covered[1] || ways[1]];
    }
    let what = match covered {
        [true, true] => return,
        [false, false] => "no NetworkPolicy takes",
        [false, true] => "no NetworkPolicy says who may reach",
        [true, false] => "no NetworkPolicy says whom may be reached by",
    };
    let message = format!("{what} the pods of the {}", object.title());
    sink.push(
        object
            .named()
            .found(&CODE, message)
            .help("add policies for what is wanted, and one that allows nothing else"),
    );
}

/// The policies whose selector is known.
const KINDS: [(&str, &str); 3] = [
    ("networking.k8s.io", "NetworkPolicy"),
    ("extensions", "NetworkPolicy"),
    ("cilium.io", "CiliumNetworkPolicy"),
];

/// Whether a policy says what its pods receive, and what they send.
fn ways(policy: &Written<'_>) -> [bool; 2] {
    let spec = policy.root.below("spec");
    let types: Vec<&str> = spec.below("policyTypes").texts().collect();
    match policy.group {
        "cilium.io" => [true, true],
        _ if types.is_empty() => [true, spec.below("egress").is_written()],
        _ => ["Ingress", "Egress"].map(|it| types.contains(&it)),
    }
}

/// Whether policies are there whose selectors only Calico or Cilium reads.
fn others_may_cover(objects: &Objects<'_>, namespace: &str) -> bool {
    let calico = ["projectcalico.org", "crd.projectcalico.org"];
    objects.all_of("cilium.io", "CiliumClusterwideNetworkPolicy").next().is_some()
        || objects
            .of("cilium.io", "CiliumNetworkPolicy", namespace)
            .any(|it| it.root.below("specs").is_written())
        || calico.into_iter().any(|group| {
            objects.all_of(group, "GlobalNetworkPolicy").next().is_some()
                || objects.of(group, "NetworkPolicy", namespace).next().is_some()
        })
}
