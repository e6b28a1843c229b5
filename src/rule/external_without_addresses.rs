//! Externals that no policy can let through.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::model::Policies;
use crate::resolve::Target;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG503",
    name: "external-without-addresses",
    severity: Error,
    docs: "\
## What it finds
An external that a component uses, without `cidrs`, while policies are made from `uses`.

## Why it matters
A NetworkPolicy knows addresses, not host names: without them the default deny refuses the call.

## Example
```yaml
externals: { mail: { host: smtp.example.com, port: 587 } }
services: { web: { uses: [ mail ] } }
```

## What to do
Add the address blocks of the host under `cidrs`; `0.0.0.0/0` lets its users call any host on that port. Or turn policies off: `network: { policies: none }`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    if resolved.stack.network.policies != Policies::FromUses {
        return;
    }
    for (name, external) in &resolved.stack.externals {
        let user = resolved.edges.iter().find(|it| it.to == Target::External(name.clone()));
        let Some(user) = user.filter(|_| external.cidrs.0.is_empty()) else { continue };
        let message = format!("`{}` uses `{name}`, and no policy can let it through", user.from);
        sink.push(
            Diagnostic::at_key(&CODE, &Route::of(&["externals", name.as_str()]), message)
                .note("a NetworkPolicy knows addresses, not host names")
                .help(format!("add `cidrs` with the address blocks of {}", external.host))
                .help("or write `cidrs: 0.0.0.0/0`: its users may then call any host on that port")
                .help("or turn policies off with `network: { policies: none }`"),
        );
    }
}
