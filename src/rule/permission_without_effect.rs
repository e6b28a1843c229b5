//! Permissions that allow nothing, although they are written.

use super::{Check, Facts, Rule};
use crate::diag::{
    At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink, and_list, nearest,
};
use crate::k8s::resources::{Resource, VERBS, is_own_group, resources};
use crate::model::{Permission, Scope};
use crate::resolve::Granted;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG433",
    name: "permission-without-effect",
    severity: Error,
    docs: "\
## What it finds
A permission that the API server takes and that allows nothing: a resource that its API group does not have; one that is in no namespace, without `clusterWide`; a verb that nothing asks for; `create` and `deletecollection` with `resourceNames`, whose requests name no object. Only Kubernetes' own groups are known; of the groups of operators nothing is said. As a warning: permissions of pods that get no token.

## Why it matters
Roles are not checked against what exists: the program gets `forbidden` where it runs.

## Example
```yaml
services: { web: { permissions: { scale: { resources: [ deployments ], verbs: [ get ] } } } }   # deployments are of apps
```

## What to do
Correct the group, the resource or the verb. Write `create` into a permission of its own, without `resourceNames`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for granted in facts.resolved.all_granted() {
        verbs(&granted, sink);
        names(&granted, sink);
        for (index, resource) in granted.permission.resources.iter().enumerate() {
            let at = granted.at.join("resources").index(index);
            of_group(&granted, resource, &at, sink);
        }
    }
    for component in facts.resolved.components.values() {
        let Some((_, pod)) = facts.resolved.pod(component) else { continue };
        if pod.permissions.is_empty() || pod.token() {
            continue;
        }
        let at = component.route().join("automountServiceAccountToken");
        let message = format!("`{}` has permissions and no token to use them with", component.name);
        let mut found = Diagnostic::at_value(&CODE, &at, message)
            .also(At::Node(component.route().join("permissions"), Part::Key), "permitted here")
            .help("remove `automountServiceAccountToken`: pods with permissions get a token");
        found.severity = Warning;
        sink.push(found);
    }
}

fn verbs(granted: &Granted<'_>, sink: &mut Sink) {
    let Permission { api_groups, verbs, .. } = granted.permission;
    // Operators' resources may have verbs of their own.
    if !api_groups.iter().all(|it| is_own_group(it)) {
        return;
    }
    for (index, verb) in verbs.iter().enumerate() {
        if verb == "*" || VERBS.contains(&&**verb) {
            continue;
        }
        let at = granted.at.join("verbs").index(index);
        let found = Diagnostic::at_value(&CODE, &at, format!("nothing asks for the verb `{verb}`"));
        sink.push(match nearest(verb, VERBS) {
            Some(near) => found.fix(format!("write `{near}`"), At::Node(at, Part::Value), near),
            None => found.help(format!("the verbs are {}", and_list(VERBS))),
        });
    }
}

/// Requests to create something do not name it; those about a part of an object do.
fn names(granted: &Granted<'_>, sink: &mut Sink) {
    let Permission { resources, resource_names, verbs, .. } = granted.permission;
    if resource_names.is_empty() || resources.iter().all(|it| it.contains('/')) {
        return;
    }
    for (index, verb) in verbs.iter().enumerate() {
        if !matches!(&**verb, "create" | "deletecollection") {
            continue;
        }
        let message = format!("`{verb}` is never allowed by name");
        sink.push(
            Diagnostic::at_value(&CODE, &granted.at.join("verbs").index(index), message)
                .also(At::Node(granted.at.join("resourceNames"), Part::Key), "only these")
                .note("such a request names no object, so no rule with names fits it")
                .help(format!("write `{verb}` into a permission of its own, without `resourceNames`")),
        );
    }
}

fn of_group(granted: &Granted<'_>, written: &str, at: &Route, sink: &mut Sink) {
    let Permission { api_groups, scope, .. } = granted.permission;
    let resource = written.split('/').next().unwrap_or_default();
    if resource == "*" || !api_groups.iter().all(|it| is_own_group(it)) {
        return;
    }
    let of = |it: &Resource| api_groups.iter().any(|group| group == it.group);
    let found: Vec<Resource> = resources().filter(|it| it.name == resource).collect();
    let here: Vec<&Resource> = found.iter().filter(|it| of(it)).collect();
    let groups = || and_list(api_groups.iter().map(|it| if it.is_empty() { "\"\"" } else { it }));
    if here.is_empty() {
        let message = format!("the API group {} has no `{written}`", groups());
        let diagnostic = Diagnostic::at_value(&CODE, at, message);
        let help = match found.first() {
            Some(other) => {
                format!("`{resource}` are of the group `{}`: name it in `apiGroups`", shown(other.group))
            }
            None => match nearest(resource, resources().map(|it| it.name)) {
                Some(near) => format!("write `{near}`"),
                None => "name the group in `apiGroups`; `kubectl api-resources` lists them".to_owned(),
            },
        };
        sink.push(diagnostic.note("what runs is told `forbidden`").help(help));
        return;
    }
    // The one namespace that a role is in may be asked for by its name.
    let inside = here.iter().any(|it| it.namespaced) || resource == "namespaces";
    if !inside && *scope != Scope::Cluster {
        let message = format!("`{resource}` are in no namespace, and this holds in namespaces only");
        sink.push(
            Diagnostic::at_value(&CODE, at, message)
                .note("what runs is told `forbidden`")
                .help("add `clusterWide: true`"),
        );
    }
}

fn shown(group: &str) -> &str {
    if group.is_empty() { "\"\"" } else { group }
}
