//! Names of projects that Compose refuses.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG553",
    name: "bad-project-name",
    severity: Error,
    docs: "\
## What it finds
A name of a Compose project, or of a tenant in it, that Compose refuses: it has other characters than lower-case letters, digits, `-` and `_`, begins with one of the last two, or has more than 63 characters.

## Why it matters
Compose stops before it starts anything, and a name that it would change could be that of another project.

## Example
```yaml
environments: { sandbox: { target: compose, compose: { project: \"shop-${parameters.tenant}\" } } }     # --set tenant=ACME
```

## What to do
Use lower-case letters, digits, `-` and `_`. A `pattern` of the parameter says so before.
",
};

/// Longer than any label of a DNS name, of which the names of containers are made.
const MOST: usize = 63;

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(name) = resolved.stack.compose.project.as_ref().filter(|_| resolved.is_compose()) else {
        return;
    };
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = name.starts_with(known) && name.chars().all(|c| known(c) || c == '-' || c == '_');
    if good && name.len() <= MOST {
        return;
    }
    let message = if good {
        format!("the name of the project has {} characters, {MOST} are possible", name.len())
    } else {
        format!("`{name}` is no name of a Compose project")
    };
    sink.push(
        Diagnostic::at_value(&CODE, &Route::of(&["compose", "project"]), message)
            .help("use lower-case letters, digits, `-` and `_`, beginning with a letter or digit"),
    );
}
