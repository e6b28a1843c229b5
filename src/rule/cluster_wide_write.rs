//! Permissions to change things in every namespace.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Severity::Error, Sink, and_list};
use crate::k8s::resources::READS;
use crate::model::Scope;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG431",
    name: "cluster-wide-write",
    severity: Error,
    docs: "\
## What it finds
A permission with `clusterWide: true` and verbs other than `get`, `list` and `watch`. Reviews of tokens and accesses (`tokenreviews`, `subjectaccessreviews`), which are created to be answered, are no change.

## Why it matters
One stack then changes the others of the cluster, and who breaks into the program does, too.

## Example
```yaml
services: { web: { permissions: { scale: { clusterWide: true, apiGroups: [ apps ], resources: [ deployments/scale ], verbs: [ patch ] } } } }
```

## What to do
Name the namespaces in `namespace`. For what is in no namespace, give `resourceNames` where there are some, and accept the finding with the reason.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for granted in facts.resolved.all_granted() {
        let it = granted.permission;
        let asks = |resource: &String| resource.ends_with("reviews");
        let answers = !it.resources.is_empty() && it.resources.iter().all(asks);
        if it.scope != Scope::Cluster || answers || it.resources.is_empty() {
            continue;
        }
        let verbs: Vec<&str> = it.verbs.iter().map(String::as_str).filter(|it| !READS.contains(it)).collect();
        if verbs.is_empty() {
            continue;
        }
        let message = format!(
            "`{}` may {} {} in the whole cluster",
            granted.to,
            and_list(verbs),
            and_list(it.resources.iter().map(String::as_str)),
        );
        sink.push(
            Diagnostic::at_value(&CODE, &granted.at.join("verbs"), message)
                .also(At::Node(granted.at.join("clusterWide"), Part::Key), "everywhere")
                .note("who breaks into it changes what other stacks run")
                .help("name the namespaces in `namespace`, or keep `get`, `list` and `watch`"),
        );
    }
}
