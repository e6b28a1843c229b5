//! Variables that are there twice.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG382",
    name: "duplicate-variable",
    severity: Warning,
    docs: "\
## What it finds
A container with two variables of one name in `env`.

## Why it matters
The later one counts, and a patch or an apply from the server may drop either of them.

## Example
```yaml
env: [ { name: PORT, value: \"8080\" }, { name: PORT, value: \"9090\" } ]
```

## What to do
Remove one of them.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let all = container.spot.below("env").items();
        for (index, one) in all.iter().enumerate() {
            let name = one.below("name");
            if let Some(first) = all[..index].iter().find(|it| it.below("name").text() == name.text()) {
                let message = format!("`{}` has the variable `{}` twice", container.name, name.text());
                sink.push(
                    name.found(&CODE, message)
                        .also(first.below("name").at(), "the other")
                        .help("remove one of them"),
                );
            }
        }
    }
}
