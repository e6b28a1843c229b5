//! What changes objects of Kubernetes, where there are none.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Info, Sink, and_list};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG558",
    name: "objects-of-a-cluster",
    severity: Info,
    docs: "\
## What it finds
`patches` and `manifests` of an environment that compiles to a Compose project. It has no objects of Kubernetes, so that nothing is patched and nothing added.

## Why it matters
A patch that gives a container a variable, or a manifest that something waits for, is missing here.

## Example
```yaml
patches: { quiet: { target: { kind: Deployment }, merge: { spec: { minReadySeconds: 10 } } } }
environments: { dev: { target: compose } }
```

## What to do
Nothing where it is about the cluster alone. What the programs need, say in the stack, which both have; and remove in the environment what must not seem to count, `patches: { quiet: null }`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    if !resolved.is_compose() {
        return;
    }
    let patches: Vec<&str> = resolved.stack.patches.keys().map(crate::model::Name::as_str).collect();
    let manifests: Vec<&str> =
        resolved.stack.manifests.0.iter().map(crate::model::RelativePath::as_str).collect();
    let sections = [
        ("patches", patches, "there is no object to patch"),
        ("manifests", manifests, "for a cluster alone"),
    ];
    let mut found: Option<Diagnostic> = None;
    for (section, names, said) in sections.into_iter().filter(|(_, names, _)| !names.is_empty()) {
        let at = Route::of(&[section]);
        let note = format!("{}: {said}", and_list(names));
        let so_far = match found.take() {
            Some(it) => it.also(At::Node(at, Part::Key), "and so do these"),
            None => Diagnostic::at_key(&CODE, &at, format!("`{section}` has no effect on a Compose project")),
        };
        found = Some(so_far.note(note));
    }
    sink.extend(found);
}
