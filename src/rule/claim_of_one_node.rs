//! Shared claims that one node may mount, and pods that may be on several.

use std::collections::BTreeMap;

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{AccessMode, Rollout, Scale, SharedClaim, Volume};
use crate::resolve::Component;
use crate::stateful::Tier;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG341",
    name: "claim-of-one-node",
    severity: Error,
    docs: "\
## What it finds
A shared claim that only the pods of one node may mount (`ReadWriteOnce`, or one pod with `ReadWriteOncePod`) in several pods: of a service with several, of one that starts a new pod before the old one is gone, or of several components. And one that may only be read, in a pod that would write.

## Why it matters
A pod that is scheduled to another node waits for the volume for ever: a rollout stops half-way, and an autoscaler adds pods that never start.

## Example
```yaml
claims: { data: { size: 10Gi } }
services: { app: { scale: 1, volumes: { /data: { shared: data } } } }      # rolls with maxSurge 1
```

## What to do
With one pod, say `rollout: recreate`: the old pod goes before the new one comes. For several pods, `accessModes: [ReadWriteMany]` where the storage can do it (network file systems can), or a `stateful` tier of kind `custom`, each pod of which has storage of its own. Where something keeps the pods on one node, accept the finding and say what.
",
};

struct Mount<'a> {
    component: &'a Component,
    at: Route,
    read_only: bool,
}

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let mut mounts: BTreeMap<&str, Vec<Mount<'_>>> = BTreeMap::new();
    for component in facts.resolved.components.values() {
        for (path, volume) in facts.volumes(component) {
            if let Volume::Shared(shared) = volume {
                let at = component.route().join("volumes").join(path).join("shared");
                let mount = Mount { component, at, read_only: shared.read_only };
                mounts.entry(shared.claim.as_str()).or_default().push(mount);
            }
        }
    }
    for (name, claim) in &facts.resolved.stack.claims {
        let mounts = mounts.remove(name.as_str()).unwrap_or_default();
        let bound: Vec<&Mount<'_>> = mounts.iter().filter(|it| !reaches_all(claim, it.read_only)).collect();
        let declared = At::Node(Route::of(&["claims", name.as_str()]), Part::Key);
        let mode = claim.access_modes.first().map_or("ReadWriteOnce", |it| it.as_str());
        for mount in &bound {
            let component = &mount.component.name;
            let (why, help) = if claim.access_modes == [AccessMode::ReadOnlyMany] {
                ("mounts it to write".to_owned(), "say `readOnly: true` here")
            } else if let Some(why) = several(facts, mount.component) {
                why
            } else if let Some(other) = bound.iter().find(|it| it.component.name != *component) {
                (format!("stands beside `{}`, which mounts it, too", other.component.name), OWN_CLAIM)
            } else {
                continue;
            };
            let message = format!("the claim `{name}` is `{mode}`, and `{component}` {why}");
            sink.push(
                Diagnostic::at_value(&CODE, &mount.at, message)
                    .also(declared.clone(), "the claim is declared here")
                    .help(format!("{help}; or say `accessModes: [ReadWriteMany]` of the claim, where its storage can do that")),
            );
        }
    }
}

/// What to do about several components.
const OWN_CLAIM: &str = "give each a claim of its own";
/// What to do about several pods.
const OWN_STORAGE: &str = "run one pod with `rollout: recreate`; make it a `stateful` tier of kind `custom`, each pod with storage of its own";

/// Whether pods of all nodes may mount a claim.
fn reaches_all(claim: &SharedClaim, read_only: bool) -> bool {
    claim.access_modes.iter().any(|it| match it {
        AccessMode::ReadWriteMany => true,
        AccessMode::ReadOnlyMany => read_only,
        AccessMode::ReadWriteOnce | AccessMode::ReadWriteOncePod => false,
    })
}

/// Why there may be several pods of a component at a time, and what to do about it.
fn several(facts: &Facts<'_>, component: &Component) -> Option<(String, &'static str)> {
    let Some(service) = facts.resolved.service(component) else {
        let replicas = facts.resolved.tier(component).map_or(0, Tier::replicas);
        let each = "let each pod have storage of its own, with `claim`";
        return (replicas > 1).then(|| (format!("has {replicas} pods"), each));
    };
    let overlaps = service.fields.rollout.as_ref().is_none_or(Rollout::overlaps);
    match &service.fields.scale {
        Scale::Hpa(hpa) if hpa.max > 1 => {
            Some((format!("is scaled to {} pods by its autoscaler", hpa.max), OWN_STORAGE))
        }
        Scale::Fixed(pods) if *pods > 1 => Some((format!("has {pods} pods"), OWN_STORAGE)),
        Scale::Fixed(0) => None,
        Scale::PerNode => Some(("has a pod on each node".to_owned(), OWN_STORAGE)),
        _ if overlaps => {
            Some(("starts a new pod beside the old one in a rollout".to_owned(), "say `rollout: recreate`"))
        }
        _ => None,
    }
}
