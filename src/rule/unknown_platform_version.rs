//! Versions of Kubernetes that nobody tried.

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
A `cluster.kubernetes` older or newer than the versions that stackgen knows.

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
const KNOWN: (Version, Version) = (Version::new(1, 29), Version::new(1, 37));

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let version = facts.resolved.stack.cluster.kubernetes;
    if (KNOWN.0..=KNOWN.1).contains(&version) {
        return;
    }
    let at = Route::of(&["cluster", "kubernetes"]);
    sink.push(
        Diagnostic::at_value(&CODE, &at, format!("Kubernetes {version} is not known here"))
            .note(format!("the output is made for {} to {}", KNOWN.0, KNOWN.1))
            .help("correct the version, or try the output on such a cluster"),
    );
}
