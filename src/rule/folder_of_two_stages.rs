//! Components that share a folder of the tree and are applied at different times.

use indexmap::IndexMap;

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::lower::{Stage, stages};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG459",
    name: "folder-of-two-stages",
    severity: Error,
    docs: "\
## What it finds
Components with one `folder` of which one is applied before a job and another with it or after it.

## Why it matters
A stage is a list of folders: what must be there before the job, and what waits for it. A folder in both would be applied twice, by two owners that delete each other's objects.

## Example
```yaml
gitops: { argocd: { repo: https://github.com/acme/deploy, path: prod } }
services: { web: { folder: shop, uses: [db] } }
stateful: { db: { folder: shop } }
jobs: { migrate: { uses: [db], run: { before-rollout: [web] } } }
```

## What to do
Give those that are applied at another time another `folder`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let stages = stages(resolved);
    if stages.is_empty() {
        return;
    }
    let stage_of = |it: &Component| stages.iter().find(|stage| stage.holds(it.phase));
    let mut first: IndexMap<&str, (&Component, &Stage)> = IndexMap::new();
    for component in resolved.components.values() {
        let Some(stage) = stage_of(component) else { continue };
        let folder = resolved.folder(component).as_str();
        let (other, others) = *first.entry(folder).or_insert((component, stage));
        if stage == others {
            continue;
        }
        let message = format!(
            "`{}` is applied in the stage `{}`, and `{}` of the same folder in `{}`",
            component.name, stage.folder, other.name, others.folder
        );
        let at = component.route();
        let own = at.join("folder");
        let found = if facts.is_written(&own) {
            Diagnostic::at_value(&CODE, &own, message)
        } else {
            Diagnostic::at_key(&CODE, at, message)
        };
        sink.push(
            found
                .also(At::Node(other.route().clone(), Part::Key), "the first one of the folder")
                .note("jobs that run before others divide the tree into stages, and each folder is in one of them")
                .help(format!("give `{}` another `folder`", component.name)),
        );
    }
}
