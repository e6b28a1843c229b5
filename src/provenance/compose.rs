//! The parts of a Compose project as objects of their own, and which part of the stack each is made from.

use std::sync::Arc;

use super::Found;
use crate::bundle::Bundle;
use crate::compose::network::OUTSIDE;
use crate::compose::variable_name;
use crate::diag::{Route, Sink, Sources, Span};
use crate::document::{COMPONENTS, Document};
use crate::layout::{COMPOSE_FILE, ENV_FILE, EXAMPLE_FILE};
use crate::syntax::dotenv::parse_dotenv;
use crate::syntax::parse::parse;
use crate::syntax::{Entry, Kind, Map, Node, Scalar};

/// The version of such an object: what tells it from one of Kubernetes.
pub const VERSION: &str = "compose";

/// The field of the object of [`ENV_FILE`] that has its variables.
pub const VARIABLES: &str = "variables";
/// The variable that says which profiles Compose starts.
pub const PROFILES: &str = "COMPOSE_PROFILES";

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

/// All objects of a project: those of its Compose file, and the files beside it. None of a bundle that is no project.
pub(super) fn project(bundle: &Bundle) -> Vec<Found> {
    let Some(file) = bundle.get(COMPOSE_FILE) else { return Vec::new() };
    let beside = files(bundle.iter().map(|(path, file)| (path, file.text.as_str())));
    objects(&file.text).into_iter().chain(beside).collect()
}

/// The files of a project but the Compose file and the example, as objects.
pub fn files<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> impl Iterator<Item = Found> {
    // The example is for a person alone.
    let beside = all.filter(|(path, _)| *path != COMPOSE_FILE && *path != EXAMPLE_FILE);
    beside.map(|(path, text)| file(path, text))
}

/// A file beside the Compose file, as an object.
fn file(path: &str, text: &str) -> Found {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    let at = Span { file: id, start: 0, end: 0 };
    let said = if path == ENV_FILE {
        entry(VARIABLES, map(parse_dotenv(&sources, id, &mut Sink::default()), at), at)
    } else {
        entry("text", scalar(text, at), at)
    };
    object("file", path, Map::from_iter([said]), at)
}

/// An object with some fields, which begins as others do.
fn object(kind: &str, name: &str, fields: Map, at: Span) -> Found {
    let mut all = Map::from_iter([
        entry("apiVersion", scalar(VERSION, at), at),
        entry("kind", scalar(kind, at), at),
        entry("metadata", map(Map::from_iter([entry("name", scalar(name, at), at)]), at), at),
    ]);
    all.extend(fields);
    Found {
        folder: String::new(),
        id: format!("{VERSION}/{kind} {name}"),
        kind: kind.to_owned(),
        node: map(all, at),
    }
}

fn entry(key: &str, value: Node, at: Span) -> (Arc<str>, Entry) {
    (key.into(), Entry { key: at, value })
}

fn map(map: Map, at: Span) -> Node {
    Node { kind: Kind::Map(Arc::new(map)), span: at, beat: None }
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
            ENV_FILE => match words {
                [VARIABLES, variable] => of_variable(document, variable),
                _ => compose,
            },
            path => {
                let folder = path.split('/').next().unwrap_or_default();
                route(document, folder).map_or(Route::of(&["configs"]), |it| it.join("files"))
            }
        },
    })
}

/// The part of the stack behind a variable of `.env`.
fn of_variable(document: &Document, name: &str) -> Route {
    let compose = Route::of(&["compose"]);
    if name == PROFILES {
        return compose.join("profiles");
    }
    if document.versions.contains_key(name) {
        return Route::of(&["versions"]);
    }
    let secrets = compose.join("secrets");
    let text = |route: &Route| document.find(route).and_then(Node::as_scalar).map(|it| it.text.to_string());
    for (secret, values) in document.find(&secrets).and_then(Node::as_map).into_iter().flatten() {
        let declared = Route::of(&["secrets", secret]);
        let path = text(&declared.join("path")).unwrap_or_else(|| secret.to_string());
        for (key, _) in values.value.as_map().into_iter().flatten() {
            let remote = text(&declared.join("keys").join(key)).unwrap_or_else(|| key.to_string());
            let own = variable_name(&path, &remote);
            // One whose name another has too ends in a number.
            let numbered = |it: &str| it.strip_prefix('_').is_some_and(|it| it.parse::<u32>().is_ok());
            if name.strip_prefix(&own).is_some_and(|it| it.is_empty() || numbered(it)) {
                return secrets.join(secret).join(key);
            }
        }
    }
    secrets
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
