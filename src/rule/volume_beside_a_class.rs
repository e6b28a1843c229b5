//! Volumes that exist already, in a class whose driver makes new ones.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink};
use crate::model::Name;
use crate::stateful::Tier;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG344",
    name: "volume-beside-a-class",
    severity: Warning,
    docs: "\
## What it finds
Storage with a `volume` that exists already, and a `storageClass` of the stack whose driver makes volumes.

## Why it matters
The volume and its claim are bound as long as both are as the stack says. A claim that is ever made anew while its volume is not free gets a new volume from the driver, an empty one: the data seems gone, and what is written goes elsewhere.

## Example
```yaml
storageClasses: { nas: { provisioner: nfs.csi.k8s.io } }
claims: { media: { size: 1Ti, storageClass: nas, volume: { nfs: { server: nas.lan, path: /media } } } }
```

## What to do
Remove `storageClass`: the claim then takes its own volume or waits. Or name a class with `provisioner: kubernetes.io/no-provisioner`.
",
};

/// The provisioner of classes whose volumes people make: kubernetes.io/docs/concepts/storage/storage-classes/#local.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for component in facts.resolved.components.values() {
        for stored in facts.resolved.tier(component).map(Tier::storages).unwrap_or_default() {
            if stored.storage.volume.is_some() {
                let at = stored.below.iter().fold(component.route().clone(), |at, key| at.join(key));
                judge(facts, stored.storage.class.as_ref(), &at, sink);
            }
        }
    }
    for (name, claim) in facts.resolved.stack.claims.iter().filter(|(_, it)| it.volume.is_some()) {
        judge(facts, claim.class.as_ref(), &Route::of(&["claims", name.as_str()]), sink);
    }
}

fn judge(facts: &Facts<'_>, class: Option<&Name>, at: &Route, sink: &mut Sink) {
    let Some((name, class)) = class.and_then(|it| facts.resolved.stack.storage_classes.get_key_value(it))
    else {
        return;
    };
    if class.provisioner == NO_PROVISIONER {
        return;
    }
    let driver = Route::of(&["storageClasses", name.as_str(), "provisioner"]);
    sink.push(
        Diagnostic::at_value(
            &CODE,
            &at.join("storageClass"),
            format!("the volume exists already, and the class `{name}` makes new ones"),
        )
        .also(At::Node(driver, Part::Value), "its driver")
        .note("a claim that is made anew while its volume is not free gets an empty one")
        .help("remove `storageClass`: the claim takes its own volume or waits"),
    );
}
