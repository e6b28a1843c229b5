//! Whether what is wrong is found, and where: one thing of a shipped stack broken at a time, in every way of `kinds.rs` at a
//! sample of the places where it can be.
//!
//! A fault has to be found at its own line, or at a line that names what is gone. What leaves a sound stack needs no finding.
//! The table is a snapshot, with every fault that was not found there, so that one more is seen.

mod document;
mod kinds;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use document::Stack;
use kinds::{Expected, Mutant};
use schema::Schema;
use stackgen::compile::Project;
use stackgen::diag::{At, Diagnostic, Severity};
use stackgen::layout::{Form, Output};

use crate::support::memory::{Memory, report, stack};

const STACKS: [&str; 4] = ["platform-kernel", "orbit", "bitvault", "cyoda"];
/// So many places of each kind in each stack, evenly spread. `MUTATIONS=40 cargo test mutation -- --nocapture` looks at more of
/// them and shows what it finds.
const EACH: usize = 3;

/// What an environment becomes, and what is found of it: severity, code and message, with file and line.
struct Outcome {
    text: String,
    findings: Vec<(Finding, (String, usize))>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    is_error: bool,
    code: &'static str,
    message: String,
}

fn compile(files: &Memory, environment: &str, form: Form) -> Outcome {
    let mut project = Project::open(files, "stack.yaml");
    project.jobs = NonZeroUsize::MIN;
    let parameters = project.outline(environment).map(|it| it.parameters).unwrap_or_default();
    let required = parameters.into_iter().filter(|(_, it)| it.is_required());
    let set: Vec<_> = required.map(|(name, _)| (name, "7".to_owned())).collect();
    let compiled = project.compile(files, environment, &set, form);
    let text = compiled.laid.map_or_else(String::new, |it| match it.output {
        Output::Stream(text) => text,
        other => format!("{other:?}"),
    });
    let all = project.findings.iter().chain(&compiled.findings).filter(|it| it.accepted.is_none());
    let place = |it: &Diagnostic| match it.primary.at {
        At::Span(span) => {
            let start = u32::try_from(span.range().start).unwrap();
            (project.sources.path(span.file).to_owned(), project.sources.line_column(span.file, start).0)
        }
        At::Node(..) | At::Nowhere => (String::new(), 0),
    };
    let finding = |it: &Diagnostic| Finding {
        is_error: it.severity == Severity::Error,
        code: it.code.id,
        message: it.message.clone(),
    };
    Outcome { text, findings: all.map(|it| (finding(it), place(it))).collect() }
}

/// What became of a fault.
enum Verdict {
    AtTheLine,
    /// Found, at another line.
    Elsewhere(String),
    Unseen,
    /// Nothing was to be found: the output is another one.
    Changed,
    /// The same, and the output is the same.
    Same,
}

/// What environments become while nothing is broken, by stack and environment.
type Bases = BTreeMap<(String, String), Outcome>;

/// What is found in the environment that reads the place, or else in one of the others, as a check of them all would.
fn judge(stack: &Stack<'_>, mutant: &Mutant, bases: &Bases) -> Verdict {
    let before = &stack.files[&mutant.file];
    let text = format!("{}{}{}", &before[..mutant.at.start], mutant.with, &before[mutant.at.end..]);
    let line = text[..mutant.at.start].matches('\n').count() + 1;
    let files = stack.with(&mutant.file, text);
    let lines = match &mutant.expected {
        Expected::Here(below) => Some((line..=line + below).map(|it| (mutant.file.clone(), it)).collect()),
        Expected::Renamed(name) => {
            let mut users = mentions(&files, name);
            users.insert((mutant.file.clone(), line));
            Some(users)
        }
        Expected::UsersOfEither(one, other) => {
            Some([one, other].into_iter().flat_map(|it| mentions(&files, it)).collect())
        }
        Expected::Bracket(above) => {
            Some((line - above..=line + 1).map(|it| (mutant.file.clone(), it)).collect())
        }
        Expected::Above(above) => Some((line - above..=line).map(|it| (mutant.file.clone(), it)).collect()),
        Expected::Users(name) => {
            let mut users = mentions(&files, name);
            // What has no entries left is found itself.
            let emptied = mutant.emptied.into_iter().flat_map(|(first, more)| first..=first + more);
            users.extend(emptied.map(|it| (mutant.file.clone(), it)));
            Some(users).filter(|it| !it.is_empty())
        }
        Expected::Change => None,
    };
    let others = stack.environments.iter().filter(|it| **it != mutant.environment);
    let mut first = None;
    for environment in [&mutant.environment].into_iter().chain(others) {
        let base = &bases[&(stack.name.clone(), environment.clone())];
        let form = if lines.is_some() { Form::Count } else { Form::Stream };
        let outcome = compile(&files, environment, form);
        let known: BTreeSet<&Finding> = base.findings.iter().map(|it| &it.0).collect();
        let mut new = outcome.findings.iter().filter(|it| it.0.is_error || !known.contains(&it.0));
        let Some(lines): Option<&BTreeSet<(String, usize)>> = lines.as_ref() else {
            let same = new.next().is_none() && outcome.text == base.text;
            return if same { Verdict::Same } else { Verdict::Changed };
        };
        let new: Vec<_> = new.collect();
        if new.iter().any(|it| lines.contains(&it.1)) {
            return Verdict::AtTheLine;
        }
        let shown = |(finding, (file, line)): &(Finding, (String, usize))| {
            format!("{} at {file}:{line}", finding.code)
        };
        first = first.or_else(|| new.first().map(|it| shown(it)));
    }
    first.map_or(Verdict::Unseen, Verdict::Elsewhere)
}

/// The lines that name something, in any file.
fn mentions(files: &Memory, name: &str) -> BTreeSet<(String, usize)> {
    let inside = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
    let names = |line: &str| {
        let code = line.split(" #").next().unwrap_or_default();
        let whole = |at: usize| !code[at + name.len()..].starts_with(inside) && !code[..at].ends_with(inside);
        !code.trim_start().starts_with('#') && code.match_indices(name).any(|(at, _)| whole(at))
    };
    let yaml = files.0.iter().filter(|it| it.0.rsplit_once('.').is_some_and(|it| it.1 == "yaml"));
    yaml.flat_map(|(path, text)| {
        let lines = text.lines().enumerate().filter(|it| names(it.1));
        lines.map(|(index, _)| (path.clone(), index + 1)).collect::<Vec<_>>()
    })
    .collect()
}

/// Some of them, evenly spread.
fn sample(mutants: Vec<Mutant>, each: usize) -> BTreeMap<&'static str, (usize, Vec<Mutant>)> {
    let mut by_kind: BTreeMap<&'static str, Vec<Mutant>> = BTreeMap::new();
    for mutant in mutants {
        by_kind.entry(mutant.kind).or_default().push(mutant);
    }
    let some = |all: Vec<Mutant>| {
        let (count, wanted) = (all.len(), each.min(all.len()));
        let chosen: BTreeSet<usize> = (0..wanted).map(|it| it * count / wanted).collect();
        let kept = all.into_iter().enumerate().filter(|it| chosen.contains(&it.0));
        (count, kept.map(|it| it.1).collect())
    };
    by_kind.into_iter().map(|(kind, all)| (kind, some(all))).collect()
}

#[derive(Default)]
struct Row {
    places: usize,
    seeded: usize,
    at_the_line: usize,
    elsewhere: usize,
    unseen: usize,
    changed: usize,
    same: usize,
}

#[test]
fn what_is_broken_is_found_where_it_is() {
    let more: Option<usize> = std::env::var("MUTATIONS").ok().map(|it| it.parse().unwrap());
    let schema = Schema::load();
    let stacks: Vec<Stack<'_>> = STACKS.iter().map(|it| Stack::read(it, &schema)).collect();
    let mut bases = BTreeMap::new();
    let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
    let mut work = Vec::new();
    for stack in &stacks {
        for environment in &stack.environments {
            let base = compile(&Memory(stack.files.clone()), environment, Form::Stream);
            let wrong: Vec<_> =
                base.findings.iter().filter(|it| it.0.is_error).map(|it| &it.0.message).collect();
            assert!(wrong.is_empty() && !base.text.is_empty(), "{} {environment}: {wrong:?}", stack.name);
            bases.insert((stack.name.clone(), environment.clone()), base);
        }
        for (kind, (places, mutants)) in sample(kinds::all(stack), more.unwrap_or(EACH)) {
            rows.entry(kind).or_default().places += places;
            for mutant in mutants {
                work.push((stack, mutant));
            }
        }
    }
    let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZeroUsize::get) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((stack, mutant)) = work.get(index) else { return };
                    let verdict = judge(stack, mutant, &bases);
                    verdicts.lock().unwrap().insert(index, verdict);
                }
            });
        }
    });
    let mut missed = String::new();
    for (index, verdict) in verdicts.into_inner().unwrap() {
        let (stack, mutant) = &work[index];
        let row = rows.get_mut(mutant.kind).unwrap();
        row.seeded += 1;
        let mut miss = |how: &str| {
            let line = stack.files[&mutant.file][..mutant.at.start].matches('\n').count() + 1;
            let place = format!("{}/{}:{line}", stack.name, mutant.file);
            let _ =
                writeln!(missed, "{}: {place} {} in {}: {how}", mutant.kind, mutant.what, mutant.environment);
        };
        match verdict {
            Verdict::AtTheLine => row.at_the_line += 1,
            Verdict::Elsewhere(where_) => {
                row.elsewhere += 1;
                miss(&where_);
            }
            Verdict::Unseen => {
                row.unseen += 1;
                miss("nothing is found");
            }
            Verdict::Changed => row.changed += 1,
            Verdict::Same => row.same += 1,
        }
    }
    let mut table = format!(
        "{:<24} {:>6} {:>6} {:>5} {:>11} {:>6} {:>8} {:>5}\n",
        "kind", "places", "seeded", "found", "at the line", "missed", "changed", "same"
    );
    let mut total = Row::default();
    let line = |kind: &str, it: &Row| {
        let (found, missed) = (it.at_the_line + it.elsewhere, it.elsewhere + it.unseen);
        format!(
            "{kind:<24} {:>6} {:>6} {found:>5} {:>11} {missed:>6} {:>8} {:>5}\n",
            it.places, it.seeded, it.at_the_line, it.changed, it.same
        )
    };
    for (kind, row) in &rows {
        table.push_str(&line(kind, row));
        total.places += row.places;
        total.seeded += row.seeded;
        total.at_the_line += row.at_the_line;
        total.elsewhere += row.elsewhere;
        total.unseen += row.unseen;
        total.changed += row.changed;
        total.same += row.same;
    }
    table.push_str(&line("all", &total));
    let _ = write!(table, "\nmissed:\n{}", if missed.is_empty() { "none\n" } else { &missed });
    println!("{table}");
    if more.is_none() {
        insta::assert_snapshot!("found", table);
    }
}

/// Each of them was missed, or found elsewhere, until a wider sample of the above showed it.
#[test]
fn what_was_missed_once_is_found() {
    let cases = [
        (
            "prod",
            "namespaces: { app: {} }\nenvironments: { prod: {} }\naccept:\n  - { rule: SG325, reason: it's \"small\"\n  - { rule: SG329, reason: last }\n  - { rule: SG317, reason: slow }\n",
            ("SG001", "stack.yaml:12"),
        ),
        ("prod", "namespaces: { app: {} }\nenvironemnts: { prod: {} }\n", ("SG201", "stack.yaml:10")),
        (
            "prod",
            "namespaces: { app: {} }\nenvironments: { prod: {} }\nstateful:\n  db:\n    version: \"18.4\"\n    knid: postgres\n",
            ("SG103", "stack.yaml:14"),
        ),
        (
            "prod",
            "namespaces: { app: {} }\nenvironments: { prod: {} }\nservices:\n  api:\n    bind:\n      storage: cassandra\n    whenBound: { storage: { cassandra: { image: \"registry.example/api:1.0\" } } }\n",
            ("SG203", "stack.yaml:14"),
        ),
        (
            "prod",
            "environments: { prod: {} }\nnamespaces:\n  app: { mesh: true\n\n  data: {}\n  more: {}\n",
            ("SG001", "stack.yaml:11"),
        ),
        (
            "prod",
            "namespaces: { app: {} }\nenvironments: { prod: {} }\nstores:\n  v:\n    vault-secrets-operator:\n      address: \"https://${externals.vualt.host}\"\n      auth: { role: app }\n",
            ("SG204", "stack.yaml:14"),
        ),
        (
            "prod",
            "namespaces: { app: {} }\nenvironments: { prod: {} }\nservices:\n  web:\n    profile: web\n    securityContext:\n      runAsUser: -7\n",
            ("SG111", "stack.yaml:15"),
        ),
        (
            "dev",
            "environments: { dev: { target: compose } }\nnamespaces: { app: {} }\nsecrets: { root: { from: here, keys: [token] }, tls: { from: here, keys: [tls.crt, tls.key, ca.crt] } }\nstores: { here: { existing: {} } }\nstateful:\n  vault:\n    { kind: vault, version: \"1.21.4\", storage: 1Gi, tls: { secret: tls }, unseal: manual,\n      devRootToken: { secret: roott, key: token } }\n",
            ("SG208", "stack.yaml:16"),
        ),
    ];
    for (environment, extra, (code, place)) in cases {
        let (found, text) = report(&stack(extra, &[]), environment);
        assert!(found.contains(&(code, place.to_owned())), "{code} at {place}:\n{found:?}\n{text}");
    }
}
