//! What Kubernetes knows of its kinds, from `schemas/kubernetes.txt` (`schemas/README.md` says how to read it).
//!
//! Nothing is read before there is an object to check; then the text is gone through once for where things stand in it, and
//! each definition is read when something of it is met.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use super::shape::{Field, Fields, Kind, Limits, Minor, Shape, Versions};

/// The text, which is built into the program.
static TEXT: &str = include_str!("../../../schemas/kubernetes.txt");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(TEXT));

/// Where things stand in the text.
#[derive(Debug)]
pub(super) struct Table {
    /// The versions that are covered.
    pub covered: Versions,
    pub kinds: Vec<Known>,
    pub gone: Vec<Gone>,
    definitions: BTreeMap<&'static str, Definition>,
}

/// A kind in an API version.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub namespaced: bool,
    pub definition: &'static str,
    pub deprecated: Option<Minor>,
    /// What replaces it: group, version and kind.
    pub instead: Option<&'static str>,
    pub versions: Versions,
}

/// A kind in an API version that was removed before the versions that are covered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub instead: Option<&'static str>,
    pub removed: Minor,
}

#[derive(Debug)]
struct Definition {
    lines: &'static str,
    read: OnceLock<Shape>,
}

/// The table of the program.
pub(super) fn table() -> &'static Table {
    &TABLE
}

impl Table {
    fn read(text: &'static str) -> Self {
        let mut table = Self {
            covered: Versions { from: Minor::MAX, to: 0 },
            kinds: Vec::new(),
            gone: Vec::new(),
            definitions: BTreeMap::new(),
        };
        let (head, definitions) = text.split_once("\n=").expect("the file has definitions");
        for line in head.lines() {
            let (line, versions) = ranged(line);
            let words: Vec<&str> = line.split(' ').collect();
            let said = |key: &str| words.iter().find_map(|it| it.strip_prefix(key)?.strip_prefix('='));
            let minor = |key: &str| said(key).and_then(|it| it.parse().ok());
            match *words.as_slice() {
                ["versions", from, to] => {
                    let minor = |it: &str| it.parse().expect("a minor version");
                    table.covered = Versions { from: minor(from), to: minor(to) };
                }
                ["kind", api_version, kind, scope, definition, ..] => table.kinds.push(Known {
                    api_version,
                    kind,
                    namespaced: scope == "namespace",
                    definition,
                    deprecated: minor("deprecated"),
                    instead: said("instead"),
                    versions,
                }),
                ["gone", api_version, kind, ..] => table.gone.push(Gone {
                    api_version,
                    kind,
                    instead: said("instead"),
                    removed: minor("removed").expect("what is gone was removed"),
                }),
                _ => {}
            }
        }
        for block in definitions.split("\n=") {
            let (name, lines) = block.split_once('\n').unwrap_or((block, ""));
            table.definitions.insert(name, Definition { lines, read: OnceLock::new() });
        }
        table
    }

    /// A definition; anything, where there is none of that name.
    pub(super) fn definition(&self, name: &str) -> &Shape {
        static ANY: Shape = Shape { kind: Kind::Any, limits: None };
        self.definitions.get(name).map_or(&ANY, |it| it.read.get_or_init(|| definition(it.lines)))
    }

    /// A kind in an API version, of whatever version of Kubernetes.
    pub(super) fn find(&self, api_version: &str, kind: &str) -> impl Iterator<Item = &Known> {
        self.kinds.iter().filter(move |it| it.api_version == api_version && it.kind == kind)
    }
}

/// A definition; without fields' names it is only a name for something else.
fn definition(lines: &'static str) -> Shape {
    let mut fields = Fields::default();
    for line in lines.lines() {
        let (line, versions) = ranged(line);
        let (name, text) = line.split_once(' ').expect("a field has a type");
        if name.is_empty() {
            return shape(text);
        }
        let required = name.ends_with('!');
        let mut shape = shape(text);
        if let (Kind::Text, Some(limits), false) = (&shape.kind, &mut shape.limits, required) {
            // An empty text is left out when the object is written by Go, so it is as good as none.
            limits.values.push("".into());
        }
        let field = Field { shape, required, versions };
        fields.known.entry(name.trim_end_matches('!').into()).or_default().push(field);
    }
    Kind::Fields(fields).into()
}

fn shape(text: &'static str) -> Shape {
    if let Some(items) = text.strip_prefix('[') {
        return Kind::List(Box::new(shape(items))).into();
    }
    if let Some(values) = text.strip_prefix('{') {
        return Kind::Map(Box::new(shape(values))).into();
    }
    if let Some(name) = text.strip_prefix('=') {
        return Kind::Named(name).into();
    }
    let (name, values) = text.split_once('|').unwrap_or((text, ""));
    let kind = match name {
        "string" => Kind::Text,
        "int32" => Kind::Int32,
        "int64" => Kind::Int64,
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "quantity" => Kind::Quantity,
        "int-or-string" => Kind::IntOrText,
        _ => Kind::Any,
    };
    let values: Vec<_> = values.split('|').filter(|it| !it.is_empty()).map(Into::into).collect();
    let limits = (!values.is_empty()).then(|| Box::new(Limits { values, ..Limits::default() }));
    Shape { kind, limits }
}

/// A line without the versions at its end, and the versions.
fn ranged(line: &'static str) -> (&'static str, Versions) {
    let Some((line, range)) = line.rsplit_once(" @") else { return (line, Versions::ALL) };
    let (from, to) = range.split_once('-').expect("a range has two ends");
    (line, Versions { from: from.parse().unwrap_or(0), to: to.parse().unwrap_or(Minor::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_that_is_named_is_there() {
        fn named(shape: &Shape, found: &mut Vec<&'static str>) {
            match &shape.kind {
                Kind::List(it) | Kind::Map(it) => named(it, found),
                Kind::Named(name) => found.push(name),
                Kind::Fields(fields) => {
                    fields.known.values().flatten().for_each(|it| named(&it.shape, found));
                }
                _ => {}
            }
        }
        let mut found: Vec<&str> = table().kinds.iter().map(|it| it.definition).collect();
        table().definitions.keys().for_each(|it| named(table().definition(it), &mut found));
        assert!(found.len() > 500, "{}", found.len());
        for name in found {
            assert!(table().definitions.contains_key(name), "{name}");
        }
        assert!(matches!(table().definition("core.v1.Container").kind, Kind::Fields(_)));
    }

    /// Typed objects are those of the newest version, so that nothing that they have is unknown here.
    #[test]
    fn the_newest_version_is_the_one_of_the_types() {
        let feature = format!("\"v1_{}\"", table().covered.to);
        assert!(include_str!("../../../Cargo.toml").contains(&feature));
    }
}
