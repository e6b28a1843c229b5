//! One line a finding, for editors and grep.

use std::fmt::Write as _;

use super::excerpt::printable;
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
        let message = printable(&finding.message);
        let message: Vec<&str> = message.lines().map(str::trim).collect();
        let _ = writeln!(out, "{}[{}]: {}", finding.severity, finding.code.id, message.join(" "));
        out
    })
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
