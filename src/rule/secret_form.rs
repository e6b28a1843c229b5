//! Secrets that somebody other than the stack reads by fixed keys.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink, and_list};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG318",
    name: "secret-form",
    severity: Error,
    docs: "\
## What it finds
A secret that an operator reads by keys of its own, declared without one of them.

## Why it matters
Only declared keys reach the Secret. The operator waits for the key, and the tier never starts.

## Example
```yaml
secrets: { db: { from: vault, path: data/db, keys: [ password ] } }
stateful: { db: { kind: postgres, backend: operator, password: { secret: db, key: password } } }   # wants `username`, too
```

## What to do
Declare the keys that the message names; where the store calls them otherwise, as `username: NAME IN THE STORE`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(tier) = facts.resolved.tier(component) else { return };
    for form in tier.secret_forms() {
        // A secret that does not exist is reported where it is bound.
        let Some((_, keys, _)) = facts.resolved.secret(&form.secret) else { continue };
        let missing: Vec<&str> = form.keys.iter().copied().filter(|it| !keys.contains(it)).collect();
        if missing.is_empty() {
            continue;
        }
        let (name, lacks) = (&form.secret, and_list(missing.iter().copied()));
        let at = form.at.iter().fold(component.route().clone(), |at, step| at.join(step)).join("secret");
        let section =
            if facts.resolved.stack.secrets.contains_key(name) { "secrets" } else { "certificates" };
        let declared = Route::of(&[section, name.as_str()]);
        let message = format!("the secret `{name}` lacks {lacks}");
        sink.push(
            Diagnostic::at_value(&CODE, &at, message)
                .also(At::Node(declared, Part::Key), "declared here")
                .note(form.note)
                .help(format!(
                    "add {lacks} to the `keys` of `{name}`, and to what the store has at its path"
                )),
        );
    }
}
