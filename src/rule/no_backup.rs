//! Data of production that nothing copies.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG460",
    name: "no-backup",
    severity: Warning,
    docs: "\
## What it finds
A tier with storage and without a `backup`, in an environment that says `production: true`. No name of an environment says so by itself, and neither does a number of replicas: only the people who run it know what must not be lost. Previews of pull requests keep nothing.

## Why it matters
Replicas are no backup: a table that is dropped by mistake is dropped on all of them at once, and a deleted namespace takes all volumes.

## Example
```yaml
stateful: { db: { kind: postgres, storage: 10Gi, password: { secret: db, key: password } } }
environments: { prod: { production: true } }
```

## What to do
Write a `backup`, where the engine has the field: it says when, where to, and how much is kept. Where something else makes the copies, or the data can be made anew, accept the finding and say what or how in the reason.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let stack = &facts.resolved.stack;
    if !stack.production || stack.is_preview() {
        return;
    }
    let (Some(tier), Some(engine)) = (facts.resolved.tier(component), facts.resolved.engine(component))
    else {
        return;
    };
    if tier.backup().is_some() || tier.storages().is_empty() {
        return;
    }
    let message = format!("nothing backs up what `{}` keeps", component.name);
    let help = if engine.keys().contains(&"backup") {
        "add `backup`, with `schedule`, `keep` and `to`".to_owned()
    } else {
        format!(
            "stackgen writes no backups of `{}`: accept the finding, and say what makes them",
            engine.kind()
        )
    };
    sink.push(
        Diagnostic::at_key(&CODE, component.route(), message)
            .also(At::Node(Route::of(&["production"]), Part::Value), "the environment is production")
            .help(help)
            .help("or accept the finding, where the data can be made anew"),
    );
}
