//! The readers of YAML and `.env` files from outside: exact spans, and no text that breaks them.

use std::fmt::Write as _;
use std::ops::Range;

use proptest::prelude::*;
use stackgen::diag::{At, FileId, Sink, Sources};
use stackgen::syntax::dotenv::parse_dotenv;
use stackgen::syntax::parse::{MAX_BYTES, parse};
use stackgen::syntax::{Kind, Node};

fn read(text: &str) -> (Sources, FileId, Sink, Option<Node>) {
    let mut sources = Sources::default();
    let file = sources.add("stack.yaml", text);
    let mut sink = Sink::default();
    let node = parse(&sources, file, &mut sink);
    (sources, file, sink, node)
}

/// Route, slice of the key and slice of the value of every node, in document order.
fn slices(sources: &Sources, node: &Node) -> Vec<(String, String, String)> {
    fn walk(sources: &Sources, node: &Node, key: &str, route: &str, out: &mut Vec<(String, String, String)>) {
        out.push((route.to_owned(), key.to_owned(), sources.slice(node.span).to_owned()));
        match &node.kind {
            Kind::Scalar(_) => {}
            Kind::Seq(items) => {
                for (at, item) in items.iter().enumerate() {
                    walk(sources, item, "", &format!("{route}/{at}"), out);
                }
            }
            Kind::Map(map) => {
                for (name, entry) in map.iter() {
                    walk(sources, &entry.value, sources.slice(entry.key), &format!("{route}/{name}"), out);
                }
            }
        }
    }
    let mut out = Vec::new();
    walk(sources, node, "", "", &mut out);
    out
}

const DOCUMENT: &str = "\u{feff}# 一 stack 🦀\n\
%YAML 1.2\n\
---\n\
name: 商店   # trailing\n\
\"quoted 🦀 key\" : 'it''s'\n\
empty:\n\
tilde: ~\n\
folded: >-   # header comment\n\
\x20 first 行\n\
\x20 second  \n\
\n\
# not text\n\
literal: |2+\n\
\x20    indented\n\
\x20 # text\n\
\n\
multi: one\n\
\x20 two  # c\n\
\"double\":\t\"a\\\n\
\x20 b\"\n\
tight:\n\
- 1\n\
-   # nothing\n\
- - x\n\
\x20 - y\n\
-\n\
\x20 k: v\n\
\n\
\x20 # inside\n\
\x20 l:\n\
# after\n\
wide:\n\
\x20   - &anchor\n\
\x20     deep: { a: 1, b, \"c\":d, e: , f: [x: , y: 1], 🦀: [ ] } # c\n\
\x20   - *anchor\n\
\x20   - !!str 5\n\
tagged: !!map &m\n\
\x20 z: !!null\n\
? explicit # c\n\
: - p\n\
\x20 - |\n\
\x20    q\n\
? alone\n\
url: http://x.y/z?a=b#c\n\
last: &l\n\
...\n\
# end\n";

#[test]
fn spans_of_a_varied_document_are_exact() {
    for newline in ["\n", "\r\n"] {
        // A byte order mark, comments and directives come first, so offsets are not those of a plain file.
        let text = DOCUMENT.replace('\n', newline);
        let (sources, _, sink, node) = read(&text);
        assert_eq!(sink.findings(), [], "{newline:?}");
        let found = slices(&sources, &node.expect("the document is sound"));
        let found: Vec<_> =
            found.iter().map(|(route, key, value)| (&**route, &**key, value.replace("\r\n", "\n"))).collect();
        let whole = DOCUMENT.find("name:").expect("is there")..DOCUMENT.find("\n...").expect("is there");
        let wide_0 = "deep: { a: 1, b, \"c\":d, e: , f: [x: , y: 1], 🦀: [ ] }";
        let wide_0_value = &wide_0["deep: ".len()..];
        let wide = format!("- &anchor\n      {wide_0} # c\n    - *anchor\n    - !!str 5");
        let tight = "- 1\n-   # nothing\n- - x\n  - y\n-\n  k: v\n\n  # inside\n  l:";
        let expected = [
            ("", "", &DOCUMENT[whole]),
            ("/name", "name", "商店"),
            ("/quoted 🦀 key", "\"quoted 🦀 key\"", "'it''s'"),
            ("/empty", "empty", ""),
            ("/tilde", "tilde", "~"),
            ("/folded", "folded", ">-   # header comment\n  first 行\n  second  "),
            ("/literal", "literal", "|2+\n     indented\n  # text"),
            ("/multi", "multi", "one\n  two"),
            ("/double", "\"double\"", "\"a\\\n  b\""),
            ("/tight", "tight", tight),
            ("/tight/0", "", "1"),
            ("/tight/1", "", ""),
            ("/tight/2", "", "- x\n  - y"),
            ("/tight/2/0", "", "x"),
            ("/tight/2/1", "", "y"),
            ("/tight/3", "", "k: v\n\n  # inside\n  l:"),
            ("/tight/3/k", "k", "v"),
            ("/tight/3/l", "l", ""),
            ("/wide", "wide", &wide),
            ("/wide/0", "", wide_0),
            ("/wide/0/deep", "deep", wide_0_value),
            ("/wide/0/deep/a", "a", "1"),
            ("/wide/0/deep/b", "b", ""),
            ("/wide/0/deep/c", "\"c\"", "d"),
            ("/wide/0/deep/e", "e", ""),
            ("/wide/0/deep/f", "f", "[x: , y: 1]"),
            ("/wide/0/deep/f/0", "", "x:"),
            ("/wide/0/deep/f/0/x", "x", ""),
            ("/wide/0/deep/f/1", "", "y: 1"),
            ("/wide/0/deep/f/1/y", "y", "1"),
            ("/wide/0/deep/🦀", "🦀", "[ ]"),
            ("/wide/1", "", "*anchor"),
            // What an alias stands for keeps its places.
            ("/wide/1/deep", "deep", wide_0_value),
            ("/wide/1/deep/a", "a", "1"),
            ("/wide/1/deep/b", "b", ""),
            ("/wide/1/deep/c", "\"c\"", "d"),
            ("/wide/1/deep/e", "e", ""),
            ("/wide/1/deep/f", "f", "[x: , y: 1]"),
            ("/wide/1/deep/f/0", "", "x:"),
            ("/wide/1/deep/f/0/x", "x", ""),
            ("/wide/1/deep/f/1", "", "y: 1"),
            ("/wide/1/deep/f/1/y", "y", "1"),
            ("/wide/1/deep/🦀", "🦀", "[ ]"),
            ("/wide/2", "", "5"),
            ("/tagged", "tagged", "z: !!null"),
            ("/tagged/z", "z", ""),
            ("/explicit", "explicit", "- p\n  - |\n     q"),
            ("/explicit/0", "", "p"),
            ("/explicit/1", "", "|\n     q"),
            ("/alone", "alone", ""),
            ("/url", "url", "http://x.y/z?a=b#c"),
            ("/last", "last", ""),
        ];
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!((found.0, found.1, &*found.2), *expected, "{newline:?}");
        }
        assert_eq!(found.len(), expected.len());
    }
}

#[test]
fn an_empty_value_stands_after_its_colon() {
    let text = "a:   # c\nb : \n? c\n# c\n:\n? d\ne: !!null\nf: {g: , h}\n";
    let (_, _, sink, node) = read(text);
    assert!(sink.is_empty());
    let node = node.expect("is sound");
    let at = |node: &Node, key: &str| {
        let span = node.get(key).expect("is written").span;
        assert_eq!(span.start, span.end);
        &text[..span.range().start]
    };
    assert_eq!(at(&node, "a"), "a:");
    assert!(at(&node, "b").ends_with("b :"));
    assert!(at(&node, "c").ends_with("# c\n:"));
    assert!(at(&node, "d").ends_with("? d"), "it has no colon");
    assert!(at(&node, "e").ends_with("e:"));
    let flow = node.get("f").expect("is written");
    assert!(at(flow, "g").ends_with("{g:"));
    assert!(at(flow, "h").ends_with(", h"));
}

/// Text that has broken readers of YAML. One that is quadratic, or recurses, does not come back from these.
#[test]
fn hostile_files_are_answered() {
    let whole = ["[", "{", "- ", "a: ", "&a ", "*a ", "? ", "\"", "'", "[[],", "{a: "];
    let part = [
        "! ",
        "- [\n",
        "\"\\",
        "|\n",
        "#",
        " ",
        "\t",
        "\n",
        "\r",
        ":",
        ",",
        "%",
        "---\n",
        "...\n",
        "&a",
        "!<",
        "<<: ",
        "- - ",
        "?\n",
        "漢",
        "a\n",
        "[a\n",
        "\u{feff}",
        "\u{1}",
        "[:",
        ":\n-",
        "{? ",
        "\"a\" ",
        "-\t",
        "&\n",
        "a: 1\n",
        "- &a x\n",
        "- *a\n",
        "-\n",
        "- # c\n",
        "- |\n",
        "- {a: b}\n",
        "k: 'a\n  b'\n",
        "A=1\n",
        "A='",
        "A=\"\\",
    ];
    let whole = whole.iter().map(|unit| unit.repeat(MAX_BYTES / unit.len()));
    let part = part.iter().map(|unit| unit.repeat(MAX_BYTES / 16 / unit.len()));
    for text in whole.chain(part) {
        let (sources, file, sink, node) = read(&text);
        check(&sources, file, &sink, node.as_ref());
        parse_dotenv(&sources, file, &mut Sink::default());
    }
}

/// What holds of every answer.
fn check(sources: &Sources, file: FileId, sink: &Sink, node: Option<&Node>) {
    let text = sources.text(file);
    assert!(node.is_some() || sink.has_errors(), "no document without an error: {text:?}");
    check_findings(sources, file, sink);
    if let Some(node) = node {
        inside(text, node, 0..text.len());
    }
}

fn check_findings(sources: &Sources, file: FileId, sink: &Sink) {
    let text = sources.text(file);
    for finding in sink.findings() {
        let labels = finding.secondary.iter().chain([&finding.primary]);
        for label in labels {
            let At::Span(span) = label.at else { panic!("{label:?}") };
            assert!(text.get(span.range()).is_some(), "{span:?} is no slice of {text:?}");
        }
    }
}

/// Spans are slices, children stand inside their parents in order, and plain text is its slice.
fn inside(text: &str, node: &Node, parent: Range<usize>) {
    let span = node.span.range();
    let slice = text.get(span.clone()).unwrap_or_else(|| panic!("{span:?} is no slice of {text:?}"));
    assert!(parent.start <= span.start && span.end <= parent.end, "{span:?} leaves {parent:?} of {text:?}");
    if slice.starts_with('*') {
        return;
    }
    match &node.kind {
        Kind::Scalar(scalar) => {
            let control = slice.contains(|c: char| c.is_control());
            if scalar.plain && !control && !slice.contains(['"', '\'']) {
                assert_eq!(*scalar.text, *slice, "{text:?}");
            }
            assert!(!slice.starts_with([' ', '\n', '\t', '\r']), "{slice:?} of {text:?}");
        }
        Kind::Seq(items) => {
            assert!(slice.starts_with(['[', '-']), "{slice:?} of {text:?}");
            let mut from = span.start;
            for item in items.iter() {
                inside(text, item, from..span.end);
                from = item.span.range().end;
            }
        }
        Kind::Map(map) => {
            let mut from = span.start;
            for entry in map.values() {
                let key = entry.key.range();
                assert!(
                    from <= key.start && key.end <= entry.value.span.range().start,
                    "{key:?} of {text:?}"
                );
                from = entry.value.span.range().end;
                inside(text, &entry.value, key.end..span.end);
            }
        }
    }
}

/// A document to write, in styles to choose from.
#[derive(Clone, Debug)]
enum Value {
    Nothing,
    Plain(String),
    Single(String),
    Double(String),
    Literal(Vec<String>),
    Seq(bool, Vec<Value>),
    Map(bool, Vec<Value>),
}

fn value() -> impl Strategy<Value = Value> {
    let words = "[a-zé漢🦀][a-z0-9é漢🦀]{0,4}( [a-z0-9漢]{1,3}){0,2}";
    let leaf = prop_oneof![
        Just(Value::Nothing),
        words.prop_map(Value::Plain),
        "[ -~é漢🦀]{0,8}".prop_map(Value::Single),
        "[ -~é漢🦀\t\n]{0,8}".prop_map(Value::Double),
        prop::collection::vec("[!-~é漢🦀][ -~é漢🦀]{0,6}", 1..3).prop_map(Value::Literal),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let items = prop::collection::vec(inner, 0..5);
        (any::<bool>(), any::<bool>(), items).prop_map(|(map, flow, items)| {
            let flow = flow || items.is_empty();
            if map { Value::Map(flow, items) } else { Value::Seq(flow, items) }
        })
    })
}

/// Writes a document and notes where everything stands.
struct Writer {
    text: String,
    newline: &'static str,
    /// Decides on comments, blank lines and indentation.
    noise: Vec<u8>,
    at: usize,
    /// Where the last block of text ends.
    literal_end: usize,
    /// Route, slice of the key, place of the value.
    places: Vec<(String, String, Range<usize>)>,
}

impl Writer {
    fn chance(&mut self, one_in: u8) -> bool {
        self.at += 1;
        self.noise[self.at % self.noise.len()].is_multiple_of(one_in)
    }

    fn line(&mut self, indent: usize) {
        // In a block of text this would be text.
        if self.chance(3) && self.text.len() != self.literal_end {
            self.text.push_str("  # note: [漢");
        }
        self.text.push_str(self.newline);
        if self.chance(5) {
            self.text.push_str("# - x: y");
            self.text.push_str(self.newline);
            self.text.push_str(self.newline);
        }
        self.text.push_str(&" ".repeat(indent));
    }

    /// Writes a value after `key:`, `-` or at the start (`first`).
    fn block(&mut self, value: &Value, indent: usize, route: &str, key: &str, first: bool) {
        let note = self.places.len();
        self.places.push((route.to_owned(), key.to_owned(), 0..0));
        let in_list = key.is_empty();
        let place = match value {
            Value::Seq(false, items) | Value::Map(false, items) => {
                let map = matches!(value, Value::Map(..));
                // Items of a list under a key may stand at the key's own indentation.
                let same = !map && !in_list && self.chance(2);
                let compact = in_list && self.chance(2);
                let indent = if first || same { indent } else { indent + 2 };
                if !first && compact {
                    self.text.push(' ');
                } else if !first {
                    self.line(indent);
                }
                let start = self.text.len();
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.line(indent);
                    }
                    if map {
                        let key = self.key(at);
                        self.text.push(':');
                        self.block(item, indent, &format!("{route}/k{at}"), &key, false);
                    } else {
                        self.text.push('-');
                        self.block(item, indent, &format!("{route}/{at}"), "", false);
                    }
                }
                start..self.text.len()
            }
            Value::Nothing => self.text.len()..self.text.len(),
            Value::Literal(lines) => {
                self.text.push(' ');
                let start = self.text.len();
                self.text.push('|');
                for line in lines {
                    self.text.push_str(self.newline);
                    let _ = write!(self.text, "{}{line}", " ".repeat(indent + 3));
                }
                self.literal_end = self.text.len();
                start..self.text.len()
            }
            value => {
                if self.chance(4) {
                    self.line(indent + 1);
                } else {
                    self.text.push(' ');
                }
                self.flow(value, indent, route)
            }
        };
        self.places[note].2 = place;
    }

    /// Writes a value inside brackets, or a scalar. Returns its place.
    fn flow(&mut self, value: &Value, indent: usize, route: &str) -> Range<usize> {
        let start = self.text.len();
        match value {
            // There is no block of text inside brackets.
            Value::Nothing | Value::Literal(_) => {}
            Value::Plain(text) => self.text.push_str(text),
            Value::Single(text) => {
                let _ = write!(self.text, "'{}'", text.replace('\'', "''"));
            }
            Value::Double(text) => {
                let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _ = write!(self.text, "\"{}\"", escaped.replace('\t', "\\t"));
            }
            Value::Seq(_, items) | Value::Map(_, items) => {
                let map = matches!(value, Value::Map(..));
                self.text.push(if map { '{' } else { '[' });
                for (at, item) in items.iter().enumerate() {
                    if self.chance(4) {
                        self.line(indent + 1);
                    }
                    let note = self.places.len();
                    let place = if map {
                        let key = self.key(at);
                        self.places.push((format!("{route}/k{at}"), key, 0..0));
                        self.text.push(':');
                        if !matches!(item, Value::Nothing | Value::Literal(_)) {
                            self.text.push(' ');
                        }
                        self.flow(item, indent, &format!("{route}/k{at}"))
                    } else {
                        // Nothing between commas is no item.
                        let item = if matches!(item, Value::Nothing | Value::Literal(_)) {
                            &Value::Plain("x".into())
                        } else {
                            item
                        };
                        self.places.push((format!("{route}/{at}"), String::new(), 0..0));
                        self.flow(item, indent, &format!("{route}/{at}"))
                    };
                    self.places[note].2 = place;
                    let comma = if self.chance(2) { " , " } else { ", " };
                    self.text.push_str(comma);
                }
                self.text.push(if map { '}' } else { ']' });
            }
        }
        start..self.text.len()
    }

    fn key(&mut self, at: usize) -> String {
        let key = if self.chance(3) { format!("\"k{at}\"") } else { format!("k{at}") };
        self.text.push_str(&key);
        key
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_are_where_things_were_written(
        value in value(),
        noise in prop::collection::vec(any::<u8>(), 1..40),
        windows in any::<bool>(),
    ) {
        let value = if matches!(value, Value::Seq(..) | Value::Map(..)) { value } else { Value::Seq(false, vec![value]) };
        let newline = if windows { "\r\n" } else { "\n" };
        let mut writer = Writer { text: "# 漢".to_owned(), newline, noise, at: 0, literal_end: 0, places: Vec::new() };
        writer.line(0);
        writer.block(&value, 0, "", "", true);
        writer.line(0);
        let (sources, file, sink, node) = read(&writer.text);
        prop_assert_eq!(sink.findings(), [], "{}", writer.text);
        let node = node.expect("without findings there is a document");
        let found = slices(&sources, &node);
        let expected: Vec<_> = writer.places.into_iter().map(|(route, key, place)| (route, key, writer.text[place].to_owned())).collect();
        prop_assert_eq!(found, expected, "{}", sources.text(file));
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let (sources, file, sink, node) = read(&text);
        check(&sources, file, &sink, node.as_ref());
        parse_dotenv(&sources, file, &mut Sink::default());
    }

    #[test]
    fn anything_like_yaml_is_answered(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "漢", "🦀", ":", ": ", "- ", "-", "? ", "[", "]", "{", "}", ", ", "\n", "\n", "\n  ", "\n    ", "\r\n",
            "\r", " ", "\t", "# c", "'", "\"", "\\", "\\x", "|", ">", "|2-", "&a ", "*a", "!!str ", "!!int ", "!x ", "! ", "<<",
            "~", "---", "...", "%YAML 1.2", "1", "\u{feff}", "\u{85}", "\u{2028}", "export ", "=", "$",
        ]), 0..40),
    ) {
        let text = tokens.concat();
        let (sources, file, sink, node) = read(&text);
        check(&sources, file, &sink, node.as_ref());
        let mut sink = Sink::default();
        for (key, entry) in &parse_dotenv(&sources, file, &mut sink) {
            let kept = !text.contains('\u{85}');
            prop_assert!(sources.slice(entry.key) == &**key || !kept, "{}", text);
            prop_assert!(text.get(entry.value.span.range()).is_some());
        }
        check_findings(&sources, file, &sink);
    }
}
