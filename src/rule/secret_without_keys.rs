//! Secrets with nothing in them.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG406",
    name: "secret-without-keys",
    severity: Error,
    docs: "\
## What it finds
A secret with an empty list of `keys`.

## Why it matters
Only declared keys reach the Secret: it would be empty, and whoever mounts it would find no file.

## Example
```yaml
secrets: { db: { from: vault, path: app/db, keys: [] } }
```

## What to do
List the keys that components take, or remove the secret.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for (name, _) in facts.resolved.stack.secrets.iter().filter(|(_, it)| it.keys.0.is_empty()) {
        let at = Route::of(&["secrets", name.as_str(), "keys"]);
        sink.push(
            Diagnostic::at_value(&CODE, &at, format!("the secret `{name}` has no keys"))
                .note("only declared keys reach the Secret: it would be empty")
                .help("list the keys that components take, or remove the secret"),
        );
    }
}
