//! Keys that no variable can be made of.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::model::{EnvName, KeySource, Version};
use crate::resolve::Component;

/// Almost every name is a variable's since Kubernetes 1.32 (KEP-4369).
const RELAXED: Version = Version::new(1, 32);

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG350",
    name: "key-is-no-variable",
    severity: Error,
    docs: "\
## What it finds
A key of a secret or config under `envFrom` that is no name of an environment variable with its prefix: one that begins with a digit or with two dots.

## Why it matters
Kubernetes leaves the variable out, and says so in an event only. Since 1.32 it sets it, but no shell can name it, which is a warning.

## Example
```yaml
configs: { app: { data: { 2fa: on } } }
services: { web: { envFrom: [ { config: app } ] } }
```

## What to do
Give a `prefix`, rename the key, or mount the whole under `files`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let stack = &facts.resolved.stack;
    for one in facts.resolved.containers(component) {
        for (index, from) in one.container.env_from.iter().enumerate() {
            let (what, name, section) = match &from.source {
                KeySource::Secret(name) if stack.secrets.contains_key(name) => ("secret", name, "secrets"),
                KeySource::Secret(name) => ("certificate", name, "certificates"),
                KeySource::Config(name) => ("config", name, "configs"),
            };
            let declared = Route::of(&[section, name.as_str()]);
            for key in facts.resolved.keys(&from.source).unwrap_or_default() {
                let variable = format!("{}{key}", from.prefix);
                if EnvName::parse(&variable).is_ok() && variable != "." && !variable.starts_with("..") {
                    continue;
                }
                let at = one.at().join("envFrom").index(index);
                let message =
                    format!("`{key}` of {what} `{name}` is no variable: `{variable}` is no name of one");
                let mut found = Diagnostic::at_value(&CODE, &at, message)
                    .also(At::Node(declared.clone(), Part::Key), "declared here")
                    .note("Kubernetes leaves it out, and says so in an event only")
                    .help("give a `prefix`, rename the key, or mount the whole under `files`");
                if stack.cluster.kubernetes >= RELAXED {
                    found.severity = crate::diag::Severity::Warning;
                    found.notes = vec!["Kubernetes sets it, but no shell can name it".to_owned()];
                }
                sink.push(found);
            }
        }
    }
}
