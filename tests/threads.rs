//! What comes out, and what is found, does not depend on how many threads compile.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use crate::support::memory::{Memory, stack};
use stackgen::compile::Project;
use stackgen::diag::Diagnostic;
use stackgen::layout::{Form, Output};

/// More services than one thread takes at a time, some in one folder, some with files, findings of every severity among them.
fn services(wrong: bool) -> Memory {
    let mut text = String::from("namespaces: { app: {} }\nenvironments: { prod: {} }\nservices:\n");
    for at in 0..300 {
        let _ = write!(text, "  s{at}: {{ profile: web, namespace: app");
        match at % 5 {
            0 => text.push_str(", folder: together"),
            1 => text.push_str(", files: { /etc/it/a.txt: { file: a.txt } }"),
            2 => text.push_str(", resources: { limits: null }"),
            3 => text.push_str(", scale: 3"),
            _ => {}
        }
        match at % 50 {
            17 if wrong => text.push_str(", env: { A: { secret: gone, key: k } }"),
            18 if wrong => text.push_str(", files: { /etc/it/b.txt: { file: gone.txt } }"),
            _ => {
                let _ = write!(text, ", uses: [ s{} ]", (at + 7) % 300);
            }
        }
        text.push_str(" }\n");
    }
    stack(&text, &[("a.txt", "a\n")])
}

fn compiled(files: &Memory, form: Form, jobs: usize) -> (String, Vec<Diagnostic>) {
    let mut project = Project::open(files, "stack.yaml");
    project.jobs = NonZeroUsize::new(jobs).unwrap();
    let compilation = project.compile(files, "prod", &[], form);
    let text = compilation.laid.map(|it| match it.output {
        Output::Stream(text) => text,
        Output::Tree(bundle) => format!("{bundle:?}"),
        other => format!("{other:?} {}", it.objects),
    });
    (text.unwrap_or_default(), compilation.findings)
}

#[test]
fn a_sound_stack_is_the_same_text_by_any_number_of_threads() {
    let files = services(false);
    for form in [Form::Stream, Form::Tree, Form::Count] {
        let (one, found) = compiled(&files, form, 1);
        assert!(!one.is_empty() && found.len() > 50, "{}", found.len());
        for jobs in [2, 3, 64] {
            assert!((one.clone(), found.clone()) == compiled(&files, form, jobs), "{form:?} by {jobs}");
        }
    }
}

#[test]
fn what_is_wrong_is_found_in_the_same_order_by_any_number_of_threads() {
    let files = services(true);
    let (text, found) = compiled(&files, Form::Stream, 1);
    assert_eq!(text, "");
    assert_eq!(
        found.iter().filter(|it| it.message.contains("gone")).count(),
        7,
        "six secrets, and one file once"
    );
    for jobs in [2, 5] {
        assert_eq!(compiled(&files, Form::Stream, jobs), (String::new(), found.clone()), "by {jobs}");
    }
}
