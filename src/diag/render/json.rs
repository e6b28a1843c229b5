//! JSON lines, for programs. The shape is documented at [`Format::Json`](super::Format::Json).

use serde::Serialize;

use super::place::{Place, Position, Stretch};
use crate::diag::{At, Diagnostic, Edit, Label, Sources};

pub(super) fn render(sources: &Sources, findings: &[Diagnostic]) -> String {
    findings.iter().fold(String::new(), |mut out, finding| {
        let record = Record::of(sources, finding);
        out.push_str(&serde_json::to_string(&record).expect("text, numbers and lists always serialise"));
        out.push('\n');
        out
    })
}

#[derive(Serialize)]
struct Record<'a> {
    code: &'static str,
    name: &'static str,
    severity: String,
    message: &'a str,
    primary: LabelRecord<'a>,
    secondary: Vec<LabelRecord<'a>>,
    notes: &'a [String],
    helps: Vec<HelpRecord<'a>>,
    environments: &'a [String],
    accepted: Option<&'a str>,
}

#[derive(Serialize)]
struct LabelRecord<'a> {
    path: Option<&'a str>,
    start: Option<Position>,
    end: Option<Position>,
    text: String,
}

#[derive(Serialize)]
struct HelpRecord<'a> {
    text: &'a str,
    edit: Option<EditRecord<'a>>,
}

#[derive(Serialize)]
struct EditRecord<'a> {
    path: &'a str,
    start: Position,
    end: Position,
    replacement: &'a str,
}

impl<'a> Record<'a> {
    fn of(sources: &'a Sources, finding: &'a Diagnostic) -> Self {
        Self {
            code: finding.code.id,
            name: finding.code.name,
            severity: finding.severity.to_string(),
            message: &finding.message,
            primary: LabelRecord::of(sources, &finding.primary),
            secondary: finding.secondary.iter().map(|it| LabelRecord::of(sources, it)).collect(),
            notes: &finding.notes,
            helps: finding
                .helps
                .iter()
                .map(|it| HelpRecord {
                    text: &it.text,
                    edit: it.edit.as_ref().and_then(|edit| EditRecord::of(sources, edit)),
                })
                .collect(),
            environments: &finding.environments,
            accepted: finding.accepted.as_deref(),
        }
    }
}

impl<'a> LabelRecord<'a> {
    fn of(sources: &'a Sources, label: &Label) -> Self {
        let (path, start, end, words) = match Place::of(sources, &label.at) {
            Place::Source(it) => (Some(it.path), Some(it.start), Some(it.end), None),
            Place::Words(words) => (None, None, None, Some(words)),
            Place::Nowhere => (None, None, None, None),
        };
        let text = match words {
            None => label.text.clone(),
            Some(words) if label.text.is_empty() => words,
            Some(words) => format!("{words}: {}", label.text),
        };
        Self { path, start, end, text }
    }
}

impl<'a> EditRecord<'a> {
    /// An edit without a place in a file cannot be applied, so it is left out.
    fn of(sources: &'a Sources, edit: &'a Edit) -> Option<Self> {
        let At::Span(span) = edit.at else { return None };
        let Stretch { path, start, end, .. } = Stretch::of(sources, span);
        Some(Self { path, start, end, replacement: &edit.replacement })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::render;
    use crate::diag::render::samples::{self, ABSENT};
    use crate::diag::{At, Diagnostic, Route, Sources};

    fn only(text: &str) -> Value {
        assert_eq!(text.matches('\n').count(), 1, "one line: {text:?}");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn tells_everything() {
        let (sources, mut finding) = samples::unknown_use();
        finding.environments = vec!["prod".to_owned()];
        let place = |line, column, offset| json!({ "line": line, "column": column, "offset": offset });
        assert_eq!(
            only(&render(&sources, &[finding])),
            json!({
                "code": "SG203",
                "name": "undeclared-use",
                "severity": "error",
                "message": "service `checkout` uses `bsu`, which this stack does not declare",
                "primary": {
                    "path": "stack.yaml", "start": place(4, 12, 58), "end": place(4, 15, 61), "text": "not declared"
                },
                "secondary": [{
                    "path": "tiers.yaml", "start": place(2, 3, 12), "end": place(2, 6, 15),
                    "text": "a similar name is declared here"
                }],
                "notes": ["a service reaches only what it names, so its pods would wait for ever"],
                "helps": [{
                    "text": "write `bus`",
                    "edit": {
                        "path": "stack.yaml", "start": place(4, 12, 58), "end": place(4, 15, 61), "replacement": "bus"
                    }
                }],
                "environments": ["prod"],
                "accepted": null,
            })
        );
    }

    #[test]
    fn says_why_a_finding_is_accepted() {
        let (sources, mut finding) = samples::unknown_use();
        finding.accepted = Some("the bus comes \"later\"".to_owned());
        let record = only(&render(&sources, &[finding]));
        assert_eq!(record["accepted"], "the bus comes \"later\"");
        assert_eq!(record["severity"], "error");
    }

    #[test]
    fn keys_stay_where_there_is_no_place() {
        let sources = Sources::default();
        let finding = Diagnostic::new(&ABSENT, At::Nowhere, "no\nenvironment")
            .also(At::Node(Route::of(&["a"]), crate::diag::Part::Key), "here")
            .fix("write it", At::Nowhere, "x");
        let record = only(&render(&sources, &[finding]));
        assert_eq!(record["primary"], json!({ "path": null, "start": null, "end": null, "text": "" }));
        assert_eq!(record["secondary"][0]["text"], "at /a: here");
        assert_eq!(record["helps"], json!([{ "text": "write it", "edit": null }]));
        assert_eq!(record["environments"], json!([]));
    }
}
