//! A shipped stack: its files, and every key and value of them with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

use stackgen::diag::{Sink, Sources};
use stackgen::syntax::parse::parse;
use stackgen::syntax::{Kind, Node};

use super::schema::{Leaves, Schema};
use crate::support::memory::Memory;

/// The files of a stack, each with its places in the order written.
pub(super) struct Stack<'s> {
    pub(super) name: String,
    pub(super) files: BTreeMap<String, String>,
    pub(super) places: Vec<Place<'s>>,
    /// The names that each section of the stack declares.
    pub(super) declared: BTreeMap<String, BTreeSet<String>>,
    pub(super) environments: Vec<String>,
    /// An environment of each overlay file.
    overlays: BTreeMap<String, String>,
}

/// A value, under a key or in a list.
pub(super) struct Place<'s> {
    pub(super) file: String,
    pub(super) route: Vec<String>,
    /// Where its key is; none for items of lists.
    pub(super) key: Option<Range<usize>>,
    pub(super) value: Range<usize>,
    /// Its text; none for mappings and lists.
    pub(super) text: Option<String>,
    /// Whether it stands in braces or brackets.
    pub(super) in_flow: bool,
    /// Whether its key is a field of the language.
    pub(super) is_field: bool,
    /// What it may be.
    pub(super) known: Leaves<'s>,
    /// The other entries of the mapping that it is in, as text.
    pub(super) beside: BTreeMap<String, String>,
}

impl<'s> Stack<'s> {
    pub(super) fn read(name: &str, schema: &'s Schema) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks").join(name);
        let mut files = BTreeMap::new();
        gather(&folder, &folder, &mut files);
        let mut stack = Self {
            name: name.to_owned(),
            files,
            places: Vec::new(),
            declared: BTreeMap::new(),
            environments: Vec::new(),
            overlays: BTreeMap::new(),
        };
        let (mut sources, mut sink) = (Sources::default(), Sink::default());
        let mut read = |path: &str| {
            let file = sources.add(path, stack.files[path].clone());
            parse(&sources, file, &mut sink).unwrap()
        };
        // The frame says what the other files are.
        let mut roots = vec![("stack.yaml".to_owned(), read("stack.yaml"))];
        for one in listed(roots[0].1.get("include")) {
            roots.push((one.clone(), read(&one)));
        }
        let environments = roots[0].1.get("environments").and_then(Node::as_map).cloned();
        for (environment, entry) in environments.iter().flatten() {
            stack.environments.push(environment.to_string());
            for one in listed(entry.value.get("overlays")) {
                if stack.overlays.insert(one.clone(), environment.to_string()).is_none() {
                    roots.push((one.clone(), read(&one)));
                }
            }
        }
        for (path, root) in &roots {
            let known = if stack.overlays.contains_key(path) {
                schema.entries(&schema.field(&schema.root(), "environments").unwrap())
            } else {
                for (section, entry) in root.as_map().into_iter().flatten() {
                    let names = entry.value.as_map().into_iter().flatten().map(|it| it.0.to_string());
                    stack.declared.entry(section.to_string()).or_default().extend(names);
                }
                schema.root()
            };
            let start = stack.places.len();
            let walk = Walk { schema, file: path, text: &stack.files[path] };
            walk.all(root, &known, &[], &mut stack.places);
            // What an alias repeats is one place.
            let mut seen = BTreeSet::new();
            let new = stack.places.split_off(start);
            stack.places.extend(new.into_iter().filter(|it| seen.insert((it.value.start, it.value.end))));
        }
        stack
    }

    /// The environment that reads a place.
    pub(super) fn environment(&self, place: &Place<'_>) -> String {
        if let Some(environment) = self.overlays.get(&place.file) {
            return environment.clone();
        }
        match place.route.as_slice() {
            [section, environment, ..] if section == "environments" => environment.clone(),
            _ => self.environments[0].clone(),
        }
    }

    /// The files with one of them changed.
    pub(super) fn with(&self, file: &str, text: String) -> Memory {
        let mut files = self.files.clone();
        files.insert(file.to_owned(), text);
        Memory(files)
    }
}

impl Place<'_> {
    /// The last step to it.
    pub(super) fn name(&self) -> &str {
        self.route.last().map_or("", String::as_str)
    }

    /// Where its line, or its entry, begins.
    pub(super) fn start(&self) -> usize {
        self.key.as_ref().map_or(self.value.start, |it| it.start)
    }
}

struct Walk<'s, 't> {
    schema: &'s Schema,
    file: &'t str,
    text: &'t str,
}

impl<'s> Walk<'s, '_> {
    fn all(
        &self,
        node: &Node,
        known: &[&'s serde_json::Value],
        route: &[String],
        found: &mut Vec<Place<'s>>,
    ) {
        let in_flow = self.text[node.span.range()].starts_with(['{', '[']);
        match &node.kind {
            Kind::Map(map) => {
                let texts = map
                    .iter()
                    .filter_map(|(key, it)| Some((key.to_string(), it.value.as_scalar()?.text.to_string())));
                let beside: BTreeMap<String, String> = texts.collect();
                for (key, entry) in &**map {
                    let field = self.schema.field(known, key);
                    let is_field = field.is_some();
                    let below = field.unwrap_or_else(|| self.schema.entries(known));
                    let route: Vec<String> = route.iter().cloned().chain([key.to_string()]).collect();
                    found.push(Place {
                        file: self.file.to_owned(),
                        key: Some(entry.key.range()),
                        value: entry.value.span.range(),
                        text: entry.value.as_scalar().map(|it| it.text.to_string()),
                        in_flow,
                        is_field,
                        known: below.clone(),
                        beside: beside.clone(),
                        route: route.clone(),
                    });
                    self.all(&entry.value, &below, &route, found);
                }
            }
            Kind::Seq(items) => {
                let below = self.schema.items(known);
                for (index, item) in items.iter().enumerate() {
                    let route: Vec<String> = route.iter().cloned().chain([index.to_string()]).collect();
                    found.push(Place {
                        file: self.file.to_owned(),
                        key: None,
                        value: item.span.range(),
                        text: item.as_scalar().map(|it| it.text.to_string()),
                        in_flow,
                        is_field: false,
                        known: below.clone(),
                        beside: BTreeMap::new(),
                        route: route.clone(),
                    });
                    self.all(item, &below, &route, found);
                }
            }
            Kind::Scalar(_) => {}
        }
    }
}

/// The texts of one or several.
fn listed(node: Option<&Node>) -> Vec<String> {
    let all = node.into_iter().flat_map(|it| it.as_seq().map_or_else(|| vec![it], |it| it.iter().collect()));
    all.filter_map(|it| Some(it.as_scalar()?.text.to_string())).collect()
}

fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, text);
        }
    }
}
