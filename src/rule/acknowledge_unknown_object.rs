//! Acknowledged changes of objects that there are not.

use super::{Check, Facts, Rule};
use crate::diag::Severity::{Error, Warning};
use crate::diag::{Code, Diagnostic, Route, Sink, nearest};
use crate::k8s::{ObjectId, hash};
use crate::model::ObjectName;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG491",
    name: "acknowledge-unknown-object",
    severity: Error,
    docs: "\
## What it finds
An entry of `acknowledge` for an object that this environment does not make. And one with `removed: true` for an object that it makes.

## Why it matters
The change that was decided is another one, or none: `diff --fail-on` would stop at the real one.

## Example
```yaml
acknowledge: { StatefulSet/postgre: { impact: recreate, reason: \"the claim grows\" } }     # the tier is called postgres
```

## What to do
Name the object as `stackgen diff` shows it, `Kind/name` or `Kind/namespace/name`. Where the change is that it goes, say `removed: true`. Where only some environments make it, write the entry under those environments.
",
};

/// An acknowledgement that no change needs.
pub static ACKNOWLEDGE_WITHOUT_EFFECT: Code = Code {
    id: "SG490",
    name: "acknowledge-without-effect",
    severity: Warning,
    docs: "\
## What it finds
An entry of `acknowledge` that no change needs: the object does not differ from what `diff` compares it with, or what differs does less than `downtime`. Only `diff` and `render --check` find it, which know what is there.

## Why it matters
The change is done. Left in, the entry would let the next one of that object pass unseen.

## Example
```yaml
acknowledge: { StatefulSet/db: { impact: recreate, reason: \"the claim grows\" } }     # it has grown by now
```

## What to do
Remove the entry.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let made = |it: &ObjectName, id: &ObjectId| {
        let base = id.name.rsplit_once('-').filter(|(_, suffix)| id.kind == "Job" && hash::is_suffix(suffix));
        let fits = |name: &str| it.fits(&id.kind, id.namespace.as_deref(), name);
        fits(&id.name) || base.is_some_and(|(name, _)| fits(name))
    };
    for (object, entry) in &facts.resolved.stack.acknowledge {
        let all = || facts.seen.ids().chain(&facts.seen.foreign);
        let is_made = all().any(|id| made(object, id));
        if !is_made && !facts.seen.complete {
            // It may be among what could not be made.
            continue;
        }
        let at = Route::of(&["acknowledge", &object.to_string()]);
        if is_made == entry.removed {
            let finding = if is_made {
                Diagnostic::at_value(&CODE, &at.join("removed"), format!("`{object}` is still made"))
                    .help("leave `removed` out: the change is of the object itself")
            } else {
                let names: Vec<String> = all().map(|it| shown(object, it)).collect();
                let near = nearest(&object.to_string(), names.iter().map(String::as_str));
                let help = near.map_or_else(
                    || "name it as `stackgen diff` shows it; `removed: true` says that it goes".to_owned(),
                    |it| format!("the nearest is `{it}`; `removed: true` says that the object goes"),
                );
                let message = format!("nothing makes the object `{object}`");
                Diagnostic::at_key(&CODE, &at, message).help(help)
            };
            sink.push(finding);
        }
    }
}

/// An object as it would be written, with its namespace where that was.
fn shown(written: &ObjectName, id: &ObjectId) -> String {
    let namespace = id.namespace.clone().filter(|_| written.namespace.is_some());
    ObjectName { kind: id.kind.to_string(), namespace, name: id.name.clone() }.to_string()
}
