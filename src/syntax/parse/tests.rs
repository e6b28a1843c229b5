//! What is reported, where, and what is read in spite of it.

use super::*;
use crate::syntax::{Kind, Map};

/// Code, message and slice of every finding, and whether a document came back.
fn findings(text: &str) -> (Vec<(&'static str, String, String)>, Option<Node>) {
    let mut sources = Sources::default();
    let file = sources.add("stack.yaml", text);
    let mut sink = Sink::default();
    let node = parse(&sources, file, &mut sink);
    let found = sink.findings().iter().map(|it| match it.primary.at {
        At::Span(span) => (it.code.id, it.message.clone(), sources.slice(span).to_owned()),
        _ => unreachable!("the parser knows its bytes"),
    });
    (found.collect(), node)
}

#[track_caller]
fn expect(text: &str, expected: &[(&str, &str, &str)]) -> Option<Node> {
    let (found, node) = findings(text);
    let found: Vec<_> = found.iter().map(|(code, message, at)| (*code, &**message, &**at)).collect();
    assert_eq!(found, expected, "{text:?}");
    node
}

#[track_caller]
fn syntax(text: &str, message: &str, at: &str) {
    assert!(expect(text, &[("SG001", message, at)]).is_none(), "{text:?}");
}

#[test]
fn syntax_errors_point_at_the_mistake() {
    syntax("a:\n\tb: 1\n", "a tab is used for indentation", "\t");
    syntax("a:\n  b: 1\n\tc: 2\n", "a tab is used for indentation", "\t");
    syntax("a: 1\nb: 'x\nc: 1\n", "a quoted value is not closed", "'");
    syntax("a: {x: 'ok', y: \"x\n", "a quoted value is not closed", "\"");
    syntax("a: [1, [2\nb: 3\n", "`[` is never closed", "[");
    // What begins its line may have its entries beside it.
    syntax("{\n\"a\": 1\n\"b\": 2\n}\n", "a `,` or a closing bracket is missing", ":");
    syntax("a: [1, 2\n", "`[` is never closed", "[");
    syntax("a: [1}\n", "`[` is closed by `}`", "[");
    syntax("a: 1]\nb: ]", "a bracket closes what was never opened", "]");
    syntax("a: [1,,2]\n", "a value is missing before `,`", ",");
    syntax("a: 漢: c\n", "an unquoted value holds a second `: `", ":");
    syntax("a: @x\n", "an unquoted value begins with `@`", "@");
    syntax("a: `x`\n", "an unquoted value begins with a backtick", "`");
    syntax("a:\n  b: 1\n c: 2\n", "the indentation of this line fits no level above it", "c: 2");
    syntax("a: 1\n  b: 2 # c\n", "a key stands below a value that is already complete", "b: 2");
    syntax("a: 1\nb:2\nc: 3\n", "no blank follows the colon of a key", ":");
    syntax("a:b\nc: d\n", "no blank follows the colon of a key", ":");
    syntax("foo\nbar: 1\n", "a line among keys has no `:`", "foo");
    syntax("a: 1\nother\n", "a line among keys has no `:`", "other");
    syntax("- a\nb: 1\n", "a line among list items has no `-`", "b: 1");
    syntax("b: 1\n- a\n", "a list item stands among keys, or is indented like no item above it", "- a");
    syntax("a: 'it's'\n", "text follows a closed quote", "s'");
    syntax("'a\nb': 1\n", "a quoted key extends over several lines", ":");
    syntax(r#"a: "C:\\ok\Users""#, r"`\U` is not an escape that YAML has", r"\U");
    syntax("a: |x\n  b\n", "text follows `|` or `>` on the same line", "|x");
    syntax("a: x #c\n  y\n", "a comment divides a value of several lines", "#c");
    syntax("a: - b\n", "a list or mapping begins on the line of its key", "-");
    syntax("a: *\n", "a `*` or `&` has no name after it", "*");
    syntax("a: &x &y 1\n", "text follows a complete value", "&y 1");
    syntax("a: \u{feff}x\n", "a byte order mark stands inside the file", "\u{feff}");
    syntax("%FOO\na: 1\n", "a directive is not followed by `---`", "%FOO");
    syntax(&format!("{}: 1", "漢".repeat(1100)), "a key is longer than 1024 characters", ":");
}

#[test]
fn labels_and_help_explain_an_open_quote_in_brackets() {
    let mut sources = Sources::default();
    let file = sources.add("stack.yaml", "a: 1\nb: [1,\nc: 'x\nd: 1");
    let mut sink = Sink::default();
    assert!(parse(&sources, file, &mut sink).is_none());
    let [finding] = sink.findings() else { panic!("{sink:?}") };
    assert_eq!(finding.message, "a quoted value is not closed");
    assert_eq!(finding.primary.text, "opened here");
    assert_eq!(finding.secondary.last().map(|it| &*it.text), Some("inside this bracket"));
    assert_eq!(finding.helps.len(), 1);
}

#[test]
fn duplicates_are_all_reported_and_the_first_is_kept() {
    let text = "a: 1\n'a': 2\nb: {x: 1, x: [y, {z: 1, z: 2}]}\na: 3\n1: x\n\"1\": y\n";
    let message = |key: &str| format!("the key `{key}` is given twice");
    let (found, node) = findings(text);
    let expected = [("a", "'a'"), ("z", "z"), ("x", "x"), ("a", "a"), ("1", "\"1\"")];
    // The inner `z` is found while the value of the second `x` is read.
    let mut found: Vec<_> = found.into_iter().map(|(_, message, at)| (message, at)).collect();
    let mut expected: Vec<_> = expected.iter().map(|(key, at)| (message(key), (*at).to_owned())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let node = node.expect("duplicates do not end the reading");
    assert_eq!(node.get("a").and_then(Node::as_scalar).map(|it| &*it.text), Some("1"));
    assert_eq!(node.as_map().map(Map::len), Some(3));
}

#[test]
fn a_duplicate_shows_the_first_key() {
    let mut sources = Sources::default();
    let file = sources.add("stack.yaml", "é: 1\nb: 2\n\"é\": 3\n");
    let mut sink = Sink::default();
    assert!(parse(&sources, file, &mut sink).is_some());
    let finding = &sink.findings()[0];
    assert_eq!(finding.secondary[0].text, "first given here");
    let At::Span(first) = finding.secondary[0].at else { panic!("{finding:?}") };
    assert_eq!((first.start, sources.slice(first)), (0, "é"));
}

#[test]
fn keys_that_are_no_strings() {
    let node = expect(
        "? [a]\n: 1\n{b: 1}: 2\n~: 3\n: 4\ntrue: 5\n1.5: 6\n!!str null: 7\nx: {{ y }}\n",
        &[
            ("SG008", "a key is a list", "[a]"),
            ("SG008", "a key is a mapping", "{b: 1}"),
            ("SG008", "a key is null", "~"),
            ("SG008", "a key is empty", ":"),
            ("SG008", "a key is a mapping", "{ y }"),
        ],
    );
    let node = node.expect("the rest is read");
    let keys: Vec<&str> = node.as_map().into_iter().flat_map(Map::keys).map(|it| &**it).collect();
    assert_eq!(keys, ["true", "1.5", "null", "x"]);
}

#[test]
fn tags() {
    let node = expect(
        "a: !!str 1\nb: !!int '3'\nc: !!int x\nd: !x 1\ne: !!map {}\nf: !!seq {}\ng: ! 1\nh: !!set {}\ni: !e!x 1\n",
        &[
            ("SG009", "the tag `!!int` does not fit its value", "!!int"),
            ("SG009", "the tag `!x` is not supported", "!x"),
            ("SG009", "the tag `!!seq` does not fit its value", "!!seq"),
            ("SG009", "the tag `!!set` is not supported", "!!set"),
            ("SG009", "the tag `!e!x` is not supported", "!e!x"),
        ],
    );
    assert!(node.is_none(), "granit stops at an undeclared handle");
    let node = expect("a: !!str 1\nb: !!int '3'\nc: ! 1\nd: !!null ''\ne: !!str\n", &[]).expect("is sound");
    let plain = |key| node.get(key).and_then(Node::as_scalar).map(|it| it.plain);
    assert_eq!(["a", "b", "c", "e"].map(plain), [Some(false), Some(true), Some(false), Some(false)]);
    assert!(node.get("d").is_some_and(Node::is_null));
}

#[test]
fn aliases_share_and_are_placed_at_their_token() {
    let node =
        expect("a: &x {k: [1]}\nb: *x\n&y c: *y\n*y : 1\n", &[("SG002", "the key `c` is given twice", "*y")]);
    let node = node.expect("is sound but for the key");
    let b = node.get("b").expect("is written");
    assert_eq!((b.span.start, b.span.end), (18, 20));
    let (Kind::Map(a), Kind::Map(b)) = (&node.get("a").expect("is written").kind, &b.kind) else { panic!() };
    assert!(std::sync::Arc::ptr_eq(a, b), "an alias shares the value");
}

#[test]
fn aliases_without_a_value() {
    let node = expect(
        "a: *later\nb: &later 1\nc: *latr\nd: &d [*d]\n*nokey : 1\n",
        &[
            ("SG011", "this alias has no anchor before it", "*later"),
            ("SG011", "this alias has no anchor before it", "*latr"),
            ("SG011", "the alias `*d` stands inside the value that it names", "*d"),
            ("SG011", "this alias has no anchor before it", "*nokey"),
        ],
    );
    assert!(node.expect("the rest is read").get("a").is_some_and(Node::is_null));
}

#[test]
fn merge_keys() {
    let merge = ("SG010", "merge keys are not supported");
    let node = expect(
        "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\nc: {\"<<\": 1}\n",
        &[(merge.0, merge.1, "<<"), (merge.0, merge.1, "\"<<\"")],
    );
    assert_eq!(node.expect("the rest is read").get("b").and_then(Node::as_map).map(Map::len), Some(1));
}

#[test]
fn documents() {
    let several = "the file holds several documents";
    assert!(expect("a: 1\n---\nb: 2\n---\n", &[("SG007", several, "---")]).is_some());
    assert!(expect("a: 1\n...\nb: 2 # c\n", &[("SG007", several, "b: 2")]).is_some());
    expect("---\n---\na: 1\n", &[("SG007", several, "---")]);
    assert!(expect("%YAML 1.2\n---\na: 1\n...\n", &[]).is_some());
    let empty = "the file holds nothing but comments";
    for (text, at) in
        [("", ""), ("# c\n\n", ""), ("\u{feff}", ""), ("--- # c\n", "---"), ("---\n...\n", "---")]
    {
        assert!(expect(text, &[("SG013", empty, at)]).is_none());
    }
    assert!(expect("{}", &[]).is_some());
}

#[test]
fn control_characters_raw_and_escaped() {
    let node = expect(
        "a: x\u{85}y # \u{7}\n\"k\\e\": 'z\u{ffff}'\nb: \"\\\\x01 \\x01 \\u0085 \\N \\L\"\nc: '\\x01'\n",
        &[
            ("SG012", "the character U+0085 cannot be kept", "\u{85}"),
            ("SG012", "the character U+0007 cannot be kept", "\u{7}"),
            ("SG012", "the character U+FFFF cannot be kept", "\u{ffff}"),
            ("SG012", "the character U+001B cannot be kept", "\\e"),
            ("SG012", "the character U+0001 cannot be kept", "\\x01"),
            ("SG012", "the character U+0085 cannot be kept", "\\u0085"),
            ("SG012", "the character U+0085 cannot be kept", "\\N"),
        ],
    );
    assert_eq!(node.expect("the rest is read").as_map().map(Map::len), Some(4));
}

#[test]
fn what_is_not_worth_reading() {
    expect("a: \0", &[("SG004", "the file is not text: it holds a NUL byte", "\0")]);
    expect(&"#".repeat(MAX_BYTES + 1), &[("SG003", "the file is too large: 5 MiB", "")]);
    assert!(expect(&format!("a: 1\n{}", "#".repeat(MAX_BYTES - 5)), &[]).is_some());
}

#[test]
fn depth_is_limited_written_or_through_aliases() {
    let deep = "values are nested more than 64 levels deep";
    let flow = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(expect(&flow(64), &[]).is_some());
    expect(&flow(65), &[("SG005", deep, "[")]);
    expect(&"- ".repeat(65), &[("SG005", deep, "-")]);
    assert!(expect(&format!("{}x", "- ".repeat(64)), &[]).is_some());
    // 32 block levels and 33 in brackets.
    expect(&format!("{}{}", "- ".repeat(32), flow(33)), &[("SG005", deep, "[")]);
    let chain = |length: usize| {
        let links = (1..length).map(|at| format!("- &a{at} [*a{}]\n", at - 1));
        format!("- &a0 []\n{}", links.collect::<String>())
    };
    assert!(expect(&chain(63), &[]).is_some());
    assert!(expect(&chain(64), &[("SG005", deep, "*a62")]).is_some());
}

#[test]
fn nodes_are_limited_aliases_expanded() {
    let message = "the file holds more than 1,000,000 keys and values";
    let link = |at: usize| format!("a{at}: &a{at} [{}]\n", vec![format!("*a{}", at - 1); 10].join(","));
    let bomb = (1..20).map(link).collect::<Vec<_>>().concat();
    assert!(expect(&format!("a0: &a0 x\n{bomb}"), &[("SG006", message, "*a5")]).is_none());
    let written = format!("[{}]", "1,".repeat(MAX_NODES));
    assert!(expect(&written, &[("SG006", message, "1")]).is_none());
}

#[test]
fn findings_of_one_file_are_limited() {
    let text = "a: 1\n".repeat(1000);
    let mut sources = Sources::default();
    let file = sources.add("stack.yaml", &*text);
    let mut sink = Sink::default();
    assert!(parse(&sources, file, &mut sink).is_some());
    assert_eq!(sink.len(), 100);
    assert_eq!(sink.findings()[99].notes, ["899 more findings in this file are not shown."]);
}
