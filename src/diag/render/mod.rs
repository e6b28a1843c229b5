//! Findings as text: for people, for grep, for programs, for GitHub and for services that keep them.
//!
//! Renderers draw what they are given, in the order they are given it; [`Sink::into_report`](super::Sink::into_report)
//! makes that order canonical. They never fail: a place that no stage resolved is named in words.

mod excerpt;
mod github;
mod hidden;
mod human;
mod json;
mod place;
#[cfg(test)]
mod samples;
mod sarif;
mod short;

use std::fmt;
use std::str::FromStr;

use super::{Diagnostic, Severity, Sources, and_list, nearest};

pub use github::no_command;
pub use json::json_schema;
pub use sarif::Log;

/// A way to write findings down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Several lines a finding, with the source underlined.
    #[default]
    Human,
    /// `path:line:column: error[SG203]: message`, one line a finding; what is accepted as
    /// `path:line:column: accepted[SG303]: message (reason)`.
    Short,
    /// JSON lines: one object a finding, every key always present. [`json_schema`] says what it has.
    Json,
    /// GitHub Actions workflow commands, which GitHub shows beside the changed lines. What is accepted is left out:
    /// an annotation asks for something to be done.
    Github,
    /// SARIF 2.1.0: one document, even where nothing was found ([`Log`]). What is accepted is left out.
    Sarif,
}

/// How [`Format::Human`] draws; the other formats are the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// Columns of the terminal; without one, source lines are cut at 140 columns.
    pub width: Option<usize>,
}

/// No format has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(String);

/// The findings as text: nothing for no findings, except in [`Format::Sarif`], otherwise whole lines.
///
/// Every place should be a span or nowhere; a route that was not resolved is written as `at /route`.
#[must_use]
pub fn render(format: Format, style: Style, sources: &Sources, findings: &[Diagnostic]) -> String {
    match format {
        Format::Human => human::render(style, sources, findings),
        Format::Short => short::render(sources, findings),
        Format::Json => json::render(sources, findings),
        Format::Github => github::render(sources, findings),
        Format::Sarif => {
            Log { findings: vec![(sources.clone(), findings.to_vec())], ..Log::default() }.render()
        }
    }
}

/// How many findings there are of each severity, and how many are accepted, such as `2 errors, 1 warning, 3 accepted`;
/// none where there is nothing to count.
#[must_use]
pub fn summary(findings: &[Diagnostic]) -> Option<String> {
    let (accepted, open): (Vec<_>, Vec<_>) = findings.iter().partition(|it| it.accepted.is_some());
    let count = |severity| open.iter().filter(|it| it.severity == severity).count();
    let counted = |count, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let parts: Vec<String> = [
        counted(count(Severity::Error), "error", "errors"),
        counted(count(Severity::Warning), "warning", "warnings"),
        counted(count(Severity::Info), "info", "info"),
        counted(accepted.len(), "accepted", "accepted"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// In which environments a finding was made, unless it was in all of them.
fn in_environments(finding: &Diagnostic) -> Option<String> {
    let noun = match finding.environments.len() {
        0 => return None,
        1 => "environment",
        _ => "environments",
    };
    Some(format!("in {noun} {}", and_list(finding.environments.iter().map(String::as_str))))
}

impl Format {
    /// All formats, in the order in which they are listed to people.
    pub const ALL: [Self; 5] = [Self::Human, Self::Short, Self::Json, Self::Github, Self::Sarif];

    /// The names of [`Self::ALL`].
    pub const NAMES: [&'static str; 5] = [
        Self::Human.as_str(),
        Self::Short.as_str(),
        Self::Json.as_str(),
        Self::Github.as_str(),
        Self::Sarif.as_str(),
    ];

    /// The name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Short => "short",
            Self::Json => "json",
            Self::Github => "github",
            Self::Sarif => "sarif",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no format is called `{}`; there are {}", self.0, and_list(Format::NAMES))?;
        match nearest(&self.0, Format::NAMES) {
            Some(near) => write!(f, "; the nearest is `{near}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownFormat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_formats_are_one_to_one() {
        for (format, name) in Format::ALL.into_iter().zip(Format::NAMES) {
            assert_eq!(name.parse(), Ok(format));
            assert_eq!(format.to_string(), name);
        }
        let unknown = "jsn".parse::<Format>().unwrap_err().to_string();
        assert_eq!(
            unknown,
            "no format is called `jsn`; there are `human`, `short`, `json`, `github` and `sarif`; the nearest is `json`"
        );
    }

    #[test]
    fn counts_by_severity() {
        let (_, error) = samples::unknown_use();
        let warning = Diagnostic { severity: Severity::Warning, ..error.clone() };
        let info = Diagnostic { severity: Severity::Info, ..error.clone() };
        assert_eq!(summary(&[]), None);
        assert_eq!(summary(std::slice::from_ref(&warning)).as_deref(), Some("1 warning"));
        let all = [error.clone(), info.clone(), error, warning, info];
        assert_eq!(summary(&all).as_deref(), Some("2 errors, 1 warning, 2 info"));
        let accepted = all.map(|it| Diagnostic { accepted: Some("known".to_owned()), ..it });
        assert_eq!(summary(&accepted).as_deref(), Some("5 accepted"));
        let [_, mut rest @ ..] = accepted;
        rest[0].accepted = None;
        assert_eq!(summary(&rest).as_deref(), Some("1 info, 3 accepted"));
    }

    #[test]
    fn no_findings_no_text() {
        for format in Format::ALL.into_iter().filter(|it| *it != Format::Sarif) {
            assert_eq!(render(format, Style::default(), &Sources::default(), &[]), "");
        }
    }
}
