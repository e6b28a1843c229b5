//! Tokens for the Kubernetes API that nobody explains.

use super::objects::Spot;
use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Info, Severity::Warning, Sink};
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG405",
    name: "token-without-reason",
    severity: Warning,
    docs: "\
## What it finds
`automountServiceAccountToken: true` without `permissions` and without a `reason` in `securityContext`. Of objects, a note: pods that get a token, because neither they nor their ServiceAccount refuse it, where no binding among the objects names the account, or all those of its namespace or of the cluster.

## Why it matters
Most programs never call the Kubernetes API. Who breaks into one that holds a token starts with a login to the cluster.

## Example
```yaml
services: { web: { automountServiceAccountToken: true } }
```

## What to do
Remove it, or say in `permissions` what the program asks the API for: the token then comes by itself. Where its rights come from elsewhere, say so in `securityContext.reason`.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some((_, pod)) = facts.resolved.pod(component) else { return };
    let explained = pod.security.reason.as_ref().is_some_and(|it| !it.trim().is_empty());
    if !pod.token() || !pod.permissions.is_empty() || explained {
        return;
    }
    let message = format!("`{}` gets a token for the Kubernetes API without a reason", component.name);
    sink.push(
        Diagnostic::at_key(&CODE, &component.route().join("automountServiceAccountToken"), message)
            .note("who breaks into the program has the token")
            .help("remove it, or say in `permissions` what the program asks the API for")
            .help("or say in `securityContext.reason` where its rights come from"),
    );
}

/// A token comes unless it is refused, so most have one that nobody thought of: a note.
fn written(objects: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    let mount = pods.spec.below("automountServiceAccountToken");
    let old = pods.spec.below("serviceAccount").text_or("default");
    let name = pods.spec.below("serviceAccountName").text_or(old);
    let account = objects.find("", "ServiceAccount", object.namespace, name);
    let refused = account.is_some_and(|it| it.root.below("automountServiceAccountToken").value == false);
    if mount.value == false || (refused && !mount.is_true()) || bound(objects, object, name) {
        return;
    }
    let message =
        format!("the pods of the {} get a token for the Kubernetes API without a reason", object.title());
    let mut found = mount
        .found(&CODE, message)
        .note(format!("no binding gives the ServiceAccount `{name}` a permission"))
        .help("write `automountServiceAccountToken: false`");
    found.severity = Info;
    sink.push(found);
}

/// Whether a binding gives a permission to the ServiceAccount of an object's pods, or to a group that it is in:
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects>.
fn bound(objects: &Objects<'_>, object: &Written<'_>, name: &str) -> bool {
    let group = "rbac.authorization.k8s.io";
    let mut bindings =
        objects.all_of(group, "RoleBinding").chain(objects.all_of(group, "ClusterRoleBinding"));
    // Whoever applies an object without a namespace says which: the subject may name it.
    let unsaid = !object.root.below("metadata.namespace").is_written();
    let own = |namespace: &str| unsaid || namespace == object.namespace;
    let names = |subject: &Spot<'_>, is_default: bool| {
        let said = subject.below("name").text();
        match subject.below("kind").text() {
            "ServiceAccount" => said == name && own(subject.below("namespace").text()),
            // What every cluster gives all of them is no reason for a token.
            "Group" if !is_default => said
                .strip_prefix("system:serviceaccounts")
                .is_some_and(|it| it.is_empty() || it.strip_prefix(':').is_some_and(own)),
            "User" => said
                .strip_prefix("system:serviceaccount:")
                .and_then(|it| it.split_once(':'))
                .is_some_and(|(namespace, it)| it == name && own(namespace)),
            _ => false,
        }
    };
    bindings.any(|it| {
        let label = it.root.below("metadata.labels").key("kubernetes.io/bootstrapping");
        it.root.below("subjects").items().iter().any(|it| names(it, label.text() == "rbac-defaults"))
    })
}
