//! Tiers that need the Kubernetes API, behind a policy that does not let them.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::{Name, Policies};
use crate::resolve::{Component, Target};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG319",
    name: "no-path-to-api-server",
    severity: Error,
    docs: "\
## What it finds
A tier whose pods call the Kubernetes API and that uses no external, while policies are made from `uses`.

## Why it matters
The policy keeps its pods from the API server: an instance of CloudNativePG then neither starts nor takes over from another.

## Example
```yaml
network: { policies: from-uses }
stateful: { db: { kind: postgres, backend: operator } }
```

## What to do
Declare the API server under `externals`, with the addresses that `kubectl get endpointslices -n default kubernetes` shows, and add it to the tier's `uses`. Where another policy lets the pods out, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let calls = resolved.tier(component).is_some_and(crate::stateful::Tier::calls_api);
    let leaves = |edge: &usize| matches!(resolved.edges[*edge].to, Target::External(_));
    if !calls || resolved.stack.network.policies == Policies::None || component.uses.iter().any(leaves) {
        return;
    }
    let known = resolved.stack.externals.keys().map(Name::as_str);
    let help = match crate::diag::nearest("kubernetes-api", known) {
        Some(near) => format!("add `{near}` to its `uses`, if that is the API server"),
        None => "declare the API server under `externals`, and add it to the tier's `uses`".to_owned(),
    };
    let message = format!("no path leads from `{}` to the Kubernetes API", component.name);
    sink.push(
        Diagnostic::at_key(&CODE, component.route(), message)
            .note("its pods ask the API server who they are to be, and the policy made from `uses` lets them nowhere")
            .help(help),
    );
}
