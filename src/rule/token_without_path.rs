//! Tokens for the Kubernetes API in pods that no policy lets out to it.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Warning, Sink};
use crate::k8s::Object;
use crate::model::Policies;
use crate::resolve::{Component, Target};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Object(check) };

static CODE: Code = Code {
    id: "SG511",
    name: "token-without-path",
    severity: Warning,
    docs: "\
## What it finds
A pod with a token for the Kubernetes API, in a stack with policies, whose component uses nothing outside the cluster.

## Why it matters
The API servers are no pods: a policy lets a pod out to them by their addresses alone. Without such a path, each call waits until it times out.

## Example
```yaml
stateful: { vault: { kind: vault, roles: { app: { serviceAccounts: [app], namespaces: [shop], policies: [app] } } } }
```

## What to do
Declare the API servers as an `external` with their address blocks and their own port, mostly 6443, and put it under `uses`.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    let Some(component) = component else { return };
    let resolved = facts.resolved;
    let pod = object.pod_template().and_then(|it| it.spec.as_ref());
    let token = pod.is_some_and(|it| it.automount_service_account_token == Some(true));
    if !token || resolved.stack.network.policies == Policies::None {
        return;
    }
    let outside = |it: &usize| matches!(resolved.edges[*it].to, Target::External(_));
    if component.uses.iter().any(outside) {
        return;
    }
    let message = format!("`{}` has a token for the Kubernetes API and no path to it", component.name);
    sink.push(
        Diagnostic::at_value(&CODE, &component.route().join("uses"), message)
            .note("policies let pods out to declared addresses alone")
            .help("declare the API servers as an `external`, with their address blocks and port, and use it"),
    );
}
