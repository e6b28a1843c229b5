//! Amounts of bytes that lack their unit.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::model::{Quantity, Resources, Role, SideVolume, Volume};
use crate::resolve::{Component, Volumes};

/// Nothing runs or is kept in less, so a smaller number lacks its unit.
const MEBIBYTE: i128 = 1 << 20;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG332",
    name: "memory-without-unit",
    severity: Error,
    docs: "\
## What it finds
An amount of memory or storage below one mebibyte that is written without a unit, or with `m`.

## Why it matters
Kubernetes counts in bytes: `128` is 128 bytes, and `128m` is an eighth of one, for `m` means a thousandth, as in CPU. The container is killed before it starts.

## Example
```yaml
services: { web: { resources: { limits: { memory: 128 } } } }
```

## What to do
Write the unit: `128Mi`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for component in facts.resolved.components.values() {
        of_component(facts, component, sink);
    }
    for (name, claim) in &facts.resolved.stack.claims {
        judge(&claim.size, &|| Route::of(&["claims", name.as_str(), "size"]), sink);
    }
}

fn of_component(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let at = component.route();
    if let Some(resources) = &facts.resolved.common(component).resources {
        amounts(resources, at, sink);
    }
    for one in facts.resolved.containers(component) {
        if let Some(resources) = one.resources.filter(|_| one.role != Role::Main) {
            amounts(resources, &one.at(), sink);
        }
        let sizes: Vec<_> = match one.volumes {
            Volumes::Main(all) => all.iter().filter_map(|(path, it)| Some((path, size(it)?))).collect(),
            Volumes::Side(all) => all.iter().filter_map(|(path, it)| Some((path, side_size(it)?))).collect(),
        };
        for (path, (key, size)) in sizes {
            judge(size, &|| one.at().join("volumes").join(path.as_str()).join(key), sink);
        }
    }
    let Some(tier) = facts.resolved.tier(component) else { return };
    if let Some(backup) = tier.backup() {
        let at = at.join("backup");
        if let Some(resources) = &backup.resources {
            amounts(resources, &at, sink);
        }
        if let Some(claim) = backup.claim() {
            judge(&claim.size, &|| at.join("to").join("claim").join("size"), sink);
        }
    }
    // Tiers of every kind call it so.
    let storage = at.join("storage");
    let written = facts.document.find(&storage).and_then(|it| it.as_scalar());
    if let Some(size) = written.and_then(|it| Quantity::parse(&it.text).ok()) {
        judge(&size, &|| storage.clone(), sink);
    }
}

fn amounts(resources: &Resources, at: &Route, sink: &mut Sink) {
    for (key, amounts) in [("requests", &resources.requests), ("limits", &resources.limits)] {
        for (resource, amount) in amounts.iter().filter(|(it, _)| in_bytes(it)) {
            judge(amount, &|| at.join("resources").join(key).join(resource), sink);
        }
    }
}

fn size(volume: &Volume) -> Option<(&'static str, &Quantity)> {
    match volume {
        Volume::EmptyDir { limit, .. } => Some(("emptyDir", limit)),
        Volume::Claim(claim) => Some(("claim", &claim.size)),
        Volume::Shared(_) => None,
    }
}

fn side_size(volume: &SideVolume) -> Option<(&'static str, &Quantity)> {
    match volume {
        SideVolume::EmptyDir { limit, .. } => Some(("emptyDir", limit)),
        SideVolume::From { .. } => None,
    }
}

fn in_bytes(resource: &str) -> bool {
    matches!(resource, "memory" | "ephemeral-storage") || resource.starts_with("hugepages-")
}

fn judge(amount: &Quantity, at: &dyn Fn() -> Route, sink: &mut Sink) {
    let text = amount.as_str();
    let suspicious = !amount.has_unit() || text.ends_with('m');
    if !suspicious || amount.milli() == 0 || amount.whole() >= MEBIBYTE {
        return;
    }
    let message = match amount.whole() {
        0 => format!("`{text}` is less than one byte"),
        1 => format!("`{text}` is one byte"),
        bytes => format!("`{text}` is {bytes} bytes"),
    };
    let number = text.trim_end_matches('m');
    sink.push(
        Diagnostic::at_value(&CODE, &at(), message)
            .note("Kubernetes counts in bytes, and `m` is a thousandth of one")
            .help(format!("write `{number}Mi` or `{number}Gi`")),
    );
}
