//! Environments that are rendered once for each of many, and do not say which.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG230",
    name: "unclear-instance",
    severity: Error,
    docs: "\
## What it finds
An `instance` whose name holds no parameter, or is that of an environment. As a warning: a namespace, or a Compose project, whose name holds a parameter that each call must give, in an environment without `instance`.

## Why it matters
The name of the instance is the folder of its tree. Two with one name overwrite each other, and Kustomize then applies one in place of the other.

## Example
```yaml
environments:
  preview:
    parameters: { pr: { type: integer, minimum: 1 } }
    instance: { name: preview }
```

## What to do
Put the parameter into the name: `instance: { name: \"preview-pr-${parameters.pr}\" }`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let resolved = facts.resolved;
    let Some(instance) = &resolved.stack.instance else {
        return names(facts, sink);
    };
    let at = Route::of(&["instance", "name"]);
    if facts.document.parameters_at(&at).is_empty() {
        sink.push(
            Diagnostic::at_value(&CODE, &at, format!("every instance is called `{}`", instance.name))
                .note("the name is the folder of the tree: one instance overwrites the other")
                .help("put the parameter into it that tells them apart, such as `${parameters.pr}`"),
        );
    }
    let named = resolved.stack.environments.keys().find(|it| it.as_str() == instance.name.as_str());
    if let Some(other) = named.filter(|it| it.as_str() != resolved.environment) {
        let message = format!("the instance is called as the environment `{other}`");
        sink.push(
            Diagnostic::at_value(&CODE, &at, message)
                .also(At::Node(Route::of(&["environments", other.as_str()]), Part::Key), "declared here")
                .note("both trees are written to one folder")
                .help("begin the name with that of its own environment"),
        );
    }
}

/// Names that each call gives, although the environment is one.
fn names(facts: &Facts<'_>, sink: &mut Sink) {
    let open = |name: &&str| {
        let declared = facts.document.find(&Route::of(&["parameters", name]));
        declared.is_some_and(|it| it.as_map().is_some() && it.get("default").is_none_or(Node::is_null))
    };
    let namespaces = facts.resolved.stack.namespaces.keys();
    let namespaces = namespaces.map(|it| Route::of(&["namespaces", it.as_str(), "name"]));
    for at in namespaces.chain([Route::of(&["compose", "project"])]) {
        let Some(parameter) = facts.document.parameters_at(&at).into_iter().find(open) else { continue };
        let environment = &facts.resolved.environment;
        let message = format!("`{environment}` is rendered for many a `{parameter}`, and does not say so");
        let mut found = Diagnostic::at_value(&CODE, &at, message)
            .note(format!("all their trees are written to the folder `{environment}`"))
            .help(format!(
                "add `instance: {{ name: \"{environment}-${{parameters.{parameter}}}\" }}` to the environment"
            ));
        found.severity = Warning;
        sink.push(found);
        return;
    }
}
