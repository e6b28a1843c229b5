//! The message of a commit: what applying it does.

use std::fmt::Write as _;

use crate::diag::on_one_line;
use crate::diff::{Entry, Impact, Report, Way, sums};
use crate::git::Source;

/// How many objects are named, and how many things that are opened.
const MOST_OBJECTS: usize = 20;
/// How many stacks are named in the first line.
const MOST_STACKS: usize = 3;
/// How many characters of a reason are repeated.
const MOST_CHARACTERS: usize = 160;

/// What a commit says of itself.
pub(super) struct Message<'a> {
    pub environment: &'a str,
    /// What changes in each stack.
    pub reports: &'a [(&'a str, Report)],
    /// How many files are created, changed and removed.
    pub files: [usize; 3],
    pub source: Option<&'a Source>,
}

impl Message<'_> {
    /// The worst that applying it does; none where no object differs.
    pub(super) fn worst(&self) -> Option<Impact> {
        self.reports.iter().filter_map(|(_, it)| it.worst()).max()
    }

    /// The first line. No name in a message has several lines: what is read back from a repository must not look like a trailer.
    pub(super) fn subject(&self) -> String {
        let stacks = match self.reports {
            many if many.len() > MOST_STACKS => format!("{} stacks", many.len()),
            few => few.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
        };
        let does = self.worst().map_or_else(|| "no object differs".to_owned(), |it| it.to_string());
        on_one_line(&format!("Render {} of {stacks}: {does}", self.environment))
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        let mut text = self.subject() + "\n\n";
        for (name, report) in self.reports {
            let of = if self.reports.len() > 1 { format!("{name}: ") } else { String::new() };
            let [new, changed, gone] = report.numbers();
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{of}{new} new, {changed} changed, {gone} gone");
            for (impact, sum) in sums(report) {
                let _ = writeln!(text, "  {impact}: {sum}");
            }
        }
        let [opened, closed] = self.reports.iter().fold([0, 0], |[a, b], (_, it)| {
            let [opened, closed] = it.exposure.numbers();
            [a + opened, b + closed]
        });
        if opened + closed > 0 {
            let _ = writeln!(text, "Exposure: {opened} opened, {closed} closed");
        }
        let [created, changed, removed] = self.files;
        let _ = writeln!(text, "Files: {created} created, {changed} changed, {removed} removed");
        let named = self.named();
        if !named.is_empty() {
            text.push('\n');
        }
        for entry in named.iter().take(MOST_OBJECTS) {
            let reason: String = on_one_line(&entry.effect.reason).chars().take(MOST_CHARACTERS).collect();
            let _ = writeln!(text, "- {}: {}, {reason}", on_one_line(&entry.title), entry.effect.impact);
        }
        if named.len() > MOST_OBJECTS {
            let _ = writeln!(text, "- and {} more", named.len() - MOST_OBJECTS);
        }
        self.exposed(&mut text);
        text.push('\n');
        self.trailers(&mut text);
        text
    }

    /// What becomes reachable or readable, and what of it could not be told.
    fn exposed(&self, text: &mut String) {
        let all = self.reports.iter().map(|(_, it)| &it.exposure);
        let opened = all.clone().flat_map(|it| &it.all).filter(|it| it.way == Way::Opened);
        let unchecked = all.flat_map(|it| &it.unchecked);
        let mut lines: Vec<String> = opened.map(|it| format!("opens ({}) {it}", it.class)).collect();
        lines.extend(unchecked.map(|it| format!("not checked ({}): {}", it.class, it.reason)));
        if !lines.is_empty() {
            text.push('\n');
        }
        for line in lines.iter().take(MOST_OBJECTS) {
            let line: String = on_one_line(line).chars().take(MOST_CHARACTERS).collect();
            let _ = writeln!(text, "- {line}");
        }
        if lines.len() > MOST_OBJECTS {
            let _ = writeln!(text, "- and {} more", lines.len() - MOST_OBJECTS);
        }
    }

    /// The objects that are worth a line: those for which somebody should be awake. The worst first.
    fn named(&self) -> Vec<&Entry> {
        let all = self.reports.iter().flat_map(|(_, it)| &it.objects);
        let mut named: Vec<&Entry> = all.filter(|it| it.effect.impact >= Impact::Downtime).collect();
        named.sort_by_key(|it| std::cmp::Reverse(it.effect.impact));
        named
    }

    /// For programs, as `git interpret-trailers --parse` reads them.
    fn trailers(&self, text: &mut String) {
        let impact = self.worst().map_or("none", Impact::name);
        let _ = writeln!(text, "Impact: {impact}");
        if let Some(Source { repository, revision, dirty }) = self.source {
            if let Some(repository) = repository {
                let _ = writeln!(text, "Source-Repository: {}", on_one_line(repository));
            }
            let _ = writeln!(text, "Source-Revision: {revision}");
            if *dirty {
                text.push_str("Source-Dirty: true\n");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_write_no_trailer_and_do_not_turn_the_text() {
        let message = Message {
            environment: "pr\u{202e}\nImpact: none\u{1b}[2K",
            reports: &[],
            files: [0; 3],
            source: None,
        };
        assert_eq!(message.subject(), "Render pr\u{fffd} Impact: none␛[2K of : no object differs");
    }
}
