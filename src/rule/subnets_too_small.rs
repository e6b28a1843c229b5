//! Blocks of addresses without room.

use super::{Check, Facts, Rule};
use crate::compose::network::block;
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG557",
    name: "subnets-too-small",
    severity: Error,
    docs: "\
## What it finds
A `subnets` of a Compose project that is no IPv4 network in CIDR form, or that has fewer addresses than its networks take: 16 each, and of one with more than 13 containers as many as they need.

## Why it matters
Docker refuses a network outside its block, or that is in use already.

## Example
```yaml
environments: { dev: { target: compose, compose: { subnets: 10.9.0.0/29 } } }
```

## What to do
Give a block with room for all: the message says how much.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(text) = resolved.stack.compose.subnets.as_ref().filter(|_| resolved.is_compose()) else {
        return;
    };
    let needed = facts.addresses;
    let prefix = 32 - needed.trailing_zeros().min(32);
    let message = match block(text) {
        Some((_, size)) if size >= needed => return,
        Some(_) => format!("`{text}` has too few addresses for the networks of this stack"),
        None => format!("`{text}` is no IPv4 network in CIDR form"),
    };
    sink.push(
        Diagnostic::at_value(&CODE, &Route::of(&["compose", "subnets"]), message)
            .help(format!("give a block of /{prefix} or larger, such as `10.200.0.0/{}`", prefix.min(16))),
    );
}
