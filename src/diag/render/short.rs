//! One line a finding, for editors and grep.

use std::fmt::Write as _;

use super::super::printable;
use super::place::Place;
use crate::diag::{Diagnostic, Sources};

pub(super) fn render(sources: &Sources, findings: &[Diagnostic]) -> String {
    findings.iter().fold(String::new(), |mut out, finding| {
        match Place::of(sources, &finding.primary.at) {
            Place::Source(it) => {
                let _ = write!(out, "{}:{}:{}: ", printable(it.path), it.start.line, it.start.column);
            }
            Place::Words(words) => {
                let _ = write!(out, "{}: ", printable(&words));
            }
            Place::Nowhere => {}
        }
        let (code, message) = (finding.code.id, line(&finding.message));
        let _ = match &finding.accepted {
            None => writeln!(out, "{}[{code}]: {message}", finding.severity),
            Some(reason) => writeln!(out, "accepted[{code}]: {message} ({})", line(reason)),
        };
        out
    })
}

/// A text on one line.
fn line(text: &str) -> String {
    printable(text).lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::diag::render::samples::{self, ABSENT};
    use crate::diag::{At, Diagnostic, Route, Sources};

    #[test]
    fn one_line_a_finding() {
        let (sources, finding) = samples::unknown_use();
        assert_eq!(
            render(&sources, &[finding.clone(), finding]),
            "stack.yaml:4:12: error[SG203]: service `checkout` uses `bsu`, which this stack does not declare\n"
                .repeat(2)
        );
    }

    #[test]
    fn says_why_a_finding_is_accepted() {
        let (sources, mut finding) = samples::unknown_use();
        finding.accepted = Some("the bus\n  comes later".to_owned());
        assert_eq!(
            render(&sources, &[finding]),
            "stack.yaml:4:12: accepted[SG203]: service `checkout` uses `bsu`, which this stack does not declare \
             (the bus comes later)\n"
        );
    }

    #[test]
    fn without_a_place_in_a_file() {
        let sources = Sources::default();
        let nowhere = Diagnostic::new(&ABSENT, At::Nowhere, "no environment is called\n  `prd`\u{1b}[31m");
        let unresolved = Diagnostic::at_value(&ABSENT, &Route::of(&["services", "iam"]), "no image");
        assert_eq!(
            render(&sources, &[nowhere, unresolved]),
            "error[SG203]: no environment is called `prd`␛[31m\nat /services/iam: error[SG203]: no image\n"
        );
    }
}
