//! Components named like a folder of the tree.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::lower::folder::{self, GITOPS};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG408",
    name: "folder-taken",
    severity: Error,
    docs: "\
## What it finds
A component in a folder `namespaces`, `secrets`, `gateways`, `mesh`, `access` where the stack has `identities`, `storage` where it
has classes or claims of its own, `alerts` where it has alerts, `stages` where it is applied in several, or `configs-NAMESPACE`
where that namespace has shared configs; an environment named `gitops` where
the stack has `gitops`.

## Why it matters
Each component is written to a folder of its name, or to the `folder` that it names, and each environment to one of its
own. The tree has these folders for other things.

## Example
```yaml
services: { secrets: { image: ghcr.io/acme/secrets:1.0.0 } }
```

## What to do
Rename the component or environment, or give the component another `folder`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let taken = folder::taken(resolved);
    for component in resolved.components.values() {
        let folder = resolved.folder(component);
        if !taken.iter().any(|it| it == folder.as_str()) {
            continue;
        }
        let message = format!("the folder `{folder}` of the output is not a component's");
        let at = component.route().join("folder");
        let found = if facts.is_written(&at) {
            Diagnostic::at_value(&CODE, &at, message).help("name another folder")
        } else {
            Diagnostic::at_key(&CODE, component.route(), message)
                .note("each component is written to a folder of its name")
                .help("rename the component, or give it another `folder`")
        };
        sink.push(found);
    }
    if resolved.stack.gitops.is_some() && resolved.environment == GITOPS {
        let at = Route::of(&["environments", GITOPS]);
        sink.push(
            Diagnostic::at_key(&CODE, &at, "the folder `gitops` of the output is not an environment's")
                .note("it holds what the tool that applies the trees needs")
                .help("rename the environment"),
        );
    }
}
