//! Exceptions from address blocks that are not in them.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink};
use crate::k8s::reach::Network;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG530",
    name: "exception-outside-block",
    severity: Error,
    docs: "\
## What it finds
A network under `except` that is not in the `cidr` beside it, or that is all of it.

## Why it matters
The API server refuses the policy. An exception that lies elsewhere leaves nothing out, and one that is the whole block lets nothing pass.

## Example
```yaml
externals: { api: { host: api.example.com, cidrs: { cidr: 192.0.2.0/24, except: 198.51.100.0/28 } } }
```

## What to do
Write networks inside the block, or remove the exception.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for (at, block) in facts.blocks() {
        // What is no network is reported as that.
        let Some(whole) = Network::parse(&block.cidr) else { continue };
        for (index, text) in block.except.iter().enumerate() {
            let Some(one) = Network::parse(text) else { continue };
            let (message, help) = if one == whole {
                (format!("`{text}` leaves out all of `{whole}`"), "remove the block, or leave out less")
            } else if whole.holds(one) {
                continue;
            } else {
                (format!("`{text}` is not in `{whole}`"), "write a network inside the block, or remove it")
            };
            let place = facts.item(&at.join("except"), index);
            sink.push(
                Diagnostic::at_value(&CODE, &place, message)
                    .also(At::Node(at.join("cidr"), Part::Value), "the block")
                    .help(help),
            );
        }
    }
}
