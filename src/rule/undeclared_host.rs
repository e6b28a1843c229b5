//! Addresses of components that a component does not use.

use std::borrow::Cow;

use super::{Check, Facts, Rule, contents, texts, variables};
use crate::diag::{
    At, Code, Diagnostic, Part, Route,
    Severity::{Error, Warning},
    Sink,
};
use crate::model::{Authorization, Mesh, Policies, Text};
use crate::resolve::{Component, Resolved};
use crate::syntax::reference::Piece;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG501",
    name: "undeclared-host",
    severity: Error,
    docs: "\
## What it finds
A literal address of another component of the stack (`db:5432`, `//db:5432`, `db.NAMESPACE`, `db.NAMESPACE.svc`) in the environment, command, arguments or a file's `content` of a component that does not list it under `uses`. A warning where nothing enforces `uses`.

## Why it matters
Policies and boot order are made from `uses`: the address is right and the network refuses it.

## Example
```yaml
services: { web: { env: { DB_HOST: \"db.infra.svc\" } } }
```

## What to do
Add the component to `uses`, and refer to it: `${stateful.db.host}` stays right when a namespace or port changes.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for container in facts.resolved.containers(component) {
        variables(&container, |_, text, at| one(facts.resolved, component, text, at, sink));
        texts(&container, |text, at| one(facts.resolved, component, text, at, sink));
        contents(&container, |text, at| one(facts.resolved, component, text, at, sink));
    }
}

fn one(resolved: &Resolved, component: &Component, text: &Text, at: &dyn Fn() -> Route, sink: &mut Sink) {
    let text = readable(resolved, text);
    let mut told: Vec<&str> = Vec::new();
    for target in hosts(resolved, component, &text) {
        let name = target.name.as_str();
        if resolved.called_ports(component, &target.name).is_some()
            || target.name == component.name
            || told.contains(&name)
        {
            continue;
        }
        told.push(name);
        let message = format!("`{}` names `{name}` as a host but does not use it", component.name);
        let reference = format!("${{{}.{name}.host}}", target.section.as_str());
        let mut found = Diagnostic::at_value(&CODE, &at(), message)
            .also(At::Node(target.route().clone(), Part::Key), "declared here")
            .note("policies are made from `uses`: the address is right and the network refuses it")
            .help(format!("add `{name}` to the `uses` of `{}`, and write `{reference}`", component.name));
        if !enforced(resolved, target) {
            found.severity = Warning;
            found.notes =
                vec!["`uses` is the whole truth of who calls whom, and boot order follows it".to_owned()];
        }
        sink.push(found);
    }
}

/// Whether what is not declared is refused.
fn enforced(resolved: &Resolved, target: &Component) -> bool {
    let authorized = resolved.stack.mesh.as_ref().map(Mesh::authorization) == Some(Authorization::FromUses)
        && resolved.mesh_of(&target.namespace).is_some();
    authorized || resolved.stack.network.policies == Policies::FromUses
}

/// The text with references to namespaces resolved, and a blank for every other one: those are checked as such.
fn readable<'a>(resolved: &Resolved, text: &'a Text) -> Cow<'a, str> {
    if let Some(literal) = text.as_literal() {
        return literal.into();
    }
    let one = |piece: &Piece| match piece {
        Piece::Text(literal) => literal.clone(),
        Piece::Reference(steps, _) => match steps.as_slice() {
            [first, name] if first == "namespaces" => {
                let key = resolved.stack.namespaces.get_key_value(name.as_str()).map(|(key, _)| key);
                key.map_or_else(|| " ".to_owned(), |it| resolved.namespace(it).to_owned())
            }
            _ => " ".to_owned(),
        },
    };
    text.pieces().iter().map(one).collect()
}

/// The components that a text of one of them names as hosts.
fn hosts<'a>(resolved: &'a Resolved, caller: &Component, text: &str) -> Vec<&'a Component> {
    let mut found = Vec::new();
    // A host has its namespace behind it, or a port.
    if !text.bytes().any(|it| matches!(it, b'.' | b':')) {
        return found;
    }
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut rest = 0;
    while let Some(start) = text[rest..].find(inside).map(|it| rest + it) {
        let end = text[start..].find(|c| !inside(c)).map_or(text.len(), |it| start + it);
        let (before, token, after) = (&text[..start], &text[start..end], &text[end..]);
        rest = end;
        for (label, next) in token.split('.').zip(token.split('.').skip(1)) {
            let set = || resolved.known_as(label.strip_suffix("-headless")?, next);
            found.extend(resolved.known_as(label, next).or_else(set));
        }
        // A name of another namespace is meant even where it leads nowhere.
        let own = resolved.known_as(token, resolved.namespace(&caller.namespace));
        let Some(named) = own.or_else(|| resolved.components.get(token)) else { continue };
        let digits = |it: &str| it.chars().take_while(char::is_ascii_digit).collect::<String>();
        let port = after.strip_prefix(':').map(digits).unwrap_or_default();
        let in_url = before.ends_with("://") || before.ends_with('@');
        let own = port.parse().is_ok_and(|it: u16| {
            named.endpoints.ports.iter().any(|port| port.service == it || port.number == it)
        });
        // `image:8080` after a slash is a path, not a host.
        if in_url && !port.is_empty() || own && !before.ends_with(['/', ':', '$']) {
            found.push(named);
        }
    }
    found
}
