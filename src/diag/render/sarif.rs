//! SARIF 2.1.0, for services that keep findings over time.
//!
//! Specification: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html>.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::excerpt::line;
use super::in_environments;
use super::place::{Place, Stretch};
use crate::diag::{At, Code, Diagnostic, Edit, Label, Severity, Sources};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One run of the program, as a log of SARIF tells of it.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Findings, with the texts that they are about.
    pub findings: Vec<(Sources, Vec<Diagnostic>)>,
    /// What else was said.
    pub notes: Vec<String>,
    /// Why the program could not do what was asked.
    pub failure: Option<String>,
}

impl Log {
    /// The one document, which is there even where nothing was found. What is accepted is left out, as in
    /// [`Format::Github`](super::Format::Github): who keeps the findings would ask for something to be done.
    #[must_use]
    pub fn render(&self) -> String {
        let open = || {
            let all =
                self.findings.iter().flat_map(|(sources, found)| found.iter().map(move |it| (sources, it)));
            all.filter(|(_, it)| it.accepted.is_none())
        };
        let codes: BTreeMap<&str, &Code> = open().map(|(_, it)| (it.code.id, it.code)).collect();
        let index = |code: &Code| codes.keys().position(|it| *it == code.id);
        let mut seen = BTreeMap::new();
        let results: Vec<Value> =
            open().map(|(sources, it)| result(sources, it, index(it.code), &mut seen)).collect();
        let document = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "stackgen",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes.values().map(|it| rule(it)).collect::<Vec<_>>(),
                } },
                "invocations": [self.invocation()],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        });
        format!("{document:#}\n")
    }

    fn invocation(&self) -> Value {
        let notification =
            |level: &str, text: &String| json!({ "level": level, "message": { "text": text } });
        let notes = self.notes.iter().map(|it| notification("note", it));
        let failure = self.failure.iter().map(|it| notification("error", it));
        json!({
            "executionSuccessful": self.failure.is_none(),
            "toolExecutionNotifications": notes.chain(failure).collect::<Vec<_>>(),
        })
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A rule, with its page.
fn rule(code: &Code) -> Value {
    let mut rule = json!({
        "id": code.id,
        "name": code.name,
        "shortDescription": { "text": code.name.replace('-', " ") },
        "defaultConfiguration": { "level": level(code.severity) },
    });
    // The first section says what it finds; the others are about what to do.
    let finds = code.docs.split("\n## ").next().unwrap_or_default();
    let finds = finds.split_once('\n').map_or("", |(_, text)| text).trim();
    if !finds.is_empty() {
        rule["fullDescription"] = json!({ "text": finds });
        rule["help"] = json!({ "text": code.docs, "markdown": code.docs });
    }
    rule
}

fn result(
    sources: &Sources,
    finding: &Diagnostic,
    rule: Option<usize>,
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let mut result = json!({
        "ruleId": finding.code.id,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": message(sources, finding) },
        "locations": primary(sources, finding).into_iter().collect::<Vec<_>>(),
        "partialFingerprints": { "primaryLocationLineHash": fingerprint(sources, finding, seen) },
    });
    let related: Vec<Value> =
        finding.secondary.iter().filter_map(|it| location(sources, it)).zip(1..).map(numbered).collect();
    let fixes: Vec<Value> = finding
        .helps
        .iter()
        .filter_map(|it| it.edit.as_ref().and_then(|edit| fix(sources, &it.text, edit)))
        .collect();
    let members = Map::from_iter(
        [("relatedLocations", related), ("fixes", fixes)].map(|(k, v)| (k.to_owned(), v.into())),
    );
    let object = result.as_object_mut().expect("a result is an object");
    object.extend(members.into_iter().filter(|(_, it)| it.as_array().is_some_and(|it| !it.is_empty())));
    result
}

/// What, why, and what to do: a line each.
fn message(sources: &Sources, finding: &Diagnostic) -> String {
    let mut lines = vec![match Place::of(sources, &finding.primary.at) {
        Place::Words(words) => format!("{} ({words})", finding.message),
        Place::Source(_) | Place::Nowhere => finding.message.clone(),
    }];
    lines.extend(finding.notes.iter().map(|it| format!("note: {it}")));
    lines.extend(in_environments(finding).map(|it| format!("note: {it}")));
    lines.extend(finding.helps.iter().map(|it| format!("help: {}", it.text)));
    lines.join("\n")
}

/// The first place; what has none is about the stack, whose entry file is the first that was read.
fn primary(sources: &Sources, finding: &Diagnostic) -> Option<Value> {
    location(sources, &finding.primary).or_else(|| {
        let (path, _) = sources.iter().next()?;
        Some(json!({ "physicalLocation": { "artifactLocation": artifact(path) } }))
    })
}

fn location(sources: &Sources, label: &Label) -> Option<Value> {
    let At::Span(span) = label.at else { return None };
    let stretch = Stretch::of(sources, span);
    let physical = json!({ "artifactLocation": artifact(stretch.path), "region": region(&stretch) });
    let mut location = json!({ "physicalLocation": physical });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    Some(location)
}

fn numbered((mut location, id): (Value, usize)) -> Value {
    location["id"] = json!(id);
    location
}

fn fix(sources: &Sources, text: &str, edit: &Edit) -> Option<Value> {
    let At::Span(span) = edit.at else { return None };
    let stretch = Stretch::of(sources, span);
    let replacement =
        json!({ "deletedRegion": region(&stretch), "insertedContent": { "text": edit.replacement } });
    Some(json!({
        "description": { "text": text },
        "artifactChanges": [{ "artifactLocation": artifact(stretch.path), "replacements": [replacement] }],
    }))
}

/// Lines and columns from 1; the end is the first column that is not in it.
fn region(it: &Stretch<'_>) -> Value {
    json!({
        "startLine": it.start.line,
        "startColumn": it.start.column,
        "endLine": it.end.line,
        "endColumn": it.end.column,
    })
}

/// A file, by its path from where the program runs, which is to be the root of the repository.
fn artifact(path: &str) -> Value {
    if path.starts_with('/') {
        return json!({ "uri": format!("file://{}", encoded(path)) });
    }
    json!({ "uri": encoded(path), "uriBaseId": "%SRCROOT%" })
}

/// A path as the path of a URI (RFC 3986); `./` keeps a colon in the first step from ending a scheme.
fn encoded(path: &str) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&it);
    let text: String = path
        .bytes()
        .map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") })
        .collect();
    let first = text.split('/').next().unwrap_or_default();
    if first.contains(':') { format!("./{text}") } else { text }
}

/// Tells a finding from others over time: by its rule, file and words, and the text of its first line, not by the number of
/// that. What several have alike is numbered.
fn fingerprint(sources: &Sources, finding: &Diagnostic, seen: &mut BTreeMap<String, usize>) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update(text);
        hash.update([0]);
    };
    add(finding.code.id);
    add(&finding.message);
    match Place::of(sources, &finding.primary.at) {
        Place::Source(it) => {
            add(it.path);
            add(line(it.text, it.range.start).trim());
        }
        Place::Words(words) => add(&words),
        Place::Nowhere => {}
    }
    let hash: String = format!("{:x}", hash.finalize()).chars().take(16).collect();
    let number = seen.entry(hash.clone()).or_default();
    *number += 1;
    format!("{hash}:{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::render::samples::{self, ABSENT, at};
    use crate::diag::{Part, Route};

    fn read(findings: Vec<(Sources, Vec<Diagnostic>)>) -> Value {
        let text = Log { findings, ..Log::default() }.render();
        serde_json::from_str(&text).unwrap()
    }

    fn results(findings: Vec<(Sources, Vec<Diagnostic>)>) -> Vec<Value> {
        read(findings)["runs"][0]["results"].as_array().unwrap().clone()
    }

    #[test]
    fn tells_everything() {
        let (sources, mut finding) = samples::unknown_use();
        finding.environments = vec!["prod".to_owned()];
        let [result] = &results(vec![(sources, vec![finding])])[..] else { panic!("one result") };
        let region = |line: u32, start: u32, end: u32| json!({ "startLine": line, "startColumn": start, "endLine": line, "endColumn": end });
        let file = |path: &str| json!({ "uri": path, "uriBaseId": "%SRCROOT%" });
        let fingerprint = result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap();
        assert!(fingerprint.len() == 18 && fingerprint.ends_with(":1"), "{fingerprint}");
        assert_eq!(
            *result,
            json!({
                "ruleId": "SG203",
                "ruleIndex": 0,
                "level": "error",
                "message": { "text": "service `checkout` uses `bsu`, which this stack does not declare\n\
                    note: a service reaches only what it names, so its pods would wait for ever\n\
                    note: in environment `prod`\nhelp: write `bus`" },
                "locations": [{
                    "physicalLocation": { "artifactLocation": file("stack.yaml"), "region": region(4, 12, 15) },
                    "message": { "text": "not declared" },
                }],
                "partialFingerprints": { "primaryLocationLineHash": fingerprint },
                "relatedLocations": [{
                    "physicalLocation": { "artifactLocation": file("tiers.yaml"), "region": region(2, 3, 6) },
                    "message": { "text": "a similar name is declared here" },
                    "id": 1,
                }],
                "fixes": [{
                    "description": { "text": "write `bus`" },
                    "artifactChanges": [{
                        "artifactLocation": file("stack.yaml"),
                        "replacements": [{ "deletedRegion": region(4, 12, 15), "insertedContent": { "text": "bus" } }],
                    }],
                }],
            })
        );
    }

    #[test]
    fn there_is_a_document_without_a_finding() {
        let (sources, finding) = samples::unknown_use();
        let accepted = Diagnostic { accepted: Some("known".to_owned()), ..finding };
        let document = read(vec![(sources, vec![accepted])]);
        let run = &document["runs"][0];
        assert_eq!((&run["results"], &run["tool"]["driver"]["rules"]), (&json!([]), &json!([])));
        assert_eq!(document["version"], "2.1.0");
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    }

    #[test]
    fn a_failure_is_said_in_the_document() {
        let log = Log { notes: vec!["n".to_owned()], failure: Some("f".to_owned()), ..Log::default() };
        let document: Value = serde_json::from_str(&log.render()).unwrap();
        let notification = |level: &str, text: &str| json!({ "level": level, "message": { "text": text } });
        assert_eq!(
            document["runs"][0]["invocations"],
            json!([{
                "executionSuccessful": false,
                "toolExecutionNotifications": [notification("note", "n"), notification("error", "f")],
            }])
        );
    }

    #[test]
    fn fingerprints_outlive_a_move_of_the_line() {
        let of = |text: &str, path: &str, start: u32, message: &str| {
            let mut sources = Sources::default();
            let file = sources.add(path, text);
            (sources, vec![Diagnostic::new(&ABSENT, at(file, start..start + 1), message)])
        };
        let all = results(vec![
            of("a: 1\nb: 2\n", "x", 5, "m"),
            // Further down, and further to the right.
            of("a: 1\n\n  b: 2\n", "x", 8, "m"),
            of("a: 1\nb: 3\n", "x", 5, "m"),
            of("a: 1\nb: 2\n", "y", 5, "m"),
            of("a: 1\nb: 2\n", "x", 5, "n"),
        ]);
        let hashes: Vec<&str> = all
            .iter()
            .map(|it| it["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap())
            .collect();
        let (first, number) = hashes[0].split_once(':').unwrap();
        assert_eq!((number, hashes[1]), ("1", format!("{first}:2").as_str()));
        assert!(hashes[2..].iter().all(|it| !it.starts_with(first) && it.ends_with(":1")), "{hashes:?}");
    }

    #[test]
    fn columns_count_characters_and_paths_are_uris() {
        let mut sources = Sources::default();
        let file = sources.add("a b/c:ü%.yaml", "\u{1F600}é: x\n");
        let [result] = &results(vec![(sources, vec![Diagnostic::new(&ABSENT, at(file, 8..9), "m")])])[..]
        else {
            panic!("one result")
        };
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "a%20b/c:%C3%BC%25.yaml");
        assert_eq!(
            (&physical["region"]["startColumn"], &physical["region"]["endColumn"]),
            (&json!(5), &json!(6))
        );
        assert_eq!(encoded("c:x/y"), "./c:x/y");
        assert_eq!(artifact("/a b")["uri"], "file:///a%20b");
    }

    #[test]
    fn what_is_nowhere_is_about_the_entry_file() {
        let (sources, _) = samples::unknown_use();
        let words = At::Node(Route::of(&["a"]), Part::Value);
        let found = vec![
            Diagnostic::new(&ABSENT, At::Nowhere, "m"),
            Diagnostic::new(&ABSENT, words.clone(), "m").also(words, "elsewhere").fix("f", At::Nowhere, "x"),
        ];
        let all = results(vec![(sources, found)]);
        for result in &all {
            let physical = &result["locations"][0]["physicalLocation"];
            assert_eq!(physical["artifactLocation"]["uri"], "stack.yaml");
            assert_eq!((&physical["region"], result.get("fixes")), (&Value::Null, None));
        }
        assert_eq!(all[1]["message"]["text"], "m (at /a)\nhelp: f");
        let nothing = results(vec![(Sources::default(), vec![Diagnostic::new(&ABSENT, At::Nowhere, "m")])]);
        assert_eq!(nothing[0]["locations"], json!([]));
    }
}
