//! The stack's own files that pods see: read once, templates rendered over the component.

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::address::Address;
use super::{Component, Resolved, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink, Sources, Span};
use crate::document::{Files, read_text};
use crate::model::Name;

/// How many steps a template may take: far more than one for people needs, and less than a second.
const FUEL: u64 = 10_000_000;

/// Reads files of the stack for one environment.
pub(super) struct Reader<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) sources: &'a mut Sources,
    pub(super) read: BTreeMap<String, Option<crate::diag::FileId>>,
}

impl Reader<'_> {
    /// The text of a file; reports at `from` what keeps it from being read, once a file.
    pub(super) fn text(&mut self, path: &str, from: &Route, sink: &mut Sink) -> Option<crate::diag::FileId> {
        if let Some(known) = self.read.get(path) {
            return *known;
        }
        let at = At::Node(from.clone(), Part::Value);
        let file = read_text(self.files, path, at, self.sources, sink);
        self.read.insert(path.to_owned(), file);
        file
    }

    /// The files of a folder, by name; reports at `from` what keeps them from being read.
    pub(super) fn folder(
        &mut self,
        folder: &str,
        from: &Route,
        sink: &mut Sink,
    ) -> Option<BTreeMap<String, crate::diag::FileId>> {
        let at = At::Node(from.clone(), Part::Value);
        let folder = folder.trim_end_matches('/');
        if folder.contains(['*', '?']) {
            let message = format!("`{folder}` is a pattern, and one folder is meant");
            sink.push(Diagnostic::new(&crate::model::codes::BAD_VALUE, at, message));
            return None;
        }
        let paths = match self.files.glob(&format!("{folder}/*")) {
            Ok(paths) => paths,
            Err(error) => {
                sink.push(crate::document::unreadable(folder, &error, at));
                return None;
            }
        };
        if paths.is_empty() {
            let message = format!("there is no file in a folder `{folder}`");
            sink.push(Diagnostic::new(&crate::document::codes::FILE_NOT_FOUND, at, message).help(
                "paths are relative to the stack's folder; hidden files and folders in it do not count",
            ));
            return None;
        }
        let mut found = BTreeMap::new();
        for path in paths {
            let name = path.rsplit('/').next().unwrap_or(&path);
            if let Err(why) = crate::model::FileKey::parse(name) {
                sink.push(Diagnostic::new(&crate::model::codes::BAD_NAME, at.clone(), why));
                continue;
            }
            if let Some(file) = self.text(&path, from, sink) {
                found.insert(name.to_owned(), file);
            }
        }
        Some(found)
    }

    /// A template rendered over a component.
    pub(super) fn template(
        &mut self,
        path: &str,
        from: &Route,
        context: &Context<'_>,
        sink: &mut Sink,
    ) -> Option<String> {
        let file = self.text(path, from, sink)?;
        let source = self.sources.text(file).to_owned();
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.add_filter("sh", |text: String| crate::stateful::shell(&text));
        match environment.render_named_str(path, &source, Value::from(Serde(context))) {
            Ok(mut text) => {
                if source.ends_with('\n') && !text.ends_with('\n') {
                    text.push('\n');
                }
                Some(text)
            }
            Err(error) => {
                let line = error.line().unwrap_or(1);
                let start: usize =
                    source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
                let length = source[start..].lines().next().map_or(0, str::len);
                let range = error.range().filter(|it| it.end <= source.len() && !it.is_empty());
                let range = range.unwrap_or(start..start + length);
                let position = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
                let span = Span { file, start: position(range.start), end: position(range.end) };
                let why = error.detail().map_or_else(|| error.kind().to_string(), ToString::to_string);
                sink.push(
                    Diagnostic::at_span(
                        &codes::BAD_TEMPLATE,
                        span,
                        format!("the template cannot be rendered: {why}"),
                    )
                    .also(At::Node(from.clone(), Part::Value), "used here"),
                );
                None
            }
        }
    }
}

/// What a template of the stack may say.
#[derive(Debug, Serialize)]
pub(super) struct Context<'a> {
    name: &'a str,
    env: &'a str,
    namespace: &'a str,
    ports: BTreeMap<&'a str, u16>,
    parameters: &'a indexmap::IndexMap<String, String>,
    versions: &'a indexmap::IndexMap<String, String>,
    uses: BTreeMap<&'a str, Peer>,
    bind: BTreeMap<&'a str, Role<'a>>,
}

/// What a role is bound to.
#[derive(Debug, Serialize)]
struct Role<'a> {
    kind: &'a str,
    name: &'a str,
    #[serde(flatten)]
    peer: Peer,
}

#[derive(Debug, Serialize)]
struct Peer {
    host: String,
    address: Option<String>,
    url: Option<String>,
    ports: BTreeMap<String, u16>,
}

impl<'a> Context<'a> {
    pub(super) fn new(resolved: &'a Resolved, component: &'a Component) -> Self {
        let ports = resolved.ports(component);
        let edges = component.uses.iter().map(|it| &resolved.edges[*it].to);
        let uses =
            edges.filter_map(|it| Some((it.name().as_str(), Peer::of(resolved, component, it.name())?)));
        let roles = resolved.common(component).bind.iter();
        let bind = roles.filter_map(|(role, it)| {
            let (kind, peer) = (resolved.kind(&it.target)?, Peer::of(resolved, component, &it.target)?);
            Some((role.as_str(), Role { kind, name: it.target.as_str(), peer }))
        });
        Self {
            name: component.name.as_str(),
            env: &resolved.environment,
            namespace: resolved.namespace(&component.namespace),
            ports: ports.map(|(name, port)| (name.as_str(), port.number.get())).collect(),
            parameters: &resolved.parameters,
            versions: &resolved.versions,
            uses: uses.collect(),
            bind: bind.collect(),
        }
    }
}

impl Peer {
    /// A component or external as another component sees it.
    fn of(resolved: &Resolved, from: &Component, name: &Name) -> Option<Self> {
        if let Some(target) = resolved.components.get(name) {
            let found = Address::of(resolved, target, None, Some(&from.namespace))?;
            let ports = found.ports.iter().map(|it| (it.name.to_string(), it.service)).collect();
            let (address, url) = (found.address(), found.url(None));
            return Some(Self { host: found.host, address, url, ports });
        }
        let external = resolved.stack.externals.get(name)?;
        let (host, port) = (external.host.clone(), external.port.get());
        let ports = BTreeMap::from([(name.to_string(), port)]);
        Some(Self { address: Some(format!("{host}:{port}")), host, url: None, ports })
    }
}
