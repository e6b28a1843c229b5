//! Versions of the platform that nobody tried.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Warning, Sink};
use crate::model::Version;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG603",
    name: "unknown-platform-version",
    severity: Warning,
    docs: "\
## What it finds
A `cluster.kubernetes` older or newer than the versions that stackgen knows; and where services are scaled by KEDA, such a `cluster.keda`.

## Why it matters
API versions and fields follow the version; of one that is not known, they are guessed from the nearest.

## Example
```yaml
cluster: { kubernetes: \"1.22\" }
```

## What to do
Correct the version, or try the output on such a cluster and accept the finding.
",
};

/// The oldest and newest version that the output is made for.
pub(super) const KNOWN: (Version, Version) = (Version::new(1, 29), Version::new(1, 37));

/// The same of KEDA: the oldest takes the user of RabbitMQ apart from the address.
const KNOWN_KEDA: (Version, Version) = (Version::new(2, 14), Version::new(2, 22));

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let cluster = &facts.resolved.stack.cluster;
    judge("Kubernetes", "kubernetes", cluster.kubernetes, KNOWN, sink);
    if !facts.resolved.watched.is_empty() {
        judge("KEDA", "keda", cluster.keda, KNOWN_KEDA, sink);
    }
}

fn judge(name: &str, key: &str, version: Version, known: (Version, Version), sink: &mut Sink) {
    if (known.0..=known.1).contains(&version) {
        return;
    }
    let at = Route::of(&["cluster", key]);
    sink.push(
        Diagnostic::at_value(&CODE, &at, format!("{name} {version} is not known here"))
            .note(format!("the output is made for {} to {}", known.0, known.1))
            .help("correct the version, or try the output on such a cluster"),
    );
}
