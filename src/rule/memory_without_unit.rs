//! Amounts of bytes that lack their unit.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::model::{Quantity, Volume};
use crate::resolve::Component;

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
        for (key, amounts) in [("requests", &resources.requests), ("limits", &resources.limits)] {
            for (resource, amount) in amounts.iter().filter(|(it, _)| in_bytes(it)) {
                judge(amount, &|| at.join("resources").join(key).join(resource), sink);
            }
        }
    }
    for (path, volume) in facts.resolved.container(component).into_iter().flat_map(|it| &it.volumes) {
        let (key, size) = match volume {
            Volume::EmptyDir { limit, .. } => ("emptyDir", limit),
            Volume::Claim(claim) => ("claim", &claim.size),
            Volume::Shared(_) => continue,
        };
        judge(size, &|| at.join("volumes").join(path.as_str()).join(key), sink);
    }
    // Tiers of every kind call it so.
    let storage = at.join("storage");
    let written = facts.document.find(&storage).and_then(|it| it.as_scalar());
    if let Some(size) = written.and_then(|it| Quantity::parse(&it.text).ok()) {
        judge(&size, &|| storage.clone(), sink);
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
