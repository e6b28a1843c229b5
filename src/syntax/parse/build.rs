//! Events to nodes. No recursion: what is open stands on a stack of at most [`MAX_DEPTH`] levels.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, ScalarStyle, ScanError, Span as Found, StructureStyle, Tag};

use super::{Findings, MAX_DEPTH, MAX_NODES, chars, explain, place, shortened, tag};
use crate::diag::{At, Diagnostic, Span, nearest};
use crate::syntax::{Entry, Kind, Map, Node, Scalar, codes, scalar};

/// What makes going on pointless has been reported.
pub(super) struct Stopped;

/// The document so far.
pub(super) struct Builder<'t, 'f, 's> {
    text: &'t str,
    found: &'f mut Findings<'s>,
    open: Vec<Open>,
    root: Option<Node>,
    /// Where the last token that was understood ends.
    cursor: usize,
    /// Keys and values so far, aliases expanded.
    nodes: usize,
    /// By granit's numbers, which count from 1; none while the value is open.
    anchors: Vec<Option<(Node, Size)>>,
    names: BTreeSet<Cow<'t, str>>,
}

/// A mapping or list whose end is not reached.
struct Open {
    start: usize,
    /// Whether it is written in brackets.
    bracket: bool,
    anchor: usize,
    size: Size,
    shape: Shape,
}

enum Shape {
    Seq(Vec<Node>),
    Map(Map, Option<Key>),
}

/// A key that waits for its value.
enum Key {
    Good(Arc<str>, Span),
    /// Reported; its value is dropped.
    Unusable,
}

/// Nodes and levels of a value, aliases expanded.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    height: usize,
}

impl Size {
    const SCALAR: Self = Self { nodes: 1, height: 0 };
}

impl<'t, 'f, 's> Builder<'t, 'f, 's> {
    pub(super) fn new(text: &'t str, found: &'f mut Findings<'s>) -> Self {
        let (open, anchors) = (Vec::new(), Vec::new());
        Self { text, found, open, root: None, cursor: 0, nodes: 0, anchors, names: BTreeSet::new() }
    }

    /// Begins where the document does.
    pub(super) fn begin_at(&mut self, at: usize) {
        self.cursor = at;
    }

    pub(super) fn found(&mut self) -> &mut Findings<'s> {
        self.found
    }

    /// The document, as far as it got.
    pub(super) fn finish(self) -> Option<Node> {
        self.root
    }

    /// The document that ends where the next one begins.
    pub(super) fn next(&mut self) -> Option<Node> {
        self.root.take()
    }

    /// Reports what granit found.
    pub(super) fn syntax_error(&mut self, error: &ScanError) {
        let bracket = self.open.iter().rev().find(|it| it.bracket).map(|it| it.start);
        let site = explain::Site { text: self.text, understood: self.cursor, bracket };
        let diagnostic = site.explain(error, self.found);
        self.found.push_last(diagnostic);
    }

    pub(super) fn event(&mut self, event: Event<'t>, at: Found) -> Result<(), Stopped> {
        let bytes = at.byte_range().unwrap_or_default();
        let tag_bytes = at.tag_span().and_then(|it| it.byte_range());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, &bytes)?;
                let tag = tag.as_deref().zip(tag_bytes);
                let node = self.scalar(text, style, tag, bytes);
                self.attach(node, Size::SCALAR, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.tag_of_collection(tag.as_deref().zip(tag_bytes), "seq");
                let start = if style == StructureStyle::Block { self.dash(bytes.start) } else { bytes.start };
                self.open(start, bytes, style, anchor, Shape::Seq(Vec::new()))?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.tag_of_collection(tag.as_deref().zip(tag_bytes), "map");
                self.open(bytes.start, bytes, style, anchor, Shape::Map(Map::default(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&bytes),
            Event::Alias(id) => self.alias(id, bytes)?,
            Event::UnresolvedAlias(name) => {
                self.count(1, &bytes)?;
                self.undefined(&name, bytes);
            }
            Event::Anchor(_, name) => {
                self.names.insert(name);
                self.cursor = self.cursor.max(bytes.end);
            }
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        tag: Option<(&Tag, Range<usize>)>,
        bytes: Range<usize>,
    ) -> Node {
        let empty = style == ScalarStyle::Plain && bytes.is_empty();
        // Where there is nothing, granit says `~`.
        let text = if empty { Cow::Borrowed("") } else { text };
        let at = match style {
            ScalarStyle::Plain if empty => self.nothing(bytes.start),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                place::block_scalar(self.text, self.cursor, bytes.clone())
            }
            _ => bytes.clone(),
        };
        if style == ScalarStyle::DoubleQuoted && text.contains(chars::forbidden) {
            chars::escaped_forbidden(&self.text[bytes.clone()], bytes.start, self.found);
        }
        let tag_end = tag.as_ref().map_or(0, |(_, bytes)| bytes.end);
        let plain = match tag {
            None => style == ScalarStyle::Plain,
            Some((tag, tag_bytes)) => tag::of_scalar(tag, &text).unwrap_or_else(|| {
                self.unsupported_tag(tag, tag_bytes);
                style == ScalarStyle::Plain
            }),
        };
        // An empty value may have a tag after the colon; an anchor comes as an event of its own.
        self.cursor = self.cursor.max(at.end).max(tag_end);
        let kind = Kind::Scalar(Scalar { text: text.into(), plain });
        Node { kind, span: self.found.span(at), beat: None }
    }

    /// Where a value stands that is not written: after its colon or dash, if it has one.
    fn nothing(&self, found: usize) -> Range<usize> {
        let at = match self.open.last() {
            Some(Open { shape: Shape::Map(_, Some(_)), .. }) => {
                place::after_colon(self.text, self.cursor).unwrap_or(self.cursor)
            }
            Some(Open { shape: Shape::Seq(_), bracket: false, .. }) => {
                place::indicator(self.text, self.cursor, b"-").map_or(found, |dash| dash + 1)
            }
            _ => found,
        };
        at..at
    }

    /// Where a block list begins. granit places a list that is indented no deeper than its key at its first item.
    fn dash(&self, found: usize) -> usize {
        let searched = self.awaits_value().then(|| place::indicator(self.text, self.cursor, b"-"));
        searched.flatten().unwrap_or(found)
    }

    fn awaits_value(&self) -> bool {
        matches!(self.open.last(), Some(Open { shape: Shape::Map(_, Some(_)), .. }))
    }

    fn open(
        &mut self,
        start: usize,
        bytes: Range<usize>,
        style: StructureStyle,
        anchor: usize,
        shape: Shape,
    ) -> Result<(), Stopped> {
        self.count(1, &bytes)?;
        if self.open.len() == MAX_DEPTH {
            let at = place::character(self.text, start);
            self.found.push_last(explain::nested_too_deep(self.found.span(at)));
            return Err(Stopped);
        }
        // A flow mapping of one pair (`[a: 1]`) has no brackets.
        let bracket = style == StructureStyle::Flow && self.text[bytes.clone()].starts_with(['[', '{']);
        self.cursor = if bracket { bytes.end } else { self.cursor.max(start) };
        self.open.push(Open { start, bracket, anchor, size: Size { nodes: 1, height: 1 }, shape });
        Ok(())
    }

    fn close(&mut self, bytes: &Range<usize>) {
        let Some(open) = self.open.pop() else { return };
        if open.bracket {
            self.cursor = bytes.end;
        }
        let span = self.found.span(open.start..self.cursor);
        let kind = match open.shape {
            Shape::Seq(items) => Kind::Seq(Arc::new(items)),
            Shape::Map(map, _) => Kind::Map(Arc::new(map)),
        };
        self.attach(Node { kind, span, beat: None }, open.size, open.anchor);
    }

    /// Puts a finished node where it belongs.
    fn attach(&mut self, node: Node, size: Size, anchor: usize) {
        if let Some(at) = anchor.checked_sub(1) {
            if self.anchors.len() <= at {
                self.anchors.resize(at + 1, None);
            }
            self.anchors[at] = Some((node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.size.nodes += size.nodes;
        open.size.height = open.size.height.max(size.height + 1);
        match &mut open.shape {
            Shape::Seq(items) => items.push(node),
            Shape::Map(map, awaiting) => match awaiting.take() {
                Some(Key::Good(name, key)) => {
                    map.insert(name, Entry { key, value: node });
                }
                Some(Key::Unusable) => {}
                None => *awaiting = Some(key(node, map, self.text, self.found)),
            },
        }
    }

    fn alias(&mut self, id: usize, bytes: Range<usize>) -> Result<(), Stopped> {
        self.cursor = bytes.end;
        let span = self.found.span(bytes.clone());
        let Some((target, size)) = id.checked_sub(1).and_then(|at| self.anchors.get(at)).cloned().flatten()
        else {
            self.count(1, &bytes)?;
            let name = shortened(&self.text[bytes]);
            self.found.push(|| {
                Diagnostic::at_span(
                    &codes::UNDEFINED_ALIAS,
                    span,
                    format!("the alias `{name}` stands inside the value that it names"),
                )
            });
            self.attach(null(span), Size::SCALAR, 0);
            return Ok(());
        };
        self.count(size.nodes, &bytes)?;
        if self.open.len() + size.height > MAX_DEPTH {
            self.found.push(|| explain::nested_too_deep(span).label("with what this alias stands for"));
            self.attach(null(span), Size::SCALAR, 0);
        } else {
            self.attach(Node { span, ..target }, size, 0);
        }
        Ok(())
    }

    fn undefined(&mut self, name: &str, bytes: Range<usize>) {
        self.cursor = bytes.end;
        let span = self.found.span(bytes);
        // Comparing names is quadratic in their length and number, both of which the file decides.
        let few = self.names.len() <= 1000 && name.len() <= 60;
        let candidates = self.names.iter().map(|it| &**it).filter(|it| few && it.len() <= 60);
        self.found.push(|| {
            // Without the name: it may be a password that nobody quoted.
            let message = "this alias has no anchor before it";
            let diagnostic = Diagnostic::at_span(&codes::UNDEFINED_ALIAS, span, message);
            match nearest(name, candidates) {
                Some(near) => diagnostic.help(format!("The anchor `&{near}` has a similar name.")),
                None => diagnostic.help("Quote a value that begins with `*`."),
            }
        });
        self.attach(null(span), Size::SCALAR, 0);
    }

    fn tag_of_collection(&mut self, tag: Option<(&Tag, Range<usize>)>, suffix: &str) {
        if let Some((tag, bytes)) = tag
            && !tag::fits_collection(tag, suffix)
        {
            self.unsupported_tag(tag, bytes);
        }
    }

    fn unsupported_tag(&mut self, tag: &Tag, bytes: Range<usize>) {
        let written = shortened(&self.text[bytes.clone()]);
        let span = self.found.span(bytes);
        self.found.push(|| {
            if tag.core_suffix().is_some() {
                let message = format!("the tag `{written}` does not fit its value");
                Diagnostic::at_span(&codes::UNSUPPORTED_TAG, span, message)
            } else {
                explain::unsupported_tag(span, &written)
            }
        });
    }

    fn count(&mut self, nodes: usize, bytes: &Range<usize>) -> Result<(), Stopped> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let at = if bytes.is_empty() { place::character(self.text, bytes.start) } else { bytes.clone() };
        let message = "the file holds more than 1,000,000 keys and values";
        let diagnostic = Diagnostic::at_span(&codes::TOO_MANY_NODES, self.found.span(at), message)
            .label("the limit is reached here")
            .note("Every alias counts as all that it stands for.");
        self.found.push_last(diagnostic);
        Err(Stopped)
    }
}

/// A node in the place of a key, checked.
fn key(node: Node, earlier: &Map, text: &str, found: &mut Findings) -> Key {
    let span = node.span;
    let Kind::Scalar(scalar) = node.kind else {
        found.push(|| collection_as_key(&node.kind, span, text));
        return Key::Unusable;
    };
    if scalar::is_null(&scalar) {
        if text[span.range()].starts_with('*') && scalar.text.is_empty() {
            return Key::Unusable; // An undefined alias, reported.
        }
        let at = if span.start == span.end { first_character(span, text, found) } else { span };
        found.push(|| {
            let what = if scalar.text.is_empty() { "a key is empty" } else { "a key is null" };
            Diagnostic::at_span(&codes::KEY_NOT_A_STRING, at, what)
                .help("Quote the key if it is meant as text.")
        });
        return Key::Unusable;
    }
    if &*scalar.text == "<<" {
        found.push(|| {
            Diagnostic::at_span(&codes::MERGE_KEY, span, "merge keys are not supported")
                .note("Readers treat them differently, and Kustomize drops a key `<<`.")
                .help("Use a profile, or an anchor on the whole value.")
        });
        return Key::Unusable;
    }
    if let Some(first) = earlier.get(&scalar.text) {
        found.push(|| {
            let message = format!("the key `{}` is given twice", shortened(&scalar.text));
            Diagnostic::at_span(&codes::DUPLICATE_KEY, span, message)
                .label("given again here")
                .also(At::Span(first.key), "first given here")
        });
        return Key::Unusable;
    }
    Key::Good(scalar.text, span)
}

fn collection_as_key(kind: &Kind, span: Span, text: &str) -> Diagnostic {
    let template = text[..span.range().start].ends_with('{') && text[span.range()].starts_with('{');
    let what = if matches!(kind, Kind::Map(_)) { "a mapping" } else { "a list" };
    let diagnostic = Diagnostic::at_span(&codes::KEY_NOT_A_STRING, span, format!("a key is {what}"));
    if template {
        diagnostic.help("Quote a value that begins with `{{`.")
    } else {
        diagnostic.help("Use a string as the key.")
    }
}

/// The colon, or the `?`, of a key that is not written.
fn first_character(span: Span, text: &str, found: &Findings) -> Span {
    let mut at = place::skip_blank(text, span.range().start);
    if text[at..].starts_with(',') {
        at = place::skip_blank(text, at + 1);
    }
    found.span(place::character(text, at))
}

/// What stands where nothing usable was written.
fn null(span: Span) -> Node {
    Node { kind: Kind::Scalar(Scalar { text: "".into(), plain: true }), span, beat: None }
}
