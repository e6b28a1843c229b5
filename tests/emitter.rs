//! The YAML emitter's layout, and whether independent readers get back what was written.
//!
//! The readers: `serde_yaml` (YAML 1.2 with a port of libyaml), `PyYAML` (YAML 1.1) and real Kustomize (go-yaml,
//! which reads and prints several times). The last two run once each over everything.

mod hostile;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde_json::{Value, json};
use stackgen::emit::{EmitError, Hazard, hazard, to_yaml, write_yaml};

#[test]
fn layout() {
    let pod = json!({
        "kind": "Pod",
        "spec": {
            "containers": [
                {"name": "a", "args": ["--x", "on"], "env": [], "ports": [{"port": 1}, {"port": 2}]},
                {"resources": {"limits": {"cpu": "100m"}}, "script": "set -e\nrun\n"},
                {},
            ],
            "nothing": null, "empty": {}, "none": [], "ratio": 1.0, "yes": true,
        },
    });
    let expected = "\
kind: Pod
spec:
  containers:
  - name: a
    args:
    - --x
    - \"on\"
    env: []
    ports:
    - port: 1
    - port: 2
  - resources:
      limits:
        cpu: 100m
    script: |
      set -e
      run
  - {}
  nothing: null
  empty: {}
  none: []
  ratio: 1.0
  \"yes\": true
";
    assert_eq!(to_yaml(&pod).unwrap(), expected);
}

#[test]
fn nested_lists() {
    let value = json!(["a", ["b", ["c", {"d": ["e"]}], [[]]], [{"f": "\n g\n\n"}], "h\ni"]);
    let expected = "\
- a
- - b
  - - c
    - d:
      - e
  - - []
- - f: |2+

       g

- |-
  h
  i
";
    assert_eq!(to_yaml(&value).unwrap(), expected);
}

#[test]
fn roots() {
    for (value, expected) in [
        (json!({}), "{}\n"),
        (json!([]), "[]\n"),
        (json!(null), "null\n"),
        (json!("a"), "a\n"),
        (json!("a\nb\n"), "|\n  a\n  b\n"),
        (json!(" a\nb\n"), "\" a\\nb\\n\"\n"),
        (json!(u64::MAX), "18446744073709551615\n"),
        (json!(i64::MIN), "-9223372036854775808\n"),
    ] {
        assert_eq!(to_yaml(&value).unwrap(), expected);
    }
}

#[test]
fn ends_with_one_newline_even_after_kept_blank_lines() {
    let value = json!({"a": "x\n\n", "b": {"c": ["y\n\n"]}});
    assert_eq!(to_yaml(&value).unwrap(), "a: |+\n  x\n\nb:\n  c:\n  - \"y\\n\\n\"\n");
}

#[test]
fn typed_values() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Wrapped(&'static str);
    #[derive(Serialize)]
    enum Choice {
        Plain,
        One(u8),
        Two(u8, char),
        Named { x: Option<bool> },
    }
    #[derive(Serialize)]
    struct All {
        unit: Unit,
        wrapped: Wrapped,
        choices: Vec<Choice>,
        named: Choice,
        tuple: (i8, f32),
    }
    let all = All {
        unit: Unit,
        wrapped: Wrapped("no"),
        choices: vec![Choice::Plain, Choice::One(1), Choice::Two(2, 'y'), Choice::Named { x: Some(true) }],
        named: Choice::Named { x: None },
        tuple: (-1, 0.1),
    };
    let expected = "\
unit: null
wrapped: \"no\"
choices:
- Plain
- One: 1
- Two:
  - 2
  - \"y\"
- Named:
    x: true
named:
  Named:
    x: null
tuple:
- -1
- 0.1
";
    assert_eq!(to_yaml(&all).unwrap(), expected);
}

#[test]
fn scalar_keys_become_strings() {
    assert_eq!(to_yaml(&BTreeMap::from([(1, 2)])).unwrap(), "\"1\": 2\n");
    assert_eq!(to_yaml(&BTreeMap::from([(true, 2)])).unwrap(), "\"true\": 2\n");
    assert_eq!(to_yaml(&BTreeMap::from([('n', 2)])).unwrap(), "\"n\": 2\n");
    assert_eq!(to_yaml(&BTreeMap::from([("a\nb", 2)])).unwrap(), "\"a\\nb\": 2\n");
}

#[test]
fn a_key_too_long_for_one_line_takes_the_explicit_form() {
    let key = "k".repeat(1001);
    let value = json!([{key.clone(): {"a": [1]}}, {key.clone(): "x\ny\n"}]);
    let text = to_yaml(&value).unwrap();
    assert_eq!(text, format!("- ? {key}\n  :\n    a:\n    - 1\n- ? {key}\n  : |\n    x\n    y\n"));
    assert_eq!(read(&text), value);
    assert!(to_yaml(&json!({"k".repeat(1000): 1})).unwrap().starts_with("kkk"));
}

#[test]
fn refuses_what_has_no_text_and_leaves_the_output_alone() {
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"a")
        }
    }
    let mut out = "before\n".to_owned();
    assert_eq!(write_yaml(&mut out, &[1.0, f64::INFINITY]), Err(EmitError::NotFinite));
    assert_eq!(write_yaml(&mut out, &("a", Bytes)), Err(EmitError::Bytes));
    assert_eq!(write_yaml(&mut out, &BTreeMap::from([(vec![1], 1)])), Err(EmitError::Key("a list")));
    assert_eq!(write_yaml(&mut out, &BTreeMap::from([(None::<u8>, 1)])), Err(EmitError::Key("null")));
    assert_eq!(out, "before\n");
    write_yaml(&mut out, &["a"]).unwrap();
    assert_eq!(out, "before\n- a\n");
}

#[test]
fn serde_yaml_reads_every_hostile_string_back() {
    let strings = hostile::strings();
    assert!(strings.len() > 900, "{}", strings.len());
    for text in &strings {
        for value in
            [json!(text), json!({text: text}), json!([[{text: [text]}, text], {"a": {"b": text}}, text])]
        {
            let written = to_yaml(&value).unwrap();
            assert_eq!(read(&written), value, "{written}");
            assert!(written.ends_with('\n') && !written.ends_with("\n\n"), "{written:?}");
        }
    }
    let all = nest(&strings);
    assert_eq!(read(&to_yaml(&all).unwrap()), all);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn serde_yaml_reads_any_value_back(value in values()) {
        let written = to_yaml(&value).unwrap();
        prop_assert_eq!(read(&written), value, "{}", written);
        prop_assert!(written.ends_with('\n') && !written.ends_with("\n\n"));
    }
}

#[test]
fn pyyaml_reads_everything_back() {
    let strings = hostile::strings();
    let mut expected: Vec<Value> = strings.iter().map(|it| json!(it)).collect();
    expected.push(nest(&strings));
    expected.extend(samples(&values(), 150));
    let cases: Vec<Value> = expected.iter().map(|it| json!([to_yaml(it).unwrap(), it])).collect();

    let python = Command::new("python3")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emitter/compare.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut python = match python {
        Err(error) if error.kind() == ErrorKind::NotFound => return eprintln!("skipped: no python3"),
        other => other.unwrap(),
    };
    // The helper without PyYAML exits before it reads, so a broken pipe is no failure here.
    let _ = python.stdin.take().unwrap().write_all(json!(cases).to_string().as_bytes());
    let output = python.wait_with_output().unwrap();
    if output.status.code() == Some(3) {
        return eprintln!("skipped: python3 has no PyYAML");
    }
    assert!(output.status.success());
    let failures: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        failures.is_empty(),
        "{} of {}: {:#?}",
        failures.len(),
        cases.len(),
        &failures[..failures.len().min(5)]
    );
}

#[test]
fn kustomize_keeps_everything_without_hazard() {
    let mut strings = hostile::strings();
    strings.extend(samples(&texts(), 1500));
    strings.retain(|it| hazard(it).is_none());
    strings.sort();
    strings.dedup();
    assert!(strings.len() > 1500, "{}", strings.len());

    let by_number: BTreeMap<String, &String> =
        strings.iter().enumerate().map(|(at, it)| (format!("k{at}"), it)).collect();
    // Kustomize takes no longer ones (and Kubernetes none of more than 317 characters).
    let by_text: BTreeMap<&String, usize> = strings
        .iter()
        .filter(|it| json!(it).to_string().len() <= 1000)
        .enumerate()
        .map(|(at, it)| (it, at))
        .collect();
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "values", "annotations": by_number},
        "data": by_text,
        "more": {"values": strings, "nested": by_number, "lists": strings.iter().map(|it| [[it]]).collect::<Vec<_>>()},
    });
    let Some(built) = kustomize(&to_yaml(&object).unwrap()) else { return };
    let built = read(&built.unwrap());
    for part in ["/metadata/annotations", "/data", "/more/nested", "/more/values", "/more/lists"] {
        let (expected, found) = (object.pointer(part).unwrap(), built.pointer(part).unwrap());
        assert!(expected == found, "{part}: {:?}", first_difference(expected, found));
    }
    assert_eq!(built, object);
}

#[test]
fn kustomize_keeps_numbers() {
    let numbers = json!({
        "ints": [0, -1, i64::MIN, i64::MAX, u64::MAX, 9_007_199_254_740_993_u64],
        "floats": [0.5, -2.5e-7, 1.5e300, 5e-324, 123_456_789.123, f64::MAX],
    });
    let object = json!({"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "x"}, "spec": numbers});
    let Some(built) = kustomize(&to_yaml(&object).unwrap()) else { return };
    assert_eq!(read(&built.unwrap())["spec"], numbers);
}

/// What [`hazard`] names is really lost, so nobody is refused without need.
#[test]
fn kustomize_loses_what_is_a_hazard() {
    let lost = |annotations: Value| {
        let metadata = json!({"name": "x", "annotations": annotations});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        let built = kustomize(&to_yaml(&object).unwrap())?;
        Some(built.map_or(true, |text| read(&text) != object))
    };
    for c in ['\u{7f}', '\u{85}', '\u{9f}', '\u{fffe}', '\u{ffff}'] {
        let text = format!("a{c}b");
        assert_eq!(hazard(&text), Some(Hazard::Character(c)));
        let Some(value_lost) = lost(json!({"a": text})) else { return };
        assert!(value_lost, "{c:?} in a value survives");
    }
    assert_eq!(hazard("\ta\nb"), Some(Hazard::LeadingTab));
    assert_eq!(lost(json!({"a": "\ta\nb"})), Some(true));
    assert_eq!(lost(json!({"a": "\ta", "b": "a\n\tb"})), Some(false));
    assert_eq!(hazard("<<"), Some(Hazard::MergeKey));
    assert_eq!(lost(json!({"<<": "a", "b": "c"})), Some(true));
    assert_eq!(lost(json!({"a": "<<"})), Some(false));
}

/// Every string as value and key, in maps and lists.
fn nest(strings: &[String]) -> Value {
    let keyed: BTreeMap<&String, Value> = strings.iter().map(|it| (it, json!({"v": it}))).collect();
    let lists: Vec<Value> = strings.iter().map(|it| json!([it, {it: [it]}])).collect();
    json!({"keyed": keyed, "lists": [lists]})
}

/// Strings of pieces that matter to YAML, with a bias to short ones.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            " ", "  ", "\n", "\n\n", "\t", ": ", " #", ":", "-", "- ", "? ", "a", "b: c", "no", "1", "0x", "_", ".", "e",
            "'", "\"", "\\", "|", ">", "!", "&", "*", "%", "@", "{", "]", ",", "~", "=", "<<", "---", "...", "#",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["\r", "\0", "\u{1b}", "\u{2028}", "\u{feff}", "é", "\u{1f600}", "\u{a0}"])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
}

/// Any value that JSON can hold.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => texts().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_filter("finite", |it| it.is_finite()).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((texts(), inner), 0..5).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// The same values on every run.
fn samples<T: std::fmt::Debug>(strategy: &impl Strategy<Value = T>, count: usize) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn read(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// What Kustomize builds of one resource, or why it fails; none when it is not installed.
#[expect(clippy::disallowed_methods, reason = "Kustomize reads a folder")]
fn kustomize(resource: &str) -> Option<Result<String, String>> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kustomization.yaml"), "resources:\n- object.yaml\n").unwrap();
    std::fs::write(folder.path().join("object.yaml"), resource).unwrap();
    let output = match Command::new("kubectl").arg("kustomize").arg(folder.path()).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: no kubectl");
            return None;
        }
        other => other.unwrap(),
    };
    let read = |bytes| String::from_utf8(bytes).unwrap();
    Some(if output.status.success() { Ok(read(output.stdout)) } else { Err(read(output.stderr)) })
}

/// Where two maps or lists differ first, for a message that can be read.
fn first_difference(expected: &Value, found: &Value) -> Option<(Value, Value)> {
    let pairs = |value: &Value| -> Vec<Value> {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                entries.into_iter().map(|(key, value)| json!([key, value])).collect()
            }
            other => other.as_array().cloned().unwrap_or_default(),
        }
    };
    pairs(expected).into_iter().zip(pairs(found)).find(|(one, other)| one != other)
}
