//! Engines whose data is on a file server.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity, Sink};
use crate::resolve::Component;
use crate::stateful::Stored;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG317",
    name: "engine-on-network-storage",
    severity: Severity::Warning,
    docs: "\
## What it finds
A tier whose storage is a network file system: a volume of NFS, or of a CSI driver that gives folders of a file server, or a class of the stack with such a provisioner. It is an error where the engine's documentation, or that of its operator, rules network file systems out. Classes of the cluster's own are not known.

## Why it matters
Engines count on what a disk does: that data is there when `fsync` says so, that a lock is a lock, that a file that is open can be renamed and deleted, and that all this takes a millisecond. A file server does some of it only with certain options, some of it never, and is away when the network is. What an engine's makers say of it stands in the finding and under *Network file systems* in `docs/engines/README.md`.

## Example
```yaml
storageClasses: { nas: { provisioner: nfs.csi.k8s.io, parameters: { server: nas.lan, share: /srv } } }
stateful: { bus: { kind: redpanda, storage: 20Gi, storageClass: nas } }
```

## What to do
Use a class of block storage or of local disks. Where the data is not worth it, as in a lab, accept the finding and say why.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(engine) = facts.resolved.engine(component) else { return };
    let Some(known) = engine.table() else { return };
    let tier = facts.resolved.tier(component).into_iter();
    for stored in tier.flat_map(crate::stateful::Tier::storages) {
        let at = stored.below.iter().fold(component.route().clone(), |at, key| at.join(key));
        let Some((at, class)) = network(facts, &stored, &at) else { continue };
        let message = format!("the data of `{}` is on a network file system", component.name);
        let says = &known.network_storage;
        let mut found = Diagnostic::at_value(&CODE, &at, message)
            .note(format!("{}: {} ({})", known.title, says.known, says.source))
            .help(says.instead);
        if let Some(class) = class {
            let at = At::Node(class.join("provisioner"), Part::Value);
            found = found.also(at, "its driver gives folders of a file server");
        }
        if says.ruled_out {
            found.severity = Severity::Error;
            found = found.help("or accept the finding, with a reason, where the data may be lost");
        }
        sink.push(found);
    }
}

/// The place that puts storage on a file server, and the class that does.
fn network(facts: &Facts<'_>, stored: &Stored, at: &Route) -> Option<(Route, Option<Route>)> {
    if let Some(volume) = &stored.storage.volume {
        let [source, _] = volume.identity_at();
        let key = if source == "nfs" { "server" } else { "driver" };
        return volume.on_network().then(|| (at.join("volume").join(source).join(key), None));
    }
    let name = stored.storage.class.as_ref()?;
    let class = facts.resolved.stack.storage_classes.get(name)?;
    let at = at.join("storageClass");
    // A part without a class of its own has the tier's, which is reported there.
    let here = class.on_network() && facts.is_written(&at);
    here.then(|| (at, Some(Route::of(&["storageClasses", name.as_str()]))))
}
