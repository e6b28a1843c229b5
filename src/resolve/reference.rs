//! Late references: those that need the typed stack.

use super::address::Address;
use super::{Component, Resolved, binding, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink, and_list, nearest};
use crate::document::codes::{DANGLING_REFERENCE, SECRET_MADE_HERE};
use crate::model::{Container, Name, Peers, Text};
use crate::syntax::reference::Piece;
use crate::workload::{Endpoints, Login};

/// Where a text with references stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The component; none outside components.
    from: Option<&'a Component>,
    /// The container whose environment variables Kubernetes expands in it, and how many of `env` come before; none where
    /// it expands nothing. Those of `envFrom` come before all.
    variables: Option<(&'a Container, usize)>,
    /// The role by which the component refers to another, where it is one.
    role: Option<&'a str>,
}

impl<'a> Scope<'a> {
    /// Outside components.
    pub(super) const OUTSIDE: Self = Self { from: None, variables: None, role: None };

    /// In a component, where `$(VAR)` is only text.
    pub(super) fn component(from: &'a Component) -> Self {
        Self { from: Some(from), variables: None, role: None }
    }

    /// In a container's variable of that index, which sees those before it; in its command, with their number.
    pub(super) fn expanded(from: &'a Component, container: &'a Container, before: usize) -> Self {
        Self { from: Some(from), variables: Some((container, before)), role: None }
    }
}

/// The text with every reference replaced; reports those that name nothing.
pub(super) fn text(
    resolved: &Resolved,
    scope: Scope<'_>,
    text: &Text,
    at: impl FnOnce() -> Route,
    sink: &mut Sink,
) -> String {
    if let Some(literal) = text.as_literal() {
        return literal.to_owned();
    }
    let at = at();
    let mut out = String::with_capacity(text.raw().len());
    for piece in text.pieces() {
        match piece {
            Piece::Text(literal) => out.push_str(literal),
            Piece::Reference(steps, _) => {
                let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
                match value(resolved, scope, &steps, &at, sink) {
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
    scope: Scope<'_>,
    steps: &[&str],
    at: &Route,
    sink: &mut Sink,
) -> Option<String> {
    if let [section, name, ..] = steps
        && let Some(found) = resolved.removed(section, name, at)
    {
        sink.push(found);
        return None;
    }
    let mut dangling =
        |what: &str, name: &str, known: Vec<&str>| self::dangling(steps, at, what, name, &known, sink);
    let from = scope.from;
    match steps {
        ["ports", port] => {
            let ports = || from.into_iter().flat_map(|it| resolved.ports(it));
            match ports().find(|(name, _)| name.as_str() == *port) {
                Some((_, port)) => Some(port.number.to_string()),
                None => dangling("port", port, ports().map(|(name, _)| name.as_str()).collect()),
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
        ["secrets", name] if resolved.stack.secrets.contains_key(*name) => Some((*name).to_owned()),
        ["certificates", name] if resolved.stack.certificates.contains_key(*name) => Some((*name).to_owned()),
        [kind @ ("secrets" | "certificates"), name] => {
            let known: Vec<&str> = match *kind {
                "secrets" => resolved.stack.secrets.keys().map(Name::as_str).collect(),
                _ => resolved.stack.certificates.keys().map(Name::as_str).collect(),
            };
            dangling("secret", name, known)
        }
        ["observability", "logLevel"] => log_level(resolved, at, sink),
        ["observability", other] => dangling("property", other, vec!["logLevel"]),
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
                && resolved.called_ports(from, &target.name).is_none()
                && from.name != target.name
            {
                let message = format!("`{}` refers to `{name}` but does not use it", from.name);
                sink.push(
                    Diagnostic::at_value(&codes::MISSING_USES, at, message)
                        .note("policies are made from `uses`: the address would be right and the network would refuse it")
                        .help(format!("add `{name}` to the `uses` of `{}`", from.name)),
                );
            }
            let written = scope.role.map(|role| [&["bind", role], property].concat());
            component(resolved, scope, target, property, written.as_deref().unwrap_or(steps), at, sink)
        }
        ["bind", role, property @ ..] => of_role(resolved, scope, role, property, at, sink),
        ["peers", property] => of_peers(resolved, from, property, steps, at, sink),
        [first, ..] if crate::document::asks_for_generation(first) => {
            sink.push(made_up(steps, at));
            None
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
                "observability",
                "bind",
                "peers",
                "parameters",
                "versions",
            ];
            dangling("kind of reference", first, kinds)
        }
        [] => None,
    }
}

/// How much is logged; reports a stack that does not say it.
fn log_level(resolved: &Resolved, at: &Route, sink: &mut Sink) -> Option<String> {
    let level = resolved.stack.observability.as_ref().and_then(|it| it.log_level.clone());
    if level.is_none() && !resolved.is_written("observability", "logLevel") {
        let message = "`${observability.logLevel}`: the stack says no log level";
        let help = "write `observability: { logLevel: info }`, in the word that the program wants";
        sink.push(Diagnostic::at_value(&DANGLING_REFERENCE, at, message).help(help));
    }
    level
}

/// Reports a name that names nothing.
fn dangling(
    steps: &[&str],
    at: &Route,
    what: &str,
    name: &str,
    known: &[&str],
    sink: &mut Sink,
) -> Option<String> {
    let message = format!("`${{{}}}`: there is no {what} `{name}`", steps.join("."));
    let found = Diagnostic::at_value(&DANGLING_REFERENCE, at, message);
    sink.push(match nearest(name, known.iter().copied()) {
        Some(near) => found.help(format!("write `{near}`")),
        None if known.is_empty() => found,
        None => found.help(format!("there is {}", and_list(known.iter().copied()))),
    });
    None
}

/// A property of what a role of the component is bound to.
fn of_role(
    resolved: &Resolved,
    scope: Scope<'_>,
    role: &str,
    property: &[&str],
    at: &Route,
    sink: &mut Sink,
) -> Option<String> {
    let Some(from) = scope.from else {
        let message = format!("`${{bind.{role}…}}` outside a component, which alone has roles");
        sink.push(Diagnostic::at_value(&DANGLING_REFERENCE, at, message));
        return None;
    };
    let bound = binding::bound(resolved, from, role, at, sink)?;
    match property {
        ["kind"] => resolved.kind(bound.target).map(str::to_owned),
        ["name"] => Some(bound.target.to_string()),
        _ => {
            let steps = [&[bound.section, bound.target.as_str()], property].concat();
            value(resolved, Scope { role: Some(role), ..scope }, &steps, at, sink)
        }
    }
}

/// Where the pods of the component find each other.
fn of_peers(
    resolved: &Resolved,
    from: Option<&Component>,
    property: &str,
    steps: &[&str],
    at: &Route,
    sink: &mut Sink,
) -> Option<String> {
    let Some(from) = from.filter(|it| resolved.peers(it).is_some()) else {
        let message = format!("`${{{}}}`: there is no `peers` here", steps.join("."));
        sink.push(
            Diagnostic::at_value(&DANGLING_REFERENCE, at, message)
                .help("a service with `peers: { port: … }` has it"),
        );
        return None;
    };
    // The whole name: resolvers of gossip libraries ask for all addresses of such alone.
    let named = resolved.base(from).unwrap_or(from);
    let host = resolved.service_host(&Peers::service(named.name.as_str()), &named.namespace, None);
    let port = resolved.peer_port(from);
    match property {
        "host" => Some(host),
        "port" => port.map(|it| it.to_string()),
        "address" => port.map(|it| format!("{host}:{it}")),
        other => dangling(steps, at, "property", other, &["host", "port", "address"], sink),
    }
}

/// A reference to what nobody made.
fn made_up(steps: &[&str], at: &Route) -> Diagnostic {
    let message = format!("`${{{}}}` asks for a value to be made up", steps.join("."));
    Diagnostic::at_value(&SECRET_MADE_HERE, at, message)
        .note("every render would make another one: git would change without a reason, and pods that started before and after would differ")
        .help("make it once, put it into a store, and take it from there: `{ secret: NAME, key: KEY }`")
}

fn component(
    resolved: &Resolved,
    scope: Scope<'_>,
    target: &Component,
    property: &[&str],
    steps: &[&str],
    at: &Route,
    sink: &mut Sink,
) -> Option<String> {
    let endpoints = &target.endpoints;
    let (alternative, property) = match property {
        [first, rest @ ..] if endpoints.alternatives.iter().any(|it| it.word == *first) => {
            (Some(*first), rest)
        }
        all => (None, all),
    };
    let found = Address::of(resolved, target, alternative, scope.from.map(|it| &it.namespace))?;
    if alternative.is_none()
        && let Some(from) = scope.from
    {
        let port = match property {
            ["port" | "address" | "hosts" | "url"] => found.ports.first(),
            ["port", port] => found.ports.iter().find(|it| it.name.as_str() == *port),
            _ => None,
        };
        sink.extend(port.and_then(|it| closed(resolved, from, target, &it.name, steps, at)));
    }
    let value = match property {
        ["host"] => return Some(found.host),
        ["port"] => found.ports.first().map(|it| it.service.to_string()),
        ["address"] => found.address(),
        ["hosts"] if found.hosts().is_some() => found.hosts(),
        ["url"] => {
            if let Some((container, before)) = scope.variables
                && let Some(login) = found.login()
            {
                let variable = Endpoints::password_variable(scope.role.unwrap_or(target.name.as_str()));
                let given = container.env.keys().take(before).any(|it| it.as_str() == variable);
                if !given && !resolved.gives(container, &variable) {
                    sink.push(missing_variable(&variable, login, scope.role, steps, at));
                }
            }
            found.url(scope.variables.map(|_| scope.role.unwrap_or(target.name.as_str())))
        }
        ["port", port] => {
            let number = found.ports.iter().find(|it| it.name.as_str() == *port);
            if number.is_none() {
                sink.extend(resolved.unknown_port(target, port, at));
            }
            return number.map(|it| it.service.to_string());
        }
        [name] if alternative.is_none() && endpoints.properties.iter().any(|(it, _)| it == name) => {
            let found = endpoints.properties.iter().find(|(it, _)| it == name);
            return found.map(|(_, value)| value.clone());
        }
        ["users", name] if alternative.is_none() && !endpoints.users.is_empty() => {
            let found = endpoints.users.iter().find(|it| it.as_str() == *name);
            if found.is_none() {
                let message = format!("`${{{}}}`: `{}` has no user `{name}`", steps.join("."), target.name);
                let known = and_list(endpoints.users.iter().map(Name::as_str));
                sink.push(
                    Diagnostic::at_value(&DANGLING_REFERENCE, at, message)
                        .help(format!("there is {known}; a further one is declared under its `users`")),
                );
            }
            return found.map(Name::to_string);
        }
        _ => {
            let message = format!("`${{{}}}` has no such property", steps.join("."));
            let own = endpoints.properties.iter().map(|(name, _)| *name);
            let others = endpoints.alternatives.iter().map(|it| it.word).filter(|_| alternative.is_none());
            let users = (alternative.is_none() && !endpoints.users.is_empty()).then_some("users.NAME");
            let known = ["host", "port", "port.NAME", "address", "url"];
            let known =
                known.into_iter().chain(found.hosts().map(|_| "hosts")).chain(own).chain(users).chain(others);
            sink.push(Diagnostic::at_value(&DANGLING_REFERENCE, at, message).help(format!(
                "`{}` has {}",
                target.name,
                and_list(known)
            )));
            return None;
        }
    };
    if value.is_none() {
        sink.extend(resolved.unknown_port(target, "", at));
    }
    value
}

/// A port of a target that a component refers to, where it says that it uses others.
fn closed(
    resolved: &Resolved,
    from: &Component,
    target: &Component,
    port: &Name,
    steps: &[&str],
    at: &Route,
) -> Option<Diagnostic> {
    let ports = resolved.called_ports(from, &target.name).filter(|_| from.name != target.name)?;
    if ports.is_empty() || ports.contains(port) {
        return None;
    }
    let others = and_list(ports.iter().map(Name::as_str));
    let message = format!(
        "`${{{}}}` is port `{port}` of `{}`, and `{}` uses {others} of it",
        steps.join("."),
        target.name,
        from.name
    );
    let uses = from.route().join("uses").join(target.name.as_str());
    Some(
        Diagnostic::at_value(&codes::MISSING_USES, at, message)
            .also(At::Node(uses, Part::Value), "the ports that it uses")
            .note("policies are made from `uses`: the address would be right and the network would refuse it")
            .help(format!(
                "write `{}:{port}` as well, or refer to a port that is used: `port.{}`",
                target.name, ports[0]
            )),
    )
}

/// Kubernetes expands `$(VAR)` only where the container defines the variable before.
fn missing_variable(
    variable: &str,
    login: &Login,
    role: Option<&str>,
    steps: &[&str],
    at: &Route,
) -> Diagnostic {
    let message =
        format!("`${{{}}}` takes the password from `{variable}`, which is not set before", steps.join("."));
    Diagnostic::at_value(&codes::MISSING_VARIABLE, at, message)
        .note(
            "the URL holds `$(NAME)`, because no secret value passes through stackgen; Kubernetes puts it in",
        )
        .help(match role {
            Some(role) => format!("add above it `{variable}: {{ bind: {role} }}`"),
            None => format!("add above it `{variable}: {{ secret: {}, key: {} }}`", login.secret, login.key),
        })
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
