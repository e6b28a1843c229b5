//! Permissions by which one becomes somebody else (kubernetes.io/docs/concepts/security/rbac-good-practices).

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity, Severity::Error, Severity::Warning, Sink};
use crate::model::{Name, Permission, PodSecurityLevel, Scope};
use crate::resolve::Granted;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Stack(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG432",
    name: "permission-to-escalate",
    severity: Error,
    docs: "\
## What it finds
A permission by which its holder gets more than it says:

* `get`, `list` or `watch` of `secrets` in the whole cluster; in a namespace without `resourceNames`, a warning;
* commands and debugging in other pods: `pods/exec`, `pods/attach`, `pods/portforward`, `pods/ephemeralcontainers`;
* making or changing pods, or what makes pods, in the whole cluster or in a namespace whose Pod Security level is `privileged`; elsewhere, a warning;
* `escalate` and `bind` of roles, `impersonate`, `create` of `serviceaccounts/token`;
* approving and signing certificates, `nodes/proxy`, changing the status of Services, making `persistentvolumes`, changing namespaces, webhooks, admission policies and API services.

## Why it matters
Who makes a pod chooses its ServiceAccount and its Secrets; who makes a privileged one has the node, and with it all others. The permission reads harmless and is the whole cluster, or the whole namespace.

## Example
```yaml
services: { web: { permissions: { debug: { resources: [ pods/exec ], verbs: [ create ] } } } }
```

## What to do
Give `resourceNames` where they are known; name a namespace instead of `clusterWide`; leave the rest to a component of its own in a namespace of its own, and accept the finding with the reason.
",
};

/// Where a way up leads up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Wherever it is.
    Anywhere,
    /// Everywhere is an error; in a namespace, without names, it is a warning.
    Unnamed,
    /// Everywhere and beside privileged pods is an error; elsewhere it is a warning.
    Privileged,
}

/// A way up.
struct Way {
    group: &'static str,
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
    place: Where,
    /// What it leads to.
    to: &'static str,
}

const RUN: [&str; 3] = ["create", "update", "patch"];
const POD: &str = "runs pods as any ServiceAccount, with any Secret, of the namespace";

const fn way(
    group: &'static str,
    resources: &'static [&'static str],
    verbs: &'static [&'static str],
    to: &'static str,
) -> Way {
    Way { group, resources, verbs, place: Where::Anywhere, to }
}

const fn runs(group: &'static str, resources: &'static [&'static str]) -> Way {
    Way { group, resources, verbs: &RUN, place: Where::Privileged, to: POD }
}

const WAYS: &[Way] = &[
    Way {
        group: "",
        resources: &["secrets"],
        verbs: &["get", "list", "watch"],
        place: Where::Unnamed,
        to: "reads every Secret, passwords and tokens of others among them",
    },
    way(
        "",
        &["pods/exec", "pods/attach", "pods/portforward"],
        &["get", "create"],
        "acts inside other pods, with what they may do and know",
    ),
    way(
        "",
        &["pods/ephemeralcontainers"],
        &["update", "patch"],
        "puts containers into other pods, with what they may do and know",
    ),
    runs("", &["pods", "replicationcontrollers", "podtemplates"]),
    runs("apps", &["daemonsets", "deployments", "replicasets", "statefulsets"]),
    runs("batch", &["cronjobs", "jobs"]),
    way("", &["serviceaccounts/token"], &["create"], "gets tokens of other ServiceAccounts"),
    way(
        "rbac.authorization.k8s.io",
        &["roles", "clusterroles"],
        &["escalate", "bind"],
        "gives itself every permission there is",
    ),
    way("", &["users", "groups", "serviceaccounts"], &["impersonate"], "acts as anybody else"),
    way("authentication.k8s.io", &["uids", "userextras"], &["impersonate"], "acts as anybody else"),
    way(
        "certificates.k8s.io",
        &["signers", "certificatesigningrequests/approval"],
        &["approve", "sign", "update", "patch"],
        "makes client certificates of anybody else",
    ),
    way("", &["nodes/proxy"], &["get", "create"], "runs commands in every pod of a node, past the audit log"),
    way("", &["services/status"], &["update", "patch"], "takes what is sent to any address (CVE-2020-8554)"),
    way("", &["persistentvolumes"], &["create"], "mounts the disks of nodes"),
    way("", &["namespaces"], &["update", "patch"], "takes the Pod Security level off a namespace"),
    way(
        "admissionregistration.k8s.io",
        &[
            "mutatingwebhookconfigurations",
            "validatingwebhookconfigurations",
            "mutatingadmissionpolicies",
            "validatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            "validatingadmissionpolicybindings",
        ],
        &["create", "update", "patch", "delete", "deletecollection"],
        "reads and changes whatever is applied, or turns checks off",
    ),
    way("apiregistration.k8s.io", &["apiservices"], &RUN, "answers requests in place of the API server"),
];

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for granted in facts.resolved.all_granted() {
        for way in
            WAYS.iter().filter(|it| granted.permission.api_groups.iter().any(|group| group == it.group))
        {
            let Permission { resources, verbs, .. } = granted.permission;
            let hit = resources.iter().enumerate().find(|(_, it)| way.resources.contains(&&***it));
            let verb = verbs.iter().find(|it| way.verbs.contains(&&***it));
            let (Some((index, resource)), Some(verb)) = (hit, verb) else { continue };
            let Some((severity, privileged)) = weight(facts, &granted, way.place) else { continue };
            let message = format!("with `{verb}` of `{resource}`, `{}` {}", granted.to, way.to);
            let at = granted.at.join("resources").index(index);
            let mut found = Diagnostic::at_value(&CODE, &at, message);
            found.severity = severity;
            if granted.permission.scope == Scope::Cluster {
                let at = granted.at.join("clusterWide");
                found = found.also(At::Node(at, Part::Key), "in every namespace");
            } else if let Some(name) = privileged {
                let at = Route::of(&["namespaces", name.as_str(), "podSecurity"]);
                found = found
                    .also(At::Node(at, Part::Value), "in this namespace a pod may do what the node may")
                    .note("who makes a privileged pod has the node");
            }
            let help = match way.place {
                Where::Unnamed => "give `resourceNames`: those that it needs",
                Where::Privileged => "leave it to what watches over these pods, in a namespace of its own",
                Where::Anywhere => "remove it, or accept the finding with the reason",
            };
            sink.push(found.help(help));
        }
    }
}

/// How bad a way is where a permission holds, and the privileged namespace that makes it so; none where it leads nowhere.
fn weight<'a>(
    facts: &Facts<'_>,
    granted: &Granted<'a>,
    place: Where,
) -> Option<(Severity, Option<&'a Name>)> {
    let Permission { scope, resource_names, .. } = granted.permission;
    let everywhere = *scope == Scope::Cluster;
    let privileged = |it: &&&Name| {
        let namespace = facts.resolved.stack.namespaces.get(**it);
        namespace.is_some_and(|it| it.pod_security.enforce == PodSecurityLevel::Privileged)
    };
    match place {
        Where::Anywhere => Some((Error, None)),
        Where::Unnamed if !resource_names.is_empty() => None,
        Where::Unnamed => Some((if everywhere { Error } else { Warning }, None)),
        Where::Privileged => {
            let privileged = granted.namespaces.iter().find(privileged).copied();
            let severity = if everywhere || privileged.is_some() { Error } else { Warning };
            Some((severity, privileged))
        }
    }
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let everywhere = object.kind == "ClusterRole";
    for rule in object.root.below("rules").items().iter().filter(|_| everywhere || object.kind == "Role") {
        for way in WAYS.iter().filter(|it| rule.below("apiGroups").texts().any(|group| group == it.group)) {
            let resources = rule.below("resources").items();
            let resource = resources.iter().find(|it| way.resources.contains(&it.text()));
            let verb = rule.below("verbs").texts().find(|it| way.verbs.contains(it));
            let (Some(at), Some(verb)) = (resource, verb) else { continue };
            if way.place == Where::Unnamed && rule.below("resourceNames").is_written() {
                continue;
            }
            let who = object.title();
            let mut found = at
                .found(&CODE, format!("with `{verb}` of `{}`, whoever has the {who} {}", at.text(), way.to));
            found.severity = if everywhere || way.place == Where::Anywhere { Error } else { Warning };
            sink.push(found.help("leave it to what needs it, in a namespace of its own, with `resourceNames` where they are known"));
        }
    }
}
