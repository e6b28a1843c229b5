//! The parts of a Compose project as objects of their own, and which part of the stack each is made from.

use std::sync::Arc;

use super::Found;
use crate::compose::network::OUTSIDE;
use crate::diag::{Route, Sink, Sources, Span};
use crate::document::{COMPONENTS, Document};
use crate::layout::{COMPOSE_FILE, ENV_FILE};
use crate::syntax::parse::parse;
use crate::syntax::{Entry, Kind, Map, Node, Scalar};

/// The version of such an object: what tells it from one of Kubernetes.
pub const VERSION: &str = "compose";

/// The sections of a Compose file, with the kinds of what is in them.
const SECTIONS: [(&str, &str); 4] =
    [("services", "service"), ("networks", "network"), ("volumes", "volume"), ("secrets", "secret")];

/// The services, networks, volumes and secrets of a Compose file. None where it is no YAML.
#[must_use]
pub fn objects(text: &str) -> Vec<Found> {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add(COMPOSE_FILE, text);
    let Some(root) = parse(&sources, file, &mut sink) else { return Vec::new() };
    let mut found = Vec::new();
    for (section, kind) in SECTIONS {
        for (name, entry) in root.get(section).and_then(Node::as_map).into_iter().flatten() {
            found.push(object(kind, name, entry.value.as_map().cloned().unwrap_or_default(), entry.key));
        }
    }
    found
}

/// A file beside the Compose file, as an object.
#[must_use]
pub fn file(path: &str, text: &str) -> Found {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    let at = Span { file: id, start: 0, end: 0 };
    object("file", path, Map::from_iter([entry("text", scalar(text, at), at)]), at)
}

/// An object with some fields, which begins as others do.
fn object(kind: &str, name: &str, fields: Map, at: Span) -> Found {
    let map = |map: Map| Node { kind: Kind::Map(Arc::new(map)), span: at, beat: None };
    let mut all = Map::from_iter([
        entry("apiVersion", scalar(VERSION, at), at),
        entry("kind", scalar(kind, at), at),
        entry("metadata", map(Map::from_iter([entry("name", scalar(name, at), at)])), at),
    ]);
    all.extend(fields);
    Found {
        folder: String::new(),
        id: format!("{VERSION}/{kind} {name}"),
        kind: kind.to_owned(),
        node: map(all),
    }
}

fn entry(key: &str, value: Node, at: Span) -> (Arc<str>, Entry) {
    (key.into(), Entry { key: at, value })
}

fn scalar(text: &str, at: Span) -> Node {
    Node { kind: Kind::Scalar(Scalar { text: text.into(), plain: false }), span: at, beat: None }
}

/// The part of the stack behind a value of such an object; none for objects of Kubernetes.
pub(super) fn origin(document: &Document, object: &Found, words: &[&str]) -> Option<Route> {
    let (_, name) = object.id.strip_prefix(VERSION)?.strip_prefix('/')?.split_once(' ')?;
    let compose = Route::of(&["compose"]);
    Some(match object.kind.as_str() {
        "service" => match container(document, name) {
            Some((component, container)) => of_service(document, &component, &container, words),
            None => compose.join("probes"),
        },
        "network" => match name.split_once('.') {
            Some((from, to)) => route(document, from).map_or(compose, |it| it.join("uses").join(to)),
            None => match name.strip_suffix(OUTSIDE) {
                Some(own) => compose.join("publish").join(own),
                None => route(document, name).unwrap_or(compose),
            },
        },
        "volume" => container(document, name).map_or(compose.join("probes"), |(it, _)| it.join("storage")),
        "secret" => {
            let (secret, key) = name.split_once('.').unwrap_or((name, ""));
            Route::of(&["secrets", secret]).join("keys").join(key)
        }
        _ => match name {
            ENV_FILE => Route::of(&["versions"]),
            path => {
                let folder = path.split('/').next().unwrap_or_default();
                route(document, folder).map_or(Route::of(&["configs"]), |it| it.join("files"))
            }
        },
    })
}

fn route(document: &Document, component: &str) -> Option<Route> {
    let routes = COMPONENTS.iter().map(|section| Route::of(&[section, component]));
    routes.into_iter().find(|it| document.find(it).is_some())
}

/// The component that a name begins with, and the container of it: what stands beside the main one has its name after a `.`,
/// and what there are several of a number.
fn container(document: &Document, name: &str) -> Option<(Route, Route)> {
    let (own, rest) = name.split_once('.').unwrap_or((name, ""));
    let numbered = || own.rsplit_once('-').filter(|(_, it)| it.bytes().all(|it| it.is_ascii_digit()));
    let component = route(document, own).or_else(|| route(document, numbered()?.0))?;
    let beside = ["sidecars", "initContainers"].map(|it| component.join(it).join(rest));
    let found = beside.into_iter().find(|it| !rest.is_empty() && document.find(it).is_some());
    Some((component.clone(), found.unwrap_or(component)))
}

fn of_service(document: &Document, component: &Route, container: &Route, words: &[&str]) -> Route {
    let written = |route: Route, or: Route| if document.find(&route).is_some() { route } else { or };
    match words {
        ["image"] => written(container.join("image"), container.join("version")),
        ["environment", name] => container.join("env").join(name),
        ["entrypoint", ..] => container.join("command"),
        ["command", ..] => container.join("args"),
        ["healthcheck", ..] => container.join("probes"),
        ["deploy", "resources", "limits", "cpus"] => container.join("resources").join("limits").join("cpu"),
        ["deploy", "resources", "limits", it] => container.join("resources").join("limits").join(it),
        ["user" | "read_only" | "privileged" | "cap_add" | "cap_drop" | "security_opt", ..] => {
            container.join("securityContext")
        }
        ["volumes", ..] => written(container.join("files"), container.join("volumes")),
        ["secrets", ..] => container.join("files"),
        ["depends_on" | "networks", ..] => component.join("uses"),
        ["stop_grace_period"] => component.join("terminationGracePeriodSeconds"),
        ["pre_stop", ..] => container.join("preStop"),
        ["profiles", ..] => Route::of(&["compose", "profiles"]),
        ["ports", ..] => {
            let name = component.steps().last().unwrap_or_default();
            Route::of(&["compose", "publish", &name])
        }
        _ => container.clone(),
    }
}
