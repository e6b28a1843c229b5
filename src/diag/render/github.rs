//! GitHub Actions workflow commands.
//!
//! Syntax: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>; escaping: `escapeData`
//! and `escapeProperty` in `packages/core/src/command.ts` of `actions/toolkit`.

use std::fmt::Write as _;

use super::in_environments;
use super::place::{Place, Stretch};
use crate::diag::{Diagnostic, Severity, Sources, printable};

pub(super) fn render(sources: &Sources, findings: &[Diagnostic]) -> String {
    let open = findings.iter().filter(|it| it.accepted.is_none());
    open.fold(String::new(), |mut out, finding| {
        let (place, words) = match Place::of(sources, &finding.primary.at) {
            Place::Source(it) => (position(&it), None),
            Place::Words(words) => (String::new(), Some(words)),
            Place::Nowhere => (String::new(), None),
        };
        let title = property(&format!("{} {}", finding.code.id, finding.code.name));
        let _ = writeln!(
            out,
            "::{} {place}title={title}::{}",
            command(finding.severity),
            data(&body(finding, words))
        );
        out
    })
}

/// Text of which the runner takes no line for a command. It looks for `::` behind spaces, and for `##[` anywhere
/// (`ActionCommand.cs` of `actions/runner`).
#[must_use]
pub fn no_command(text: &str) -> String {
    let line = |line: &str| {
        let start = if line.trim_start().starts_with("::") { "stackgen: " } else { "" };
        format!("{start}{}", line.replace("##[", "## ["))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

/// The properties that place an annotation, each with a comma behind it.
fn position(it: &Stretch<'_>) -> String {
    let file = property(it.path);
    let (start, end) = (it.start, it.end);
    if start.line == end.line {
        let (line, from, to) = (start.line, start.column, end.column);
        return format!("file={file},line={line},col={from},endLine={line},endColumn={to},");
    }
    // The runner drops an annotation that has columns when its lines differ. A value that ends with its newline
    // ends on the line before.
    let last = if end.column == 1 { end.line - 1 } else { end.line };
    format!("file={file},line={},endLine={last},", start.line)
}

/// What, where else, why, and what to do: a line each.
fn body(finding: &Diagnostic, words: Option<String>) -> String {
    let mut lines = vec![match words {
        Some(words) => format!("{} ({words})", finding.message),
        None => finding.message.clone(),
    }];
    lines.extend(finding.notes.iter().map(|it| format!("note: {it}")));
    lines.extend(in_environments(finding).map(|it| format!("note: {it}")));
    lines.extend(finding.helps.iter().map(|it| format!("help: {}", it.text)));
    // What a terminal acts on, the log of a run shows to one.
    lines.iter().map(|it| printable(&it.replace("\r\n", "\n"))).collect::<Vec<_>>().join("\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{no_command, render};
    use crate::diag::render::samples::{self, ABSENT, at};
    use crate::diag::{At, Diagnostic, Severity, Sources};

    #[test]
    fn places_and_explains() {
        let (sources, mut finding) = samples::unknown_use();
        finding.environments = vec!["prod".to_owned(), "staging".to_owned()];
        assert_eq!(
            render(&sources, &[finding]),
            "::error file=stack.yaml,line=4,col=12,endLine=4,endColumn=15,title=SG203 undeclared-use\
             ::service `checkout` uses `bsu`, which this stack does not declare\
             %0Anote: a service reaches only what it names, so its pods would wait for ever\
             %0Anote: in environments `prod` and `staging`\
             %0Ahelp: write `bus`\n"
        );
    }

    #[test]
    fn escapes_what_would_end_a_command_or_a_property() {
        let mut sources = Sources::default();
        let file = sources.add("a,b:c%.yaml", "x: 1\n");
        let mut finding =
            Diagnostic::new(&ABSENT, at(file, 3..4), "100%\r\n::set-env\u{1b} name=A\u{202e}::b");
        finding.severity = Severity::Info;
        assert_eq!(
            render(&sources, &[finding]),
            "::notice file=a%2Cb%3Ac%25.yaml,line=1,col=4,endLine=1,endColumn=5,title=SG203 undeclared-use\
             ::100%25%0A::set-env␛ name=A\u{fffd}::b\n"
        );
    }

    #[test]
    fn what_others_wrote_is_no_command() {
        assert_eq!(
            no_command("a::b\n::error::c\n \t::d\ne ##[error]f\n"),
            "a::b\nstackgen: ::error::c\nstackgen:  \t::d\ne ## [error]f\n"
        );
    }

    #[test]
    fn several_lines_have_no_columns() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "x:\n  y: 1\n  z: 2\nw: 3\n");
        let whole_lines = Diagnostic::new(&ABSENT, at(file, 5..17), "m");
        let within = Diagnostic::new(&ABSENT, at(file, 5..16), "m");
        assert_eq!(
            render(&sources, &[whole_lines, within]),
            "::error file=a.yaml,line=2,endLine=3,title=SG203 undeclared-use::m\n".repeat(2)
        );
    }

    #[test]
    fn what_is_accepted_is_no_annotation() {
        let (sources, finding) = samples::unknown_use();
        let accepted = Diagnostic { accepted: Some("known".to_owned()), ..finding.clone() };
        let found = [accepted, finding];
        assert_eq!(render(&sources, &found), render(&sources, &found[1..]));
    }

    #[test]
    fn nowhere_has_a_title_only() {
        let finding = Diagnostic::new(&ABSENT, At::Nowhere, "m");
        assert_eq!(render(&Sources::default(), &[finding]), "::error title=SG203 undeclared-use::m\n");
    }
}
