//! `accept:`: findings that the stack's owners live with, each with a reason.

use crate::diag::{At, Code, Diagnostic, Route, Severity::Warning, Sink};
use crate::document::Document;
use crate::model::Accept;
use crate::syntax::Node;

/// An acceptance that accepts nothing.
pub static ACCEPT_WITHOUT_EFFECT: Code = Code {
    id: "SG221",
    name: "accept-without-effect",
    severity: Warning,
    docs: "\
## What it finds
An entry of `accept` that matches no finding, or that names a rule which cannot be accepted: syntax, shape and references (bands 0 to 2).

## Why it matters
What was accepted is mended, or the entry never did what its author thought. Left in, it would hide the next finding of its kind.

## Example
```yaml
accept: [ { rule: SG320, on: services/web, reason: \"pinned by the registry\" } ]     # web has a digest by now
```

## What to do
Remove the entry, or correct `rule` and `on`.
",
};

/// Marks the findings that are accepted; reports entries without effect, but not those on what the environment removes.
pub fn accept(entries: &[Accept], document: &Document, sink: &mut Sink) {
    for (index, entry) in entries.iter().enumerate() {
        if entry.environment.as_ref().is_some_and(|it| it.as_str() != document.environment)
            || gone(entry, document)
        {
            continue;
        }
        let mut has_effect = false;
        for finding in sink.findings_mut().iter_mut().filter(|it| matches(entry, document, it)) {
            finding.accepted = Some(entry.reason.clone());
            has_effect = true;
        }
        // Most rules, and what engines check of their topologies, are about a cluster.
        let of_compose = document.is_compose() && entry.environment.is_none();
        if !has_effect && !of_compose {
            let at = Route::of(&["accept"]).index(index);
            let message = format!("nothing is found that this accepts: `{}`", entry.rule);
            sink.push(
                Diagnostic::at_value(&ACCEPT_WITHOUT_EFFECT, &at.join("rule"), message)
                    .help("remove the entry, or correct `rule` and `on`"),
            );
        }
    }
}

/// Whether what an entry is on is not in this environment.
fn gone(entry: &Accept, document: &Document) -> bool {
    let mut steps = entry.on.iter().flat_map(|it| it.trim_matches('/').split('/'));
    let (Some(section), name) = (steps.next(), steps.next()) else { return false };
    document.removed.place(section, None).or_else(|| document.removed.place(section, Some(name?))).is_some()
}

fn matches(entry: &Accept, document: &Document, finding: &Diagnostic) -> bool {
    let code = finding.code;
    if finding.accepted.is_some() || !code.acceptable() || (entry.rule != code.id && entry.rule != code.name)
    {
        return false;
    }
    let Some(on) = &entry.on else { return true };
    let route = match &finding.primary.at {
        At::Node(route, _) => route,
        At::Span(span) => {
            let of_manifests = |(_, node): &(String, Node)| node.span.file == span.file;
            return on.trim_matches('/') == "manifests" && document.manifests.iter().any(of_manifests);
        }
        At::Nowhere => return false,
    };
    let on = format!("/{}", on.trim_matches('/'));
    let below = |route: &Route| route.as_str() == on || route.as_str().starts_with(&format!("{on}/"));
    // What is said of a service is said of its versions.
    below(route) || document.variants.place(route).is_some_and(|it| below(&it))
}
