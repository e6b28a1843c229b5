//! What people see. The snapshots are the specification: change them only after looking at each.

use insta::assert_snapshot;

use super::render;
use crate::diag::render::Style;
use crate::diag::render::samples::{self, ABSENT, at, find};
use crate::diag::{At, Diagnostic, FileId, Part, Route, Severity, Sources};

fn plain(sources: &Sources, finding: Diagnostic) -> String {
    render(Style::default(), sources, &[finding])
}

fn narrow(sources: &Sources, finding: Diagnostic) -> String {
    render(Style { color: false, width: Some(60) }, sources, &[finding])
}

fn one(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::default();
    let file = sources.add("stack.yaml", text);
    (sources, file)
}

/// A finding at the first occurrence of a text, labelled.
fn on(sources: &Sources, file: FileId, wanted: &str, label: &str) -> Diagnostic {
    Diagnostic::new(&ABSENT, find(sources, file, wanted), "what is wrong").label(label)
}

const SERVICES: &str =
    "services:\n  iam:\n    image: x\n    replicas: three\n    uses: [db]\n  web:\n    image: y\n";

#[test]
fn what_is_accepted_has_a_reason_and_nothing_to_do() {
    let (sources, mut finding) = samples::unknown_use();
    finding.accepted = Some("the bus comes later".to_owned());
    finding.environments = vec!["prod".to_owned()];
    assert_snapshot!(plain(&sources, finding), @r"
    accepted[SG203]: service `checkout` uses `bsu`, which this stack does not declare
     --> stack.yaml:4:12
      |
    4 |     uses: [bsu, db]
      |            ^^^ not declared
      |
     ::: tiers.yaml:2:3
      |
    2 |   bus:
      |   --- a similar name is declared here
      |
      = reason: the bus comes later
      = note: in environment `prod`
    ");
}

#[test]
fn two_files_a_note_and_an_edit() {
    let (sources, finding) = samples::unknown_use();
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: service `checkout` uses `bsu`, which this stack does not declare
     --> stack.yaml:4:12
      |
    4 |     uses: [bsu, db]
      |            ^^^ not declared
      |
     ::: tiers.yaml:2:3
      |
    2 |   bus:
      |   --- a similar name is declared here
      |
      = note: a service reaches only what it names, so its pods would wait for ever
    help: write `bus`
      |
    4 -     uses: [bsu, db]
    4 +     uses: [bus, db]
      |
    ");
}

#[test]
fn environments_and_a_help_without_an_edit() {
    let (sources, finding) = samples::unknown_use();
    let environments = vec!["prod".to_owned(), "staging".to_owned()];
    let finding = Diagnostic { environments, secondary: vec![], helps: vec![], ..finding };
    assert_snapshot!(plain(&sources, finding.help("write `bus`")), @r"
    error[SG203]: service `checkout` uses `bsu`, which this stack does not declare
     --> stack.yaml:4:12
      |
    4 |     uses: [bsu, db]
      |            ^^^ not declared
      |
      = note: a service reaches only what it names, so its pods would wait for ever
      = note: in environments `prod` and `staging`
      = help: write `bus`
    ");
}

#[test]
fn a_key_and_its_value() {
    let (sources, file) = one(SERVICES);
    let finding =
        on(&sources, file, "three", "text").also(find(&sources, file, "replicas"), "holds a number");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:4:15
      |
    4 |     replicas: three
      |     --------  ^^^^^ text
      |     |
      |     holds a number
    ");
}

#[test]
fn far_apart_in_one_file() {
    let lines: Vec<String> = (1..200).map(|it| format!("key{it}: {it}\n")).collect();
    let text = lines.concat();
    let (sources, file) = one(&text);
    let finding = on(&sources, file, "key150", "again")
        .also(find(&sources, file, "key3"), "first here")
        .note("a note of\ntwo lines")
        .help("a help of\ntwo lines");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
       --> stack.yaml:150:1
        |
      3 | key3: 3
        | ---- first here
    ...
    150 | key150: 150
        | ^^^^^^ again
        |
        = note: a note of
                two lines
        = help: a help of
                two lines
    ");
}

#[test]
fn marks_with_very_many_lines_between_are_drawn_apart() {
    let lines: Vec<String> = (1..2000).map(|it| format!("key{it}: {it}\n")).collect();
    let (sources, file) = one(&lines.concat());
    let finding =
        on(&sources, file, "key1500", "again").also(find(&sources, file, "key3"), "first here").note("why");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
        --> stack.yaml:1500:1
         |
    1500 | key1500: 1500
         | ^^^^^^^ again
         |
        ::: stack.yaml:3:1
         |
       3 | key3: 3
         | ---- first here
         |
         = note: why
    ");
}

/// As a program writes JSON.
#[test]
fn a_file_of_one_line_shows_the_surroundings() {
    let text = format!("[{}{{\"kind\":\"Pdo\"}},{}]", "{\"é\":1},".repeat(900), "{\"b\":2},".repeat(900));
    let (sources, file) = one(&text);
    let finding = on(&sources, file, "\"Pdo\"", "no kind")
        .also(find(&sources, file, "kind"), "of this key")
        .fix("write `Pod`", find(&sources, file, "Pdo"), "Pod");
    assert_snapshot!(narrow(&sources, finding), @r#"
    error[SG203]: what is wrong
     --> stack.yaml:1:7210
      |
     :::
    1 | ...},{"é":1},{"kind":"Pdo"},{"b":2},{"b":2},{"b":2},{...
      |                      ^^^^^ no kind
     ::: stack.yaml:1:7204
      |
     :::
    1 | ..."é":1},{"é":1},{"kind":"Pdo"},{"b":2},{"b":2},{"b"...
      |                     ---- of this key
      |
    help: write `Pod`
      |
    1 - ...é":1},{"kind":"Pdo"},{"b":2},{"b":2...
    1 + ...é":1},{"kind":"Pod"},{"b":2},{"b":2...
      |
    "#);
}

#[test]
fn a_value_of_many_lines_shows_its_first() {
    let (sources, file) = one(SERVICES);
    let map = find(&sources, file, "image: x\n    replicas: three\n    uses: [db]\n");
    let finding = Diagnostic::new(&ABSENT, map, "what is wrong").label("this service");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:3:5
      |
    3 |     image: x
      |     ^^^^^^^^ this service (to line 5)
    ");

    let (sources, file) = one("run: |\n  one\n  two\nflow: { a: 1,\n  b: 2 }\n");
    let finding = on(&sources, file, "|\n  one\n  two\n", "")
        .also(find(&sources, file, "{ a: 1,\n  b: 2 }"), "unlike this map");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:1:6
      |
    1 | run: |
      |      ^ to line 3
    ...
    4 | flow: { a: 1,
      |       ------- unlike this map (to line 5)
    ");
}

#[test]
fn edits() {
    let (sources, file) = one(SERVICES);
    let before_replicas = u32::try_from(SERVICES.find("    replicas").unwrap()).unwrap();
    let finding = on(&sources, file, "iam", "")
        .fix("quote it", find(&sources, file, "three"), "\"three\"")
        .fix("complete it", find(&sources, file, "[db]"), "[db, vault]")
        .fix("delete it", find(&sources, file, "    replicas: three\n"), "")
        .fix("state a tag", at(file, before_replicas..before_replicas), "    tag: v1\n")
        .fix("write it out", find(&sources, file, "[db]"), "\n      - db\n      - vault")
        .fix("too long to draw", find(&sources, file, "[db]"), "\n      - db".repeat(9));
    assert_snapshot!(plain(&sources, finding), @r#"
    error[SG203]: what is wrong
     --> stack.yaml:2:3
      |
    2 |   iam:
      |   ^^^
      |
      = help: too long to draw
    help: quote it
      |
    4 -     replicas: three
    4 +     replicas: "three"
      |
    help: complete it
      |
    5 |     uses: [db, vault]
      |              +++++++
    help: delete it
      |
    4 -     replicas: three
      |
    help: state a tag
      |
    4 +     tag: v1
      |
    help: write it out
      |
    5 ~     uses:
    6 +       - db
    7 +       - vault
      |
    "#);
}

#[test]
fn an_edit_in_another_file() {
    let (sources, finding) = samples::unknown_use();
    let tiers = FileId(1);
    let finding = Diagnostic { secondary: vec![], helps: vec![], ..finding }.fix(
        "rename the tier",
        find(&sources, tiers, "bus"),
        "bsu",
    );
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: service `checkout` uses `bsu`, which this stack does not declare
     --> stack.yaml:4:12
      |
    4 |     uses: [bsu, db]
      |            ^^^ not declared
      |
      = note: a service reaches only what it names, so its pods would wait for ever
    help: rename the tier
     --> tiers.yaml:2:3
      |
    2 -   bus:
    2 +   bsu:
      |
    ");
}

#[test]
fn tabs_wide_characters_and_combined_ones() {
    let (sources, file) = one("a:\n\tb: [x\t, y]\n");
    let finding = on(&sources, file, "y", "y").also(find(&sources, file, "\t"), "a tab");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:2:10
      |
    2 |     b: [x    , y]
      | - a tab        ^ y
    ");

    let (sources, file) = one("name: 漢字 bad # 👩\u{200d}👧 x\u{301} odd\n");
    let finding = on(&sources, file, "bad", "not a name")
        .also(find(&sources, file, "字"), "wide")
        .also(find(&sources, file, "odd"), "after combined characters");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:1:10
      |
    1 | name: 漢字 bad # 👩👧 x́ odd
      |         -- ^^^          --- after combined characters
      |         |  |
      |         |  not a name
      |         wide
    ");
}

#[test]
fn nothing_acts_on_the_terminal() {
    let (sources, file) = one("a: \u{1b}[31m \u{9b}31m \u{202e}x y\n");
    let finding = on(&sources, file, "y", "l\u{1b}[31m").note("n\u{1b}[31m \u{85}").fix(
        "h\u{1b}[31m",
        find(&sources, file, "y"),
        "\u{1b}[31m",
    );
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:1:18
      |
    1 | a: ␛[31m ¤31m �x y
      |                  ^ l␛[31m
      |
      = note: n␛[31m ¤
    help: h␛[31m
      |
    1 - a: ␛[31m ¤31m �x y
    1 + a: ␛[31m ¤31m �x ␛[31m
      |
    ");
}

#[test]
fn long_lines_are_cut() {
    let text = format!("cmd: [{}bsu, {}]\n", "alpha, ".repeat(40), "omega, ".repeat(40));
    let (sources, file) = one(&text);
    let finding = on(&sources, file, "bsu", "not declared")
        .also(find(&sources, file, "cmd"), "in this list")
        .fix("write `bus`", find(&sources, file, "bsu"), "bus");
    assert_snapshot!(narrow(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:1:287
      |
    1 | ...a, alpha, alpha, bsu, omega, omega, omega, omega, ...
      |                     ^^^ not declared
      |
     ::: stack.yaml:1:1
      |
    1 | cmd: [alpha, alpha, alpha, alpha, alpha, alpha, alpha...
      | --- in this list
      |
    help: write `bus`
      |
    1 - ..., alpha, alpha, bsu, omega, omega, o...
    1 + ..., alpha, alpha, bus, omega, omega, o...
      |
    ");

    let all = Diagnostic::new(&ABSENT, at(file, 5..560), "what is wrong").label("not declared");
    assert_snapshot!(narrow(&sources, all), @r"
    error[SG203]: what is wrong
     --> stack.yaml:1:6
      |
    1 | cmd: [alpha, alpha, alpha, alpha, alpha, alpha, alpha...
      |      ^^^^^^^^^^^^^^^^^^^^^^^^ not declared
    ");
}

#[test]
fn line_breaks_of_windows() {
    let (sources, file) = one("a:\r\n  run: |\r\n    one\r\n  b: 1\r\n");
    let finding = on(&sources, file, "|\r\n    one\r\n", "this script")
        .also(find(&sources, file, "\n  b"), "the end of a line")
        .fix("write 2", find(&sources, file, "1"), "2");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:2:8
      |
    2 |   run: |
      |        ^ this script (to line 3)
    3 |     one
      |        - the end of a line (to line 4)
      |
    help: write 2
      |
    4 -   b: 1
    4 +   b: 2
      |
    ");
}

#[test]
fn the_end_of_a_file() {
    let (sources, file) = one("a: 1\n");
    let finding = Diagnostic::new(&ABSENT, at(file, 5..5), "what is wrong").label("the file ends here");
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:2:1
      |
    2 |
      | ^ the file ends here
    ");

    let (sources, file) = one("");
    let finding = Diagnostic::new(&ABSENT, at(file, 7..9), "what is wrong").fix(
        "name it",
        at(file, 0..0),
        "stack: x\n",
    );
    assert_snapshot!(plain(&sources, finding), @r"
    error[SG203]: what is wrong
     --> stack.yaml:1:1
      |
    1 |
      | ^
      |
    help: name it
      |
    1 + stack: x
      |
    ");
}

#[test]
fn without_a_place_in_a_file() {
    let sources = Sources::default();
    let nowhere = Diagnostic::new(&ABSENT, At::Nowhere, "no environment is called `prd`");
    assert_snapshot!(plain(&sources, nowhere.clone()), @"error[SG203]: no environment is called `prd`");
    assert_snapshot!(plain(&sources, nowhere.fix("write `prod`", At::Nowhere, "prod")), @r"
    error[SG203]: no environment is called `prd`
     |
     = help: write `prod`
    ");

    let unresolved = Diagnostic::at_value(&ABSENT, &Route::of(&["services", "iam"]), "what is wrong")
        .label("here")
        .also(At::Node(Route::of(&["stateful"]), Part::Key), "and there")
        .also(At::Nowhere, "and everywhere")
        .note("why");
    let unresolved = Diagnostic { severity: Severity::Warning, ..unresolved };
    assert_snapshot!(plain(&sources, unresolved), @r"
    warning[SG203]: what is wrong
    --> at /services/iam
     = note: here
     = note: at /stateful: and there
     = note: and everywhere
     = note: why
    ");
}

#[test]
fn several_findings_are_set_apart() {
    let (sources, file) = one("a: 1\n");
    let finding = on(&sources, file, "1", "");
    let findings = [finding.clone(), Diagnostic { severity: Severity::Info, ..finding }];
    assert_snapshot!(render(Style::default(), &sources, &findings), @r"
    error[SG203]: what is wrong
     --> stack.yaml:1:4
      |
    1 | a: 1
      |    ^

    info[SG203]: what is wrong
     --> stack.yaml:1:4
      |
    1 | a: 1
      |    ^
    ");
}

#[test]
fn colours_change_nothing_else() {
    let (sources, finding) = samples::unknown_use();
    let coloured = render(Style { color: true, width: None }, &sources, std::slice::from_ref(&finding));
    assert!(coloured.contains("\u{1b}["));
    let bare: String = coloured
        .split("\u{1b}[")
        .enumerate()
        .map(|(i, it)| if i == 0 { it } else { it.split_once('m').map_or(it, |(_, rest)| rest) })
        .collect();
    assert_eq!(bare, plain(&sources, finding));
}

mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::diag::render::{self, Format};
    use crate::diag::{Edit, Help, Label, Span};

    /// Everything that has a width or a length of its own, in texts short enough to shrink well.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-z: ]{0,12}",
            2 => Just("\n".to_owned()),
            1 => Just("\r\n".to_owned()),
            1 => "[\t\r\u{1b}é漢👩\u{200d}\u{301}\u{85}\u{9b}\u{202e}\u{2028}\u{feff}]{1,3}",
            1 => "[a-z]{150,300}",
            1 => "[a-zé]".prop_map(|it| it.repeat(1500)),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|it| it.concat())
    }

    fn place(texts: &[String; 2]) -> impl Strategy<Value = At> + use<> {
        let longest = texts.iter().map(String::len).max().unwrap_or(0);
        let limit = u32::try_from(longest).unwrap() + 3;
        prop_oneof![
            12 => (0..2u32, 0..limit, 0..limit)
                .prop_map(|(file, start, end)| At::Span(Span { file: FileId(file), start, end })),
            1 => Just(At::Nowhere),
            1 => Just(At::Node(Route::of(&["a", "b"]), Part::Value)),
        ]
    }

    fn case() -> impl Strategy<Value = (Sources, Diagnostic)> {
        [text(), text()].prop_flat_map(|texts| {
            let label = || (place(&texts), "[a-z ]{0,30}");
            let edit = (place(&texts), text());
            (label(), proptest::collection::vec(label(), 0..4), proptest::option::of(edit), text()).prop_map(
                move |((at, label), secondary, edit, message)| {
                    let mut sources = Sources::default();
                    sources.add("stack.yaml", texts[0].as_str());
                    sources.add("more.yaml", texts[1].as_str());
                    let edit = edit.map(|(at, replacement)| Edit { at, replacement, instead_of: None });
                    let mut finding = Diagnostic::new(&ABSENT, at, message).label(label).note("why");
                    finding.secondary = secondary.into_iter().map(|(at, text)| Label { at, text }).collect();
                    finding.helps = vec![Help { text: "do it".to_owned(), edit }];
                    (sources, finding)
                },
            )
        })
    }

    proptest! {
        #[test]
        fn any_span_of_any_text_is_drawn((sources, finding) in case(), width in 0..200usize, color: bool) {
            let findings = [finding.clone(), finding];
            let style = Style { color, width: Some(width) };
            let human = render::render(Format::Human, style, &sources, &findings);
            prop_assert!(human.ends_with('\n'));
            if !color {
                prop_assert!(!human.chars().any(|c| c.is_control() && c != '\n'), "{human:?}");
            }
            for format in [Format::Short, Format::Json, Format::Github] {
                let text = render::render(format, style, &sources, &findings);
                prop_assert_eq!(text.matches('\n').count(), 2, "one line a finding: {}", text);
            }
        }

        #[test]
        fn source_lines_fit_the_terminal(
            (sources, mut finding) in case(),
            width in 50..200usize,
        ) {
            finding.message.clear();
            finding.primary.text.clear();
            finding.secondary.iter_mut().for_each(|it| it.text.clear());
            let human = render(Style { color: false, width: Some(width) }, &sources, &[finding]);
            let columns = |line: &str| -> usize {
                line.chars()
                    .map(|c| match c {
                        '\u{301}' | '\u{feff}' => 0,
                        '漢' | '👩' => 2,
                        _ => 1,
                    })
                    .sum()
            };
            // A label may stand beyond the edge: its mark is what must be seen. So may the mark of an end of line.
            for line in human.lines().filter(|it| !it.contains("to line")) {
                prop_assert!(columns(line) <= width + 1, "{human}");
            }
        }
    }
}
