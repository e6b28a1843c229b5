//! Pods that need the Kubernetes API, behind a policy that does not let them.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Severity::Warning, Sink};
use crate::model::{Name, PodFields, Policies};
use crate::resolve::{Component, Target};
use crate::stateful::Tier;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG511",
    name: "no-path-to-api-server",
    severity: Error,
    docs: "\
## What it finds
A component whose pods call the Kubernetes API and that uses no external, while policies are made from `uses`: a tier of which that is known, what has `permissions`, or, as a warning, one whose pods only have a token (`automountServiceAccountToken`), which may be for another.

## Why it matters
The API servers are no pods: a policy lets pods out to them by their addresses alone. Without such a path each call waits until it times out. What an operator runs may not even start then, and takes nothing over.

## Example
```yaml
network: { policies: from-uses }
stateful: { db: { kind: postgres, backend: operator } }
```

## What to do
Declare the API servers under `externals`, with the addresses and the port that `kubectl get endpointslices -n default kubernetes` shows (mostly 6443), and add the entry to the component's `uses`. Where another policy lets the pods out, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let resolved = facts.resolved;
    let pod = resolved.pod(component).map(|(_, pod)| pod);
    let may = pod.is_some_and(|it| it.token() && !it.permissions.is_empty());
    let calls = may || resolved.tier(component).is_some_and(Tier::calls_api);
    let token = pod.is_some_and(PodFields::token);
    let leaves = |edge: &usize| matches!(resolved.edges[*edge].to, Target::External(_));
    let blocked = resolved.stack.network.policies != Policies::None && !component.uses.iter().any(leaves);
    if !(calls || token) || !blocked {
        return;
    }
    let name = &component.name;
    let message = if calls {
        format!("no path leads from `{name}` to the Kubernetes API")
    } else {
        format!("`{name}` has a token for the Kubernetes API and no path to it")
    };
    let uses = component.route().join("uses");
    let mut found = if facts.is_written(&uses) {
        Diagnostic::at_value(&CODE, &uses, message)
    } else {
        Diagnostic::at_key(&CODE, component.route(), message)
    };
    if !calls {
        found.severity = Warning;
    }
    let known = resolved.stack.externals.keys().map(Name::as_str);
    let help = match crate::diag::nearest("kubernetes-api", known) {
        Some(near) => format!("add `{near}` to its `uses`, if that is the API server"),
        None => "declare the API server under `externals`, and add it to the component's `uses`".to_owned(),
    };
    sink.push(
        found.note("the policy made from `uses` lets its pods out to what is declared alone").help(help),
    );
}
