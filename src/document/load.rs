//! The stack's files: the entry, what it includes, the versions, the overlays of its environments.

use std::sync::Arc;

use indexmap::IndexMap;

use super::codes;
use super::files::{FileError, Files};
use crate::diag::{At, Diagnostic, FileId, Sink, Sources, Span};
use crate::syntax::dotenv::parse_dotenv;
use crate::syntax::parse::{self, parse};
use crate::syntax::{Entry, Kind, Map, Node};

/// What every environment of a stack starts from.
#[derive(Debug)]
pub struct Loaded {
    /// The stack with its includes, as written.
    pub root: Node,
    /// The entries of the `versions` file.
    pub versions: Map,
    /// Overlay files by path.
    pub overlays: IndexMap<String, Node>,
}

/// Reads the entry file and everything it names. `None` when there is no stack to speak of.
pub fn load(files: &dyn Files, entry: &str, sources: &mut Sources, sink: &mut Sink) -> Option<Loaded> {
    let mut root = read_yaml(files, entry, None, sources, sink)?;
    if root.as_map().is_none() {
        let message = "a stack is a mapping that starts with `stackgen: 1`";
        sink.push(Diagnostic::at_span(&codes::FILE_UNREADABLE, root.span, message));
        return None;
    }
    for (pattern, span) in strings(root.get("include")) {
        for path in matching(files, &pattern, "include", span, sink) {
            if path != entry
                && let Some(part) = read_yaml(files, &path, Some(span), sources, sink)
            {
                join(&mut root, &part, sources, sink);
            }
        }
    }
    let versions = match root.get("versions").and_then(|it| Some((it.as_scalar()?.text.to_string(), it.span)))
    {
        Some((path, span)) => read_text(files, &path, At::Span(span), sources, sink)
            .map(|file| parse_dotenv(sources, file, sink))
            .unwrap_or_default(),
        None => Map::default(),
    };
    let overlays = overlays(files, &root, sources, sink);
    Some(Loaded { root, versions, overlays })
}

/// Reads and registers one text file; reports what keeps it from being read at `from`.
pub(crate) fn read_text(
    files: &dyn Files,
    path: &str,
    at: At,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Option<FileId> {
    let bytes = match files.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            sink.push(unreadable(path, &error, at));
            return None;
        }
    };
    match parse::text(bytes) {
        Ok(text) => Some(sources.add(path, text)),
        Err(not_text) => {
            let mut found = not_text.report(path);
            found.primary.at = at;
            sink.push(found);
            None
        }
    }
}

/// Why a file of the stack cannot be had, as a finding at the place that names it.
pub(crate) fn unreadable(path: &str, error: &FileError, at: At) -> Diagnostic {
    match error {
        FileError::NotFound(near) => {
            let found = Diagnostic::new(&codes::FILE_NOT_FOUND, at, format!("there is no file `{path}`"));
            match near {
                Some(near) => found.help(format!("a file `{near}` exists")),
                None => found.help("paths are relative to the stack's folder"),
            }
        }
        FileError::Outside => {
            Diagnostic::new(&codes::FILE_OUTSIDE, at, format!("`{path}` leaves the stack's folder"))
                .note("what a stack renders to depends on its own folder alone")
                .help("put the file into the stack's folder")
        }
        FileError::NotAFile => {
            Diagnostic::new(&codes::FILE_UNREADABLE, at, format!("`{path}` is not a regular file"))
        }
        FileError::TooLarge(limit) => {
            let message = format!("`{path}` is larger than {} MiB", limit / (1024 * 1024));
            Diagnostic::new(&codes::FILE_UNREADABLE, at, message)
        }
        FileError::Failed(why) => {
            Diagnostic::new(&codes::FILE_UNREADABLE, at, format!("`{path}` cannot be read: {why}"))
        }
    }
}

fn read_yaml(
    files: &dyn Files,
    path: &str,
    from: Option<Span>,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Option<Node> {
    let at = from.map_or(At::Nowhere, At::Span);
    let file = read_text(files, path, at, sources, sink)?;
    parse(sources, file, sink)
}

/// The files that a pattern of `section` matches; reports at `span` that there are none.
pub(crate) fn matching(
    files: &dyn Files,
    pattern: &str,
    section: &str,
    span: Span,
    sink: &mut Sink,
) -> Vec<String> {
    match files.glob(pattern) {
        Ok(paths) if paths.is_empty() => {
            let message = format!("`{section}`: `{pattern}` matches no file");
            sink.push(Diagnostic::at_span(&codes::FILE_NOT_FOUND, span, message));
            Vec::new()
        }
        Ok(paths) => paths,
        Err(error) => {
            sink.push(unreadable(pattern, &error, At::Span(span)));
            Vec::new()
        }
    }
}

/// Puts an included file's entries beside the stack's; the same entry twice is a finding.
fn join(root: &mut Node, part: &Node, sources: &Sources, sink: &mut Sink) {
    let (Kind::Map(root), Some(part)) = (&mut root.kind, part.as_map()) else {
        let message = format!("`{}` is included but is not a mapping", sources.path(part.span.file));
        sink.push(Diagnostic::at_span(&codes::FILE_UNREADABLE, part.span, message));
        return;
    };
    let root = Arc::make_mut(root);
    for (section, entry) in part {
        let Some(old) = root.get_mut(section) else {
            root.insert(Arc::clone(section), entry.clone());
            continue;
        };
        let (Kind::Map(under), Some(over)) = (&mut old.value.kind, entry.value.as_map()) else {
            sink.push(twice(section, old.key, entry));
            continue;
        };
        let under = Arc::make_mut(under);
        for (name, entry) in over {
            match under.get(name) {
                Some(first) => sink.push(twice(name, first.key, entry)),
                None => {
                    under.insert(Arc::clone(name), entry.clone());
                }
            }
        }
    }
}

fn twice(name: &str, first: Span, again: &Entry) -> Diagnostic {
    Diagnostic::at_span(&codes::DECLARED_TWICE, again.key, format!("`{name}` is declared in two files"))
        .also(At::Span(first), "first declared here")
}

fn overlays(
    files: &dyn Files,
    root: &Node,
    sources: &mut Sources,
    sink: &mut Sink,
) -> IndexMap<String, Node> {
    let mut found = IndexMap::new();
    let environments = root.get("environments").and_then(Node::as_map).into_iter().flatten();
    for (_, environment) in environments {
        for (path, span) in strings(environment.value.get("overlays")) {
            if !found.contains_key(&path)
                && let Some(node) = read_yaml(files, &path, Some(span), sources, sink)
            {
                found.insert(path, node);
            }
        }
    }
    found
}

/// The texts of a scalar or of a list of scalars; the decoder reports what is neither.
pub(super) fn strings(node: Option<&Node>) -> Vec<(String, Span)> {
    let Some(node) = node else { return Vec::new() };
    let one = |it: &Node| it.as_scalar().map(|scalar| (scalar.text.to_string(), it.span));
    match node.as_seq() {
        Some(items) => items.iter().filter_map(one).collect(),
        None => one(node).into_iter().collect(),
    }
}
