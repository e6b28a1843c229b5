//! JSON lines, for programs. [`json_schema`] has the shape.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::place::{Place, Position, Stretch};
use crate::diag::{At, Diagnostic, Edit, Label, Severity, Sources};

pub(super) fn render(sources: &Sources, findings: &[Diagnostic]) -> String {
    findings.iter().fold(String::new(), |mut out, finding| {
        let record = Record::of(sources, finding);
        out.push_str(&serde_json::to_string(&record).expect("text, numbers and lists always serialise"));
        out.push('\n');
        out
    })
}

/// The JSON Schema of one line.
#[must_use]
pub fn json_schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Record<'static>>()
}

/// A finding about a stack, as one line of what `stackgen --diagnostics json` writes to standard error.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding", deny_unknown_fields)]
struct Record<'a> {
    /// The rule's code, which keeps its meaning for ever: `stackgen explain CODE` says what it finds and what to do.
    #[schemars(regex(pattern = "^SG[0-9]{3}$"))]
    code: &'static str,
    /// The rule's name.
    name: &'static str,
    /// How bad it is. With an error that is not accepted, nothing is rendered.
    severity: Severity,
    /// What is wrong.
    message: &'a str,
    /// The place to look at first.
    primary: LabelRecord<'a>,
    /// Other places that explain the first one.
    secondary: Vec<LabelRecord<'a>>,
    /// Why it matters.
    notes: &'a [String],
    /// What to do.
    helps: Vec<HelpRecord<'a>>,
    /// The environments in which it was found; empty: in all that were looked at.
    environments: &'a [String],
    /// Why the stack lives with it, as its `accept` says; null where it does not. What is accepted forbids nothing.
    accepted: Option<&'a str>,
}

/// A place with a remark. `path`, `start` and `end` are null together, where there is no place in a file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Label", deny_unknown_fields)]
struct LabelRecord<'a> {
    /// The file, as seen from where the program ran.
    path: Option<&'a str>,
    /// Where it starts.
    start: Option<Position>,
    /// The first point after it.
    end: Option<Position>,
    /// The remark; may be empty.
    text: String,
}

/// Something to do.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Help", deny_unknown_fields)]
struct HelpRecord<'a> {
    /// A statement.
    text: &'a str,
    /// The edit that does it; null where there is none.
    edit: Option<EditRecord<'a>>,
}

/// A replacement of the text from one point of a file to another.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edit", deny_unknown_fields)]
struct EditRecord<'a> {
    /// The file, as seen from where the program ran.
    path: &'a str,
    /// Where the text that is replaced starts.
    start: Position,
    /// The first point after it.
    end: Position,
    /// The text that takes its place.
    replacement: &'a str,
    /// What is replaced, where the edit is beyond doubt and `check --fix` makes it, if that is what stands there; null where
    /// the edit is a proposal.
    #[serde(rename = "insteadOf")]
    instead_of: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn of(sources: &'a Sources, finding: &'a Diagnostic) -> Self {
        Self {
            code: finding.code.id,
            name: finding.code.name,
            severity: finding.severity,
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
        let (replacement, instead_of) = (edit.replacement.as_str(), edit.instead_of.as_deref());
        Some(Self { path, start, end, replacement, instead_of })
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
                        "path": "stack.yaml", "start": place(4, 12, 58), "end": place(4, 15, 61), "replacement": "bus",
                        "insteadOf": null
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
