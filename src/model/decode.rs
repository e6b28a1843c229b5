//! Spanned nodes to typed values. A decoder reports everything that is wrong and goes on: a field that cannot be
//! read falls back to its default, so that one mistake does not hide or cause others.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::hash::BuildHasher;
use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::codes;
use crate::diag::{At, Diagnostic, Sink, Sources, Span, is_slip, nearest};
use crate::document::codes::SECRET_MADE_HERE;
use crate::document::{asks_for_generation, generated};
use crate::syntax::reference::{has_reference, within};
use crate::syntax::{Hasher, Kind, Map, Node, Scalar};

/// What every decoder needs.
pub struct Cx<'a> {
    /// Where findings go.
    pub sink: RefCell<&'a mut Sink>,
    /// The texts, to point inside a scalar.
    pub sources: &'a Sources,
    shared: RefCell<IndexMap<(usize, TypeId), Shared, Hasher>>,
}

/// A mapping or list that was read, which is kept so that its address stays its own, and its value.
type Shared = (Kind, Arc<dyn Any + Send + Sync>);

impl std::fmt::Debug for Cx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cx")
    }
}

/// A value and the place of its key (for a list item: of the item), which stands for the whole in a message.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The value.
    pub node: &'a Node,
    /// The key.
    pub key: Span,
}

/// A type of the stack language: read from a node, described by a JSON Schema.
pub trait Decode: Sized + JsonSchema {
    /// The value, or `None` after a report.
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self>;

    /// The value where nothing is written; `None` where something must be.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

impl<'a> Cx<'a> {
    /// A decoding context.
    pub fn new(sources: &'a Sources, sink: &'a mut Sink) -> Self {
        Self { sink: RefCell::new(sink), sources, shared: RefCell::default() }
    }

    /// Reports a finding.
    pub fn push(&self, diagnostic: Diagnostic) {
        self.sink.borrow_mut().push(diagnostic);
    }

    /// Whether a key was refused before, because of what it would do with a secret.
    fn is_refused(&self, key: Span) -> bool {
        let refused = |it: &Diagnostic| it.code.id == SECRET_MADE_HERE.id && it.primary.at == At::Span(key);
        self.sink.borrow().findings().iter().any(refused)
    }

    /// Reports that something else was expected.
    pub fn wrong_type(&self, node: &Node, expected: &str) {
        let message = format!("expected {expected}, found {}", describe(node));
        self.push(Diagnostic::at_span(&codes::WRONG_TYPE, node.span, message));
    }

    /// The text of a scalar that is no reference.
    pub fn text<'n>(&self, node: &'n Node, expected: &str) -> Option<&'n Scalar> {
        self.scalar(node, || expected.to_owned())
    }

    /// The same of one that is among some words; whether it is, is the caller's to say.
    pub fn word<'n>(&self, node: &'n Node, words: &[&str]) -> Option<&'n Scalar> {
        self.scalar(node, || format!("one of {}", crate::diag::and_list(words.iter().copied())))
    }

    fn scalar<'n>(&self, node: &'n Node, expected: impl FnOnce() -> String) -> Option<&'n Scalar> {
        let Some(scalar) = node.as_scalar().filter(|_| !node.is_null()) else {
            self.wrong_type(node, &expected());
            return None;
        };
        if has_reference(&scalar.text)
            && let Some(start) = scalar.text.find("${")
        {
            let end = scalar.text[start..].find('}').map_or(scalar.text.len(), |it| start + it + 1);
            let reference = &scalar.text[start..end];
            let at = within(self.sources, node.span, reference);
            let message = format!("`{reference}` has no meaning here");
            self.push(
                Diagnostic::at_span(&codes::REFERENCE_NOT_ALLOWED, at, message)
                    .note("here only `${parameters.…}`, `${versions.…}`, `${env}` and, in a component, `${name}` are known"),
            );
            return None;
        }
        Some(scalar)
    }
}

/// A node in words: `a list`, `the text "x"`, `the number 3`.
fn describe(node: &Node) -> String {
    match &node.kind {
        Kind::Map(_) => "a mapping".to_owned(),
        Kind::Seq(_) => "a list".to_owned(),
        Kind::Scalar(_) if node.is_null() => "nothing".to_owned(),
        Kind::Scalar(it) => {
            let short: String = it.text.chars().take(40).collect();
            if it.plain && it.text.parse::<f64>().is_ok() {
                format!("the number {short}")
            } else if it.plain && matches!(&*it.text, "true" | "false") {
                format!("the boolean {short}")
            } else {
                format!("the text `{short}`")
            }
        }
    }
}

/// The fields of a mapping while they are read.
#[derive(Debug)]
pub struct Fields<'a> {
    map: &'a Map,
    key: Span,
    /// Whether the mapping merges over profiles.
    profiled: bool,
    /// Whether it asks for a secret to be made: what is missing then is what that stands in place of.
    refused: bool,
}

impl<'a> Fields<'a> {
    /// The fields of a node; reports a node that is no mapping and every key that is not in `known`.
    pub fn open(at: Place<'a>, known: &[&str], cx: &Cx<'_>) -> Option<Self> {
        let Some(map) = at.node.as_map() else {
            cx.wrong_type(at.node, &format!("a mapping with {}", examples(known)));
            return None;
        };
        let mut refused = false;
        for (name, entry) in map {
            if known.contains(&&**name) {
                continue;
            }
            let told = cx.is_refused(entry.key);
            refused |= told || asks_for_generation(name);
            if told {
                continue;
            }
            cx.push(unknown_field(name, entry.key, known));
        }
        Some(Self { map, key: at.key, profiled: known.contains(&"profile"), refused })
    }

    /// The fields of a node in which some keys exclude each other, and the one of these that is written; reports, too,
    /// none and several. It does so before any field is read, so that what is wrong below does not hide it.
    pub fn open_choice<'k>(
        at: Place<'a>,
        known: &[&str],
        alternatives: &[&'k str],
        cx: &Cx<'_>,
    ) -> Option<(Self, Option<&'k str>)> {
        let fields = Self::open(at, known, cx)?;
        Some((fields, chosen(at, alternatives, cx)))
    }

    /// One field, or its default.
    pub fn get<T: Decode>(&self, name: &str, cx: &Cx<'_>, default: impl FnOnce() -> Option<T>) -> Option<T> {
        match self.map.get(name) {
            Some(entry) => T::decode(Place { node: &entry.value, key: entry.key }, cx)
                .or_else(default)
                .or_else(T::absent),
            None => default().or_else(T::absent).or_else(|| {
                if self.refused {
                    return None;
                }
                let place = if self.profiled { ", here or in a profile" } else { "" };
                cx.push(
                    Diagnostic::at_span(&codes::MISSING_FIELD, self.key, format!("`{name}` is missing"))
                        .help(format!("add `{name}`{place}")),
                );
                None
            }),
        }
    }
}

fn examples(known: &[&str]) -> String {
    let shown: Vec<&str> = known.iter().take(4).copied().collect();
    if known.len() > shown.len() {
        format!("{}, …", shown.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "))
    } else {
        crate::diag::and_list(shown)
    }
}

/// A key that the mapping does not have, with the nearest that it has.
pub(super) fn unknown_field(name: &str, at: Span, known: &[&str]) -> Diagnostic {
    if asks_for_generation(name) {
        return generated(&format!("`{name}`"), at);
    }
    let found = Diagnostic::at_span(&codes::UNKNOWN_FIELD, at, format!("unknown field `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => {
            let certain = is_slip(name, near, known.iter().copied());
            found.write(near, At::Span(at), certain.then_some(name))
        }
        None => found.help(format!("the fields here are {}", crate::diag::and_list(known.iter().copied()))),
    }
}

/// A type that may name the keys of a map.
pub trait Key: Sized + Eq + std::hash::Hash {
    /// The key, or what is wrong with it.
    ///
    /// # Errors
    /// Why the text is no such key.
    fn key(text: &str) -> Result<Self, String>;

    /// The same of a text that can be shared with the document.
    ///
    /// # Errors
    /// Why the text is no such key.
    fn shared(text: &Arc<str>) -> Result<Self, String> {
        Self::key(text)
    }
}

impl<K: Key + JsonSchema, V: Decode, S: BuildHasher + Default> Decode for IndexMap<K, V, S> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let Some(map) = at.node.as_map() else {
            cx.wrong_type(at.node, "a mapping");
            return None;
        };
        let mut found = Self::with_capacity_and_hasher(map.len(), S::default());
        for (name, entry) in map {
            let value = V::decode(Place { node: &entry.value, key: entry.key }, cx);
            match K::shared(name) {
                Ok(key) => {
                    if let Some(value) = value {
                        found.insert(key, value);
                    }
                }
                Err(why) => cx.push(Diagnostic::at_span(&codes::BAD_NAME, entry.key, why)),
            }
        }
        Some(found)
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let Some(items) = at.node.as_seq() else {
            cx.wrong_type(at.node, "a list");
            return None;
        };
        Some(items.iter().filter_map(|node| T::decode(Place { node, key: node.span }, cx)).collect())
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        T::decode(at, cx).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// What several components have from one profile is read once.
impl<T: Decode + Send + Sync + 'static> Decode for Arc<T> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let address = match &at.node.kind {
            Kind::Map(it) => Arc::as_ptr(it).addr(),
            Kind::Seq(it) => Arc::as_ptr(it).addr(),
            Kind::Scalar(_) => return T::decode(at, cx).map(Self::new),
        };
        let key = (address, TypeId::of::<T>());
        if let Some((_, known)) = cx.shared.borrow().get(&key) {
            return Arc::clone(known).downcast().ok();
        }
        let before = cx.sink.borrow().len();
        let value = Self::new(T::decode(at, cx)?);
        // What is wrong in it is reported wherever it is read.
        if cx.sink.borrow().len() == before {
            cx.shared.borrow_mut().insert(key, (at.node.kind.clone(), Self::clone(&value) as _));
        }
        Some(value)
    }

    fn absent() -> Option<Self> {
        T::absent().map(Self::new)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        T::decode(at, cx).map(Box::new)
    }

    fn absent() -> Option<Self> {
        T::absent().map(Box::new)
    }
}

impl Decode for bool {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let scalar = cx.text(at.node, "`true` or `false`")?;
        match (&*scalar.text, scalar.plain) {
            ("true" | "True" | "TRUE", true) => Some(true),
            ("false" | "False" | "FALSE", true) => Some(false),
            _ => {
                cx.wrong_type(at.node, "`true` or `false`");
                None
            }
        }
    }
}

impl Decode for i32 {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        integer(at, cx)
    }
}

impl Decode for u32 {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        integer(at, cx)
    }
}

impl Decode for i64 {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        integer(at, cx)
    }
}

fn integer<T: std::str::FromStr>(at: Place<'_>, cx: &Cx<'_>) -> Option<T> {
    let scalar = cx.text(at.node, "a whole number")?;
    match scalar.text.parse() {
        Ok(number) if scalar.plain => Some(number),
        _ => {
            cx.wrong_type(at.node, "a whole number");
            None
        }
    }
}

impl Decode for String {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        cx.text(at.node, "text").map(|it| it.text.to_string())
    }
}

impl Decode for Arc<str> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        cx.text(at.node, "text").map(|it| Arc::clone(&it.text))
    }
}

impl Key for String {
    fn key(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("an empty key".to_owned()) } else { Ok(text.to_owned()) }
    }
}

/// One value or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        match at.node.as_seq() {
            Some(_) => Vec::decode(at, cx).map(Self),
            None => T::decode(at, cx).map(|it| Self(vec![it])),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self(Vec::new()))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// The one key of a choice that is written; reports none and several.
fn chosen<'k>(at: Place<'_>, keys: &[&'k str], cx: &Cx<'_>) -> Option<&'k str> {
    let map = at.node.as_map()?;
    let written: Vec<&'k str> = keys.iter().copied().filter(|it| map.contains_key(*it)).collect();
    match written.as_slice() {
        [one] => Some(one),
        [] => {
            // Where a key is unknown it is likely the one that is missing, and it is reported already.
            let unknown = |it: &Diagnostic| {
                [codes::UNKNOWN_FIELD.id, SECRET_MADE_HERE.id].contains(&it.code.id)
                    && map.values().any(|entry| it.primary.at == At::Span(entry.key))
            };
            if !cx.sink.borrow().findings().iter().any(unknown) {
                let message = format!("one of {} is needed", crate::diag::and_list(keys.iter().copied()));
                cx.push(Diagnostic::at_span(&codes::NOT_ONE_OF, at.key, message));
            }
            None
        }
        [first, second, ..] => {
            let message = format!("`{first}` and `{second}` exclude each other");
            let place = |key: &str| map.get(key).map_or(at.key, |it| it.key);
            cx.push(
                Diagnostic::at_span(&codes::NOT_ONE_OF, place(second), message)
                    .also(At::Span(place(first)), "and here")
                    .help(format!("keep one of {}", crate::diag::and_list(keys.iter().copied()))),
            );
            None
        }
    }
}
