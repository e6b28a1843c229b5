//! The rules against other tools' own fixtures: what `docs/peers.md` claims is compared, fixture by fixture.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use serde::Deserialize as _;
use serde_json::Value;
use stackgen::diag::{At, Diagnostic, Sink, Sources};
use stackgen::k8s::schema::{Schemas, Verdict};
use stackgen::patch::manifest;
use stackgen::rule;

use crate::support::{Root, project, shared};

/// One check on one fixture, as the tool sees it.
struct Case {
    check: String,
    /// The name of the fixture.
    fixture: String,
    files: Vec<String>,
    /// How many findings there may be; more than one number where the tool was asked in several ways.
    expected: BTreeSet<usize>,
}

/// What `docs/peers.md` says of a tool.
#[derive(Default)]
struct Claims {
    /// Codes and words by check.
    covered: BTreeMap<String, (Vec<String>, String)>,
    /// Check and fixture.
    differences: BTreeSet<(String, String)>,
    left_out: BTreeSet<String>,
}

#[test]
fn kube_linter() {
    let Some(folder) = shared("suites/kube-linter") else { return };
    let mut cases = Vec::new();
    for row in expected(&folder) {
        let (Some(check), Some(file)) = (row["check"].as_str(), row["file"].as_str()) else { continue };
        let messages = row["messages"].as_array().map_or(0, Vec::len);
        let count = row["count"].as_u64().map_or(messages, |it| usize::try_from(it).unwrap());
        cases.push(Case {
            check: check.to_owned(),
            fixture: file.to_owned(),
            files: vec![file.to_owned()],
            expected: BTreeSet::from([count]),
        });
    }
    compare("kube-linter", &folder, &cases, |it| it);
}

#[test]
fn kube_score() {
    let Some(folder) = shared("suites/kube-score") else { return };
    let mut cases: BTreeMap<(String, String), BTreeSet<usize>> = BTreeMap::new();
    for row in expected(&folder) {
        let [check, file, grade] = ["check", "file", "grade"].map(|it| row[it].as_str().unwrap().to_owned());
        cases.entry((check, file)).or_default().insert(usize::from(grade != "GradeAllOK"));
    }
    let cases = cases.into_iter().map(|((check, file), expected)| Case {
        check,
        files: vec![format!("score/testdata/{file}")],
        fixture: file,
        expected,
    });
    compare("kube-score", &folder, &cases.collect::<Vec<_>>(), |it| it.min(1));
}

#[test]
fn istioctl_analyze() {
    let Some(folder) = shared("suites/istio-analyzers") else { return };
    let rows = expected(&folder);
    let mut messages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &rows {
        let all = row["expected"].as_array().unwrap().iter().map(|it| it["message"].as_str().unwrap());
        messages.entry(row["analyzer"].as_str().unwrap()).or_default().extend(all);
    }
    let mut cases = Vec::new();
    for row in &rows {
        let analyzer = row["analyzer"].as_str().unwrap();
        let files: Vec<String> =
            row["files"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
        for message in &messages[analyzer] {
            let all = row["expected"].as_array().unwrap().iter();
            cases.push(Case {
                check: format!("{analyzer}/{message}"),
                fixture: files.join(" + "),
                files: files.clone(),
                expected: BTreeSet::from([all.filter(|it| it["message"] == *message).count()]),
            });
        }
    }
    compare("istioctl analyze", &folder, &cases, |it| it);
}

/// The files of Istio's fixtures whose names end so.
fn of_istio(folder: &Path, end: &str) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = all.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|it| it.ends_with(end));
    names.sort();
    assert!(names.len() > 5, "{names:?}");
    names
}

/// Polaris is not run: what its definitions ask is broken object by object, each under a comment that says which.
#[test]
fn polaris() {
    let (claims, folder, name) =
        (claims("Polaris"), project().join("tests/peers"), "polaris.yaml".to_owned());
    let text = std::fs::read_to_string(folder.join(&name)).unwrap();
    let (sources, found) = looked_at(&folder, &[name]);
    let line_of = |it: &Diagnostic| {
        let At::Span(span) = it.primary.at else { panic!("a finding is nowhere: {}", it.message) };
        sources.line_column(span.file, span.start).0
    };
    let (mut line, mut broken, mut failures) = (1, BTreeSet::new(), Vec::new());
    for document in text.split("---\n") {
        let lines = line..line + document.lines().count();
        line = lines.end + 1;
        let said = document.lines().find_map(|it| it.strip_prefix("# breaks ")).unwrap_or_default();
        for check in said.split(' ').filter(|it| !it.is_empty()) {
            broken.insert(check.to_owned());
            let (codes, words) = &claims.covered[check];
            let hit = |it: &Diagnostic| {
                lines.contains(&line_of(it))
                    && codes.iter().any(|code| code == it.code.id)
                    && it.message.contains(words.as_str())
            };
            if !found.iter().any(hit) {
                failures.push(format!("`{check}` is not found in:\n{document}"));
            }
        }
    }
    let covered: BTreeSet<String> = claims.covered.keys().cloned().collect();
    assert_eq!(broken, covered, "each check has an object that breaks it");
    for it in findings(&folder, &["polaris-fine.yaml".to_owned()]) {
        if claims.covered.values().any(|(codes, _)| codes.iter().any(|code| code == it.code.id)) {
            failures.push(format!("polaris-fine.yaml: {}", it.message));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_istio_takes_is_no_error() {
    let Some(folder) = shared("suites/istio-crd-validation") else { return };
    let page = std::fs::read_to_string(project().join("docs/peers.md")).unwrap();
    let (_, section) = page.split_once("\n## Istio's own schemas\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|it| it.strip_prefix("| `"));
    let listed: BTreeSet<(&str, &str)> = rows
        .map(|it| {
            let mut cells = it.split(" | ").map(|it| it.trim_matches(['`', ' ', '|']));
            let (file, place) = (cells.next().unwrap(), cells.next().unwrap());
            assert!(cells.next().is_some_and(|it| !it.is_empty()), "{it}");
            (file, place)
        })
        .collect();
    let mut found = BTreeSet::new();
    for name in of_istio(&folder, "-valid.yaml") {
        let errors = findings(&folder, std::slice::from_ref(&name));
        // They give several examples one name.
        let errors = errors.iter().filter(|it| it.is_error() && it.code.name != "object-name-clash");
        for error in errors {
            let row = listed.iter().find(|it| it.0 == name && error.message.contains(it.1));
            found.insert(*row.unwrap_or_else(|| panic!("{name}: {}", error.message)));
        }
    }
    assert_eq!(found, listed);

    // What is refused, of what Istio refuses: its marks are no fields.
    let (mut refused, mut count) = (0, 0);
    for name in of_istio(&folder, "-invalid.yaml") {
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let mut object = Value::deserialize(document).unwrap();
            let Some(_) = object.as_object_mut().and_then(|it| it.remove("_err")) else { continue };
            count += 1;
            let Verdict::Checked(checked) = Schemas::newest().check(&object) else { panic!("{object}") };
            refused += usize::from(!checked.faults.is_empty());
        }
    }
    let said = format!("of {count} objects in `*-invalid.yaml`, {refused} are refused");
    assert!(section.contains(&said), "{said}");
}

#[test]
fn the_shipped_stacks_have_no_finding_that_is_not_listed() {
    let page = std::fs::read_to_string(project().join("docs/peers.md")).unwrap();
    let (_, table) = page.split_once("\n## The shipped stacks\n").unwrap();
    let rows = table.lines().filter(|it| it.starts_with("| `"));
    let row = |it: &str| {
        let cells: Vec<String> =
            it.trim_matches('|').split('|').map(|it| it.trim().replace('`', "")).collect();
        assert!(!cells[2].is_empty(), "{it}");
        (cells[0].clone(), cells[1].clone())
    };
    let listed: BTreeSet<(String, String)> = rows.map(row).collect();
    let (mut found, mut objects) = (BTreeMap::new(), 0);
    for (stack, environment) in Root::Shipped.clusters() {
        let (mut sources, mut sink) = (Sources::default(), Sink::default());
        let file = sources.add(&*environment, Root::Shipped.stream(&stack, &environment));
        let manifests = manifest::written(&sources, &[file], Schemas::without_stack(None), &mut sink);
        objects += manifests.len();
        rule::written(&manifests, &mut sink);
        for it in sink.findings().iter().filter(|it| it.code.name != "not-checked") {
            found.entry((stack.clone(), it.code.id.to_owned())).or_insert_with(|| it.message.clone());
        }
    }
    assert!(objects > 100, "{objects} objects");
    let known: BTreeSet<(String, String)> = found.keys().cloned().collect();
    let new: Vec<_> = found.iter().filter(|it| !listed.contains(it.0)).collect();
    assert!(new.is_empty(), "{new:#?}");
    assert_eq!(known, listed, "docs/peers.md lists what is not found");
}

fn expected(folder: &Path) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap()
}

fn findings(folder: &Path, files: &[String]) -> Vec<Diagnostic> {
    looked_at(folder, files).1
}

fn looked_at(folder: &Path, files: &[String]) -> (Sources, Vec<Diagnostic>) {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let add = |it: &String| sources.add(it.clone(), std::fs::read_to_string(folder.join(it)).unwrap());
    let files: Vec<_> = files.iter().map(add).collect();
    let manifests = manifest::written(&sources, &files, Schemas::without_stack(None), &mut sink);
    rule::written(&manifests, &mut sink);
    (sources, sink.into_report(&[]))
}

/// What the page says in the chapter of a tool.
fn claims(tool: &str) -> Claims {
    let page = std::fs::read_to_string(project().join("docs/peers.md")).unwrap();
    let chapter = page.split("\n## ").find_map(|it| it.strip_prefix(tool)?.strip_prefix('\n')).unwrap();
    let mut claims = Claims::default();
    for section in chapter.split("\n### ") {
        for row in section.lines().filter(|it| it.starts_with("| `")) {
            let cells: Vec<String> =
                row.trim_matches('|').split('|').map(|it| it.trim().replace('`', "")).collect();
            match (section.split('\n').next().unwrap(), cells.as_slice()) {
                ("Covered", [check, codes, words]) => {
                    let codes = codes.split(' ').map(str::to_owned).collect();
                    claims.covered.insert(check.clone(), (codes, words.clone()));
                }
                ("Differences", [check, fixture, why]) if !why.is_empty() => {
                    claims.differences.insert((check.clone(), fixture.clone()));
                }
                ("Not covered", [check, why]) if !why.is_empty() => {
                    claims.left_out.insert(check.clone());
                }
                _ => panic!("docs/peers.md: {row}"),
            }
        }
    }
    claims
}

/// Holds the page to the fixtures. `weigh` makes of a number of findings what the tool tells apart.
fn compare(tool: &str, folder: &Path, cases: &[Case], weigh: fn(usize) -> usize) {
    let claims = claims(tool);
    let mut failures = Vec::new();
    let known: BTreeSet<&str> = cases.iter().map(|it| it.check.as_str()).collect();
    let said: BTreeSet<&str> = claims.covered.keys().chain(&claims.left_out).map(String::as_str).collect();
    failures.extend(known.difference(&said).map(|it| format!("nothing is said of `{it}`")));
    failures.extend(said.difference(&known).map(|it| format!("`{it}` has no fixture")));
    let mut table: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut differences = BTreeSet::new();
    for case in cases {
        let Some((codes, words)) = claims.covered.get(&case.check) else { continue };
        let found = findings(folder, &case.files);
        let ours = |it: &&Diagnostic| {
            codes.iter().any(|code| code == it.code.id) && it.message.contains(words.as_str())
        };
        let count = weigh(found.iter().filter(ours).count());
        let row = table.entry(&case.check).or_default();
        if case.expected.contains(&count) {
            row.0 += 1;
        } else {
            row.1 += 1;
            let key = (case.check.clone(), case.fixture.clone());
            if !claims.differences.contains(&key) {
                failures.push(format!("`{}` on {}: {count}, and not {:?}", key.0, key.1, case.expected));
            }
            differences.insert(key);
        }
    }
    failures.extend(
        claims.differences.difference(&differences).map(|it| format!("no difference any more: {it:?}")),
    );
    let mut out = format!("{tool}: check, fixtures that say the same, that differ with a reason\n");
    for (check, (same, differ)) in &table {
        writeln!(out, "  {check}: {same}, {differ}").unwrap();
    }
    // Not by a macro, whose output the test harness keeps to itself.
    std::io::stderr().write_all(out.as_bytes()).unwrap();
    assert!(failures.is_empty(), "{tool}:\n{}", failures.join("\n"));
}
