//! Late references: those that need the typed stack.

use super::{Component, Resolved, codes, edge};
use crate::diag::{Diagnostic, Route, Sink, nearest};
use crate::document::codes::DANGLING_REFERENCE;
use crate::model::{Name, Text};
use crate::syntax::reference::Piece;

/// The text with every reference replaced; reports those that name nothing. `from` is none outside components.
pub(super) fn text(
    resolved: &Resolved,
    from: Option<&Component>,
    text: &Text,
    at: &Route,
    sink: &mut Sink,
) -> String {
    if let Some(literal) = text.as_literal() {
        return literal.to_owned();
    }
    let mut out = String::with_capacity(text.raw().len());
    for piece in text.pieces() {
        match piece {
            Piece::Text(literal) => out.push_str(literal),
            Piece::Reference(steps, _) => {
                let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
                match value(resolved, from, &steps, at, sink) {
                    Some(value) => out.push_str(&value),
                    None => out.push_str(text.raw()),
                }
            }
        }
    }
    out
}

fn value(
    resolved: &Resolved,
    from: Option<&Component>,
    steps: &[&str],
    at: &Route,
    sink: &mut Sink,
) -> Option<String> {
    let mut dangling = |what: &str, name: &str, known: Vec<&str>| {
        let message = format!("`${{{}}}`: there is no {what} `{name}`", steps.join("."));
        let found = Diagnostic::at_value(&DANGLING_REFERENCE, at, message);
        sink.push(match nearest(name, known.iter().copied()) {
            Some(near) => found.help(format!("write `{near}`")),
            None if known.is_empty() => found,
            None => found.help(format!("there is {}", crate::diag::and_list(known.iter().copied()))),
        });
        None
    };
    match steps {
        ["ports", port] => {
            let ports = from.and_then(|it| resolved.container(it)).map(|it| &it.ports);
            match ports.and_then(|it| it.get(*port)) {
                Some(port) => Some(port.number.to_string()),
                None => dangling(
                    "port",
                    port,
                    ports.into_iter().flatten().map(|(name, _)| name.as_str()).collect(),
                ),
            }
        }
        [section @ ("secrets" | "certificates" | "externals" | "namespaces"), name, ..]
            if resolved.is_written(section, name) && misshapen(resolved, section, name) =>
        {
            None
        }
        ["namespaces", name] => match resolved.stack.namespaces.get_key_value(*name) {
            Some((key, _)) => Some(resolved.namespace(key).to_owned()),
            None => dangling("namespace", name, resolved.stack.namespaces.keys().map(Name::as_str).collect()),
        },
        [kind @ ("secrets" | "certificates"), name] => {
            let known: Vec<&str> = match *kind {
                "secrets" => resolved.stack.secrets.keys().map(Name::as_str).collect(),
                _ => resolved.stack.certificates.keys().map(Name::as_str).collect(),
            };
            if known.contains(name) { Some((*name).to_owned()) } else { dangling("secret", name, known) }
        }
        ["externals", name, property] => match (resolved.stack.externals.get(*name), *property) {
            (Some(it), "host") => Some(it.host.clone()),
            (Some(it), "port") => Some(it.port.to_string()),
            (Some(_), other) => dangling("property", other, vec!["host", "port"]),
            (None, _) => {
                dangling("external", name, resolved.stack.externals.keys().map(Name::as_str).collect())
            }
        },
        [section @ ("services" | "stateful"), name, property @ ..] => {
            let target = resolved.components.get(*name).filter(|it| it.section.as_str() == *section);
            let Some(target) = target else {
                if resolved.is_written(section, name) {
                    return None;
                }
                let of_section = resolved.components.values().filter(|it| it.section.as_str() == *section);
                let known = of_section.map(|it| it.name.as_str()).collect();
                return dangling(if *section == "services" { "service" } else { "tier" }, name, known);
            };
            if let Some(from) = from
                && !resolved.common(from).uses.0.contains_key(&target.name)
                && from.name != target.name
            {
                let message = format!("`{}` refers to `{name}` but does not use it", from.name);
                sink.push(
                    Diagnostic::at_value(&codes::MISSING_USES, at, message)
                        .note("policies are made from `uses`: the address would be right and the network would refuse it")
                        .help(format!("add `{name}` to the `uses` of `{}`", from.name)),
                );
            }
            component(resolved, from, target, property, steps, at, sink)
        }
        [first, ..] => {
            let kinds = vec![
                "ports",
                "services",
                "stateful",
                "namespaces",
                "secrets",
                "certificates",
                "externals",
                "parameters",
                "versions",
            ];
            dangling("kind of reference", first, kinds)
        }
        [] => None,
    }
}

fn component(
    resolved: &Resolved,
    from: Option<&Component>,
    target: &Component,
    property: &[&str],
    steps: &[&str],
    at: &Route,
    sink: &mut Sink,
) -> Option<String> {
    // Outside components, a name must hold from everywhere: no namespace is like it.
    let host = match from {
        Some(from) => resolved.host(target, &from.namespace),
        None => resolved.host(target, &Name::parse("no-namespace-of-the-stack").ok()?),
    };
    let first = target.endpoints.ports.first();
    match (property, first) {
        (["host"], _) => Some(host),
        (["port"], Some(first)) => Some(first.service.to_string()),
        (["address"], Some(first)) => Some(format!("{host}:{}", first.service)),
        (["url"], Some(first)) => {
            Some(format!("{}://{host}:{}", target.endpoints.scheme.unwrap_or("tcp"), first.service))
        }
        (["port" | "address" | "url"], None) => {
            sink.push(edge::unknown_port(target, "", at));
            None
        }
        (["port", port], _) => {
            if let Some(port) = target.endpoints.ports.iter().find(|it| it.name.as_str() == *port) {
                Some(port.service.to_string())
            } else {
                sink.push(edge::unknown_port(target, port, at));
                None
            }
        }
        _ => {
            let message = format!("`${{{}}}` has no such property", steps.join("."));
            sink.push(
                Diagnostic::at_value(&DANGLING_REFERENCE, at, message)
                    .help("a component has `host`, `port`, `port.NAME`, `address` and `url`"),
            );
            None
        }
    }
}

/// Whether an entry is written but could not be decoded, which is reported where it stands.
fn misshapen(resolved: &Resolved, section: &str, name: &str) -> bool {
    let stack = &resolved.stack;
    !match section {
        "secrets" => stack.secrets.contains_key(name),
        "certificates" => stack.certificates.contains_key(name),
        "externals" => stack.externals.contains_key(name),
        _ => stack.namespaces.contains_key(name),
    }
}
