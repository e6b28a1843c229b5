//! Every rule against a stack that fires and a near miss that does not: `tests/ui/<rule>/{fires,near-miss}/`.
//!
//! In `fires`, a comment `# finding: SG321` (several codes: separated by spaces) ends each line that a finding points
//! at; every finding needs one and every comment needs its finding. `fires/report.txt` is the report that a person
//! reads: `UPDATE_UI=1 cargo test ui` writes it anew. A rule that looks at written objects has them in `objects/fires.yaml` and
//! `objects/near-miss.yaml`; there, only its own findings count.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stackgen::catalogue;
use stackgen::compile::Project;
use stackgen::diag::render::{Format, Style, render};
use stackgen::diag::{At, Diagnostic, Severity, Sink, Sources};
use stackgen::document::{FileError, Files};
use stackgen::k8s::schema::Schemas;
use stackgen::patch::manifest;
use stackgen::rule::{self, Check};

const ENTRY: &str = "stack.yaml";

#[test]
fn every_rule_fires_and_nearly() {
    let failures: Vec<String> = folders().iter().flat_map(|it| failures_of(it)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_rule_has_a_folder_and_every_folder_a_rule() {
    let folders: BTreeSet<String> = folders().iter().map(|it| name(it)).collect();
    let names: BTreeSet<&str> = catalogue::all().iter().map(|it| it.name).collect();
    for rule in rule::ALL {
        let name = rule.code.name;
        let written = |it: &Check| matches!(it, Check::Written(_));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(name);
        for (part, wanted) in
            [("objects", rule.checks().iter().any(written)), ("fires", !rule.checks().iter().all(written))]
        {
            assert_eq!(folder.join(part).exists(), wanted, "tests/ui/{name}/{part}");
        }
    }
    for folder in &folders {
        assert!(names.contains(folder.as_str()), "no code is named as tests/ui/{folder}/");
    }
}

/// What we show others is what our own rules would sign.
#[test]
fn the_shipped_stack_has_neither_errors_nor_warnings() {
    // Some environments are one of many: whoever renders them says which.
    let given = |project: &Project, environment: &str| {
        let known = project.outline(environment).unwrap().parameters;
        let required = known.into_iter().filter(|(_, it)| it.is_required());
        required.map(|(name, _)| (name, "example".to_owned())).collect()
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks/platform-kernel");
    let case = compile_with(&folder, &given);
    // What it lives with has a reason beside it.
    let signed = |it: &Diagnostic| it.severity == Severity::Info || it.accepted.is_some();
    let bad: Vec<Diagnostic> = case.findings.into_iter().filter(|it| !signed(it)).collect();
    assert!(bad.is_empty(), "{}", render(Format::Human, Style::default(), &case.sources, &bad));
    assert_eq!(case.rendered, case.environments);
}

/// What a case got, compiled in all its environments.
struct Case {
    sources: Sources,
    findings: Vec<Diagnostic>,
    /// The environments that render.
    rendered: Vec<String>,
    environments: Vec<String>,
}

fn failures_of(folder: &Path) -> Vec<String> {
    let rule = name(folder);
    let mut failures = Vec::new();
    if folder.join("objects").exists() {
        failures.extend(objects_fail(&folder.join("objects"), &rule));
    }
    if !folder.join("fires").exists() {
        return failures;
    }
    let fires = compile(&folder.join("fires"));
    if !fires.findings.iter().any(|it| it.code.name == rule) {
        failures.push(format!("{rule}/fires does not report {rule}"));
    }
    let (found, expected) = (found(&fires), expected(&fires));
    failures.extend(places_differ(&rule, &found, &expected));
    failures.extend(report_differs(&folder.join("fires/report.txt"), &fires));
    let near = compile(&folder.join("near-miss"));
    let unwanted = |it: &&Diagnostic| it.code.name == rule || it.is_error();
    let unwanted: Vec<Diagnostic> = near.findings.iter().filter(unwanted).cloned().collect();
    if !unwanted.is_empty() || near.rendered != near.environments {
        let report = render(Format::Human, Style::default(), &near.sources, &unwanted);
        failures.push(format!("{rule}/near-miss is not clean:\n{report}"));
    }
    failures
}

/// What is found and not announced, and the other way round.
fn places_differ(
    rule: &str,
    found: &BTreeSet<(String, usize, String)>,
    expected: &BTreeSet<(String, usize, String)>,
) -> Vec<String> {
    let unannounced = found.difference(expected);
    let unannounced =
        unannounced.map(|it| format!("{rule}: {} at {}:{} is not announced by a comment", it.2, it.0, it.1));
    let unreported = expected.difference(found);
    unannounced
        .chain(unreported.map(|it| format!("{rule}: {} is not reported at {}:{}", it.2, it.0, it.1)))
        .collect()
}

fn report_differs(file: &Path, case: &Case) -> Option<String> {
    let report = render(Format::Human, Style::default(), &case.sources, &case.findings);
    if std::env::var_os("UPDATE_UI").is_some() {
        fs::write(file, &report).unwrap();
        return None;
    }
    let same = fs::read_to_string(file).unwrap_or_default() == report;
    (!same).then(|| format!("{} is not the report, which is:\n{report}", file.display()))
}

/// Of written objects, only the rule's own findings count: small objects lack much.
fn objects_fail(folder: &Path, rule: &str) -> Vec<String> {
    let read = |name: &str| {
        let (mut sources, mut sink) = (Sources::default(), Sink::default());
        let file = sources.add(name, fs::read_to_string(folder.join(name)).unwrap());
        let manifests = manifest::written(&sources, &[file], Schemas::without_stack(None), &mut sink);
        let refused = sink.findings().iter().filter(|it| it.code.name == "bad-manifest");
        let refused: Vec<String> = refused.map(|it| format!("{rule}/{name}: {}", it.message)).collect();
        rule::written(&manifests, &mut sink);
        sink.findings_mut().retain(|it| it.code.name == rule);
        let findings = sink.into_report(&[]);
        (Case { sources, findings, rendered: Vec::new(), environments: Vec::new() }, refused)
    };
    let (fires, mut failures) = read("fires.yaml");
    if fires.findings.is_empty() {
        failures.push(format!("{rule}/objects/fires.yaml does not report {rule}"));
    }
    failures.extend(places_differ(rule, &found(&fires), &expected(&fires)));
    failures.extend(report_differs(&folder.join("report.txt"), &fires));
    let (near, refused) = read("near-miss.yaml");
    failures.extend(refused);
    let unwanted = near.findings.iter().map(|it| format!("{rule}/objects/near-miss.yaml: {}", it.message));
    failures.extend(unwanted);
    failures
}

fn compile(folder: &Path) -> Case {
    compile_with(folder, &|_, _| Vec::new())
}

/// What `--set` says.
type Given = Vec<(String, String)>;

fn compile_with(folder: &Path, given: &dyn Fn(&Project, &str) -> Given) -> Case {
    let files = Disk(folder.to_owned());
    let mut project = Project::open(&files, ENTRY);
    let environments = project.environments();
    assert!(!environments.is_empty(), "{} has no environment", folder.display());
    let (mut sink, mut rendered) = (Sink::default(), Vec::new());
    *sink.findings_mut() = std::mem::take(&mut project.findings);
    for environment in &environments {
        let set = given(&project, environment);
        let compiled = project.compile(&files, environment, &set, stackgen::layout::Form::Count);
        sink.findings_mut().extend(compiled.findings);
        rendered.extend(compiled.laid.map(|_| environment.clone()));
    }
    Case { findings: sink.into_report(&environments), sources: project.sources, rendered, environments }
}

/// File, line and code of every finding, sorted.
fn found(case: &Case) -> BTreeSet<(String, usize, String)> {
    let place = |it: &Diagnostic| {
        let At::Span(span) = it.primary.at else { panic!("a finding is nowhere: {}", it.message) };
        let (line, _) = case.sources.line_column(span.file, span.start);
        (case.sources.path(span.file).to_owned(), line, it.code.id.to_owned())
    };
    case.findings.iter().map(place).collect()
}

/// The same, as the comments announce it.
fn expected(case: &Case) -> BTreeSet<(String, usize, String)> {
    let mut expected = BTreeSet::new();
    for (path, text) in case.sources.iter() {
        for (index, line) in text.lines().enumerate() {
            let codes = line.split_once("# finding:").map(|(_, codes)| codes).unwrap_or_default();
            let codes = codes.split_whitespace().map(str::to_owned);
            expected.extend(codes.map(|it| (path.to_owned(), index + 1, it)));
        }
    }
    expected
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|it| it.unwrap().path()).collect();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The files of one case. Cases name their files: patterns are tested elsewhere.
struct Disk(PathBuf);

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        fs::read(self.0.join(path)).map_err(|_| FileError::NotFound(None))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        assert!(!pattern.contains(['*', '?']), "name the files of the case");
        Ok(vec![pattern.to_owned()])
    }
}
