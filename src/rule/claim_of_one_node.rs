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
A shared claim that only the pods of one node may mount (`ReadWriteOnce`, or one pod with `ReadWriteOncePod`) in several pods: of a service with several, of one that starts a new pod before the old one is gone, or of several components.

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
            let other = bound.iter().find(|it| it.component.name != mount.component.name);
            let why = several(facts, mount.component)
                .or_else(|| other.map(|it| format!("so does `{}`", it.component.name)));
            let Some(why) = why else { continue };
            let message = format!(
                "`{}` mounts the claim `{name}`, which one node may mount, and {why}",
                mount.component.name
            );
            sink.push(
                Diagnostic::at_value(&CODE, &mount.at, message)
                    .also(declared.clone(), format!("it is `{mode}`"))
                    .help("say `accessModes: [ReadWriteMany]` of the claim where its storage can do that")
                    .help("or run one pod of it with `rollout: recreate`; or make it a `stateful` tier of kind `custom`, each pod with storage of its own"),
            );
        }
    }
}

/// Whether pods of all nodes may mount a claim.
fn reaches_all(claim: &SharedClaim, read_only: bool) -> bool {
    claim.access_modes.iter().any(|it| match it {
        AccessMode::ReadWriteMany => true,
        AccessMode::ReadOnlyMany => read_only,
        AccessMode::ReadWriteOnce | AccessMode::ReadWriteOncePod => false,
    })
}

/// Why there may be several pods of a component at a time.
fn several(facts: &Facts<'_>, component: &Component) -> Option<String> {
    if let Some(service) = facts.resolved.service(component) {
        let rollout = service.fields.rollout.as_ref().unwrap_or(&Rollout::STANDARD);
        return match &service.fields.scale {
            Scale::Hpa(hpa) if hpa.max > 1 => Some(format!("an autoscaler runs up to {} pods", hpa.max)),
            Scale::Fixed(pods) if *pods > 1 => Some(format!("there are {pods} pods")),
            _ => rollout.overlaps().then(|| "a rollout starts the new pod beside the old one".to_owned()),
        };
    }
    let replicas = facts.resolved.tier(component).map_or(0, Tier::replicas);
    (replicas > 1).then(|| format!("there are {replicas} pods"))
}
