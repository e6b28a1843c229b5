//! The report as text for people.

use std::fmt;

use super::compare::What;
use super::exposure::{Exposures, Way};
use super::impact::{Effect, Impact};
use super::report::{Cause, Entry, Finding, Group, Report, State};
use super::text::{Line, lines, plural, text};
use crate::diag::on_one_line;

/// How many lines of what is new or gone are shown.
const MOST: usize = 12;
/// How far the rest of a broken line is moved to the right.
const HANGING: usize = 4;
/// The width below which lines are not broken any shorter.
const NARROWEST: usize = 40;
/// The widest column of titles.
const WIDEST: usize = 60;

/// How the report looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// One line for each object, without its differences.
    pub stat: bool,
    /// For a terminal that shows colours.
    pub color: bool,
    /// The columns of the terminal; what is longer goes on in the next line. None: nothing is broken.
    pub width: Option<usize>,
}

/// The report as text: what several objects have alike once, then each object, then exposure, capacity and the sums.
#[must_use]
pub fn human(report: &Report, look: Look) -> String {
    let mut out = Out { text: String::new(), look };
    let groups = if look.stat { Vec::new() } else { report.groups() };
    for group in &groups {
        out.group(report, group);
    }
    if look.stat {
        out.stat(report);
    }
    for (at, entry) in report.objects.iter().enumerate().filter(|_| !look.stat) {
        let elsewhere = |of: usize| groups.iter().any(|it| it.members.contains(&(at, of)));
        out.entry(entry, &elsewhere);
    }
    if let Some(together) = report.together().filter(|_| !look.stat) {
        out.blank();
        out.line(0, BOLD, together);
    }
    out.exposure(report);
    out.capacity(report);
    out.summary(report);
    out.text
}

struct Out {
    text: String,
    look: Look,
}

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "34";
const DIM: &str = "2";

/// A piece of a line, with its style.
type Piece<'a> = (&'a str, &'a str);

impl Out {
    fn line(&mut self, indent: usize, style: &str, text: impl fmt::Display) {
        self.pieces(indent, &[(style, &text.to_string())]);
    }

    /// A line of pieces, whatever is in them. Where it is longer than the terminal is wide, it goes on further to the right in the next one.
    fn pieces(&mut self, indent: usize, pieces: &[Piece<'_>]) {
        let width = self.look.width.map_or(usize::MAX, |it| it.max(NARROWEST));
        let mut column = indent;
        self.text.push_str(&" ".repeat(indent));
        for (style, text) in pieces {
            let (on, off) = if self.look.color && !style.is_empty() {
                (format!("\x1b[{style}m"), "\x1b[0m")
            } else {
                (String::new(), "")
            };
            self.text.push_str(&on);
            for word in on_one_line(text).split_inclusive(' ') {
                let long = columns(word.trim_end());
                if column > indent && column + long > width {
                    self.broken(indent);
                    column = indent + HANGING;
                }
                // A word that is longer than a line is broken wherever the line ends.
                for c in word.chars() {
                    if column >= width && c != ' ' {
                        self.broken(indent);
                        column = indent + HANGING;
                    }
                    self.text.push(c);
                    column += columns(c.encode_utf8(&mut [0; 4]));
                }
            }
            self.text.push_str(off);
        }
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
    }

    fn broken(&mut self, indent: usize) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        self.text.push('\n');
        self.text.push_str(&" ".repeat(indent + HANGING));
    }

    fn blank(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn headline(&mut self, entry: &Entry) {
        let (sign, style) = sign(entry.state);
        let Effect { impact, reason, .. } = &entry.effect;
        let (style, title) = (format!("{BOLD};{style}"), format!("{sign} {}", entry.shown()));
        let impact = (style_of(*impact), format!("{impact}"));
        let reason = format!(", {reason}");
        self.pieces(0, &[(&style, &title), ("", ": "), (impact.0, &impact.1), ("", &reason)]);
    }

    /// That somebody has decided it.
    fn acknowledged(&mut self, entry: &Entry) {
        let Some(it) = &entry.acknowledged else { return };
        let what = if it.holds { String::new() } else { format!(", but only as `{}`", it.impact.name()) };
        self.line(2, YELLOW, format!("acknowledged{what}: {}", it.reason));
        self.cause(it.cause.as_ref(), 4);
    }

    /// What an operator runs, numbered, each with its reason.
    fn recipe(&mut self, entry: &Entry) {
        if entry.recipe.is_empty() {
            return;
        }
        self.line(2, BOLD, "what to do");
        for (at, step) in entry.recipe.iter().enumerate() {
            self.line(4, "", format!("{}. {}", at + 1, step.action));
            self.line(7, DIM, &step.why);
        }
    }

    /// A line for each object, its columns below each other.
    fn stat(&mut self, report: &Report) {
        let titles = report.objects.iter().map(|it| columns(&it.shown())).max().unwrap_or(0).min(WIDEST);
        let impacts =
            report.objects.iter().map(|it| columns(&it.effect.impact.to_string())).max().unwrap_or(0);
        for entry in &report.objects {
            let (sign, style) = sign(entry.state);
            let Effect { impact, reason, .. } = &entry.effect;
            let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(columns(text)) + 2);
            let (shown, impact_shown) = (entry.shown(), impact.to_string());
            let title = format!("{sign} {shown}");
            let (first, second) = (pad(&shown, titles), pad(&impact_shown, impacts));
            let impact = (style_of(*impact), impact_shown.as_str());
            let decided = entry.acknowledged.as_ref().is_some_and(|it| it.holds);
            let decided = if decided { " (acknowledged)" } else { "" };
            self.pieces(
                0,
                &[(style, &title), ("", &first), impact, ("", &second), ("", reason), (DIM, decided)],
            );
        }
    }

    fn exposure(&mut self, report: &Report) {
        let Exposures { all, unchecked } = &report.exposure;
        if all.is_empty() && unchecked.is_empty() {
            return;
        }
        self.blank();
        self.line(0, BOLD, "exposure");
        for it in all {
            let (sign, style) = if it.way == Way::Opened { ('+', RED) } else { ('-', GREEN) };
            let head = format!("{sign} {} {}", it.way.name(), it.class);
            self.pieces(2, &[(style, &head), ("", &format!(": {it}"))]);
            if !self.look.stat {
                self.line(6, DIM, format!("{}, {}", it.object, it.reason));
                self.cause(it.cause.as_ref(), 6);
            }
        }
        for it in unchecked {
            self.line(2, YELLOW, format!("not checked: {}: {}", it.class, it.reason));
        }
    }

    fn capacity(&mut self, report: &Report) {
        if report.capacity.is_empty() {
            return;
        }
        self.blank();
        self.line(0, BOLD, "capacity");
        for pool in &report.capacity {
            self.line(2, "", format!("{}{}", pool.nodes, pool.nature));
            for line in pool.lines() {
                self.line(4, "", line);
            }
        }
    }

    fn group(&mut self, report: &Report, group: &Group) {
        let all: Vec<(&Entry, &Finding)> = group
            .members
            .iter()
            .map(|(object, at)| (&report.objects[*object], &report.objects[*object].changes[*at]))
            .collect();
        let Some((entry, first)) = all.first() else { return };
        self.blank();
        self.line(0, BOLD, format!("{} objects change alike: {}", all.len(), first.pattern));
        self.what(entry, first, 4);
        // The routes differ by the object; the line does not.
        if let Some(Cause { file, line, column, .. }) = &first.cause {
            self.line(4, DIM, format!("{file}:{line}:{column}"));
        }
        for (entry, _) in &all {
            self.line(2, "", headline(entry));
        }
    }

    fn entry(&mut self, entry: &Entry, elsewhere: &dyn Fn(usize) -> bool) {
        // What is wholly said above is not said again.
        let said = !entry.changes.is_empty() && (0..entry.changes.len()).all(elsewhere);
        if said && entry.recipe.is_empty() && entry.acknowledged.is_none() {
            return;
        }
        self.blank();
        self.headline(entry);
        self.cause(entry.cause.as_ref(), 4);
        self.acknowledged(entry);
        let mut alike = 0;
        for (at, finding) in entry.changes.iter().enumerate() {
            if elsewhere(at) {
                alike += 1;
                continue;
            }
            // What the headline says is not said again.
            let Effect { impact, reason, .. } = &finding.effect;
            let effect =
                if finding.effect == entry.effect { String::new() } else { format!(": {impact}, {reason}") };
            self.line(2, "", format!("{}{effect}", finding.path));
            self.what(entry, finding, 4);
            self.cause(finding.cause.as_ref(), 4);
        }
        if alike > 0 {
            self.line(2, DIM, format!("and {} above", plural(alike, "change")));
        }
        self.recipe(entry);
    }

    fn what(&mut self, entry: &Entry, finding: &Finding, indent: usize) {
        if entry.is_secret() {
            self.line(indent, DIM, "its content is not shown");
            return;
        }
        match &finding.what {
            What::Added(value) => self.side('+', GREEN, &text(value), indent),
            What::Removed(value) => self.side('-', RED, &text(value), indent),
            What::Changed(before, after) => {
                for line in lines(before, after) {
                    match line {
                        Line::Old(it) => self.line(indent, RED, format!("- {it}")),
                        Line::New(it) => self.line(indent, GREEN, format!("+ {it}")),
                        Line::Both(it) => self.line(indent, "", format!("  {it}").trim_end()),
                        Line::Skipped(n) => self.line(indent, DIM, format!("  … {}", plural(n, "line"))),
                    }
                }
            }
            What::Reordered(before, after) => {
                self.line(indent, RED, format!("- {}", before.join(", ")));
                self.line(indent, GREEN, format!("+ {}", after.join(", ")));
            }
            // The reason names them, and the ConfigMap shows what differs.
            What::Files(..) => {}
        }
    }

    fn side(&mut self, sign: char, style: &str, text: &str, indent: usize) {
        let all = text.lines().count();
        for line in text.lines().take(MOST) {
            self.line(indent, style, format!("{sign} {line}"));
        }
        if all == 0 {
            self.line(indent, style, format!("{sign} \"\""));
        }
        if all > MOST {
            self.line(indent, DIM, format!("  … {}", plural(all - MOST, "line")));
        }
    }

    fn cause(&mut self, cause: Option<&Cause>, indent: usize) {
        if let Some(Cause { file, line, column, route, written }) = cause {
            let nearest = if *written { "" } else { " (the nearest line)" };
            self.line(indent, DIM, format!("{file}:{line}:{column} {route}{nearest}"));
        }
    }

    fn summary(&mut self, report: &Report) {
        if report.objects.is_empty() {
            self.line(0, "", "no difference");
        } else {
            let [new, changed, gone] = report.numbers();
            if !self.text.is_empty() {
                self.blank();
            }
            self.line(0, BOLD, format!("{new} new, {changed} changed, {gone} gone"));
            for (impact, sum) in sums(report) {
                self.pieces(2, &[(style_of(impact), &impact.to_string()), ("", &format!(": {sum}"))]);
            }
            if let Some(sum) = exposed(report) {
                self.line(2, "", format!("exposure: {sum}"));
            }
        }
        let decided =
            report.objects.iter().filter(|it| it.acknowledged.as_ref().is_some_and(|it| it.holds)).count();
        if decided > 0 {
            self.line(2, "", format!("acknowledged: {}", plural(decided, "object")));
        }
        if report.left_out > 0 {
            let what = plural(report.left_out, "object");
            self.line(0, DIM, format!("{what} of the cluster not made from this stack left out"));
        }
    }
}

/// How many objects each impact has, and pods, the worst first.
pub fn sums(report: &Report) -> impl Iterator<Item = (Impact, String)> {
    report.sums().into_iter().map(|(impact, objects, pods)| {
        let pods = if pods > 0 { format!(", {}", plural(pods, "pod")) } else { String::new() };
        (impact, format!("{}{pods}", plural(objects, "object")))
    })
}

/// `3 opened, 1 closed`; none where there is nothing.
pub(super) fn exposed(report: &Report) -> Option<String> {
    let words = report.exposure.numbers().into_iter().zip(["opened", "closed"]);
    let words: Vec<String> = words.filter(|it| it.0 > 0).map(|(n, word)| format!("{n} {word}")).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn sign(state: State) -> (char, &'static str) {
    match state {
        State::New => ('+', GREEN),
        State::Changed => ('~', YELLOW),
        State::Gone => ('-', RED),
    }
}

fn style_of(impact: Impact) -> &'static str {
    match impact {
        Impact::None => DIM,
        Impact::Hot => "",
        Impact::Scale => BLUE,
        Impact::Rolling | Impact::Unknown => YELLOW,
        Impact::Downtime | Impact::Recreate | Impact::Data => "1;31",
    }
}

/// How wide a text is drawn: whatever is not ASCII is counted once, as most of it is.
fn columns(text: &str) -> usize {
    text.chars().count()
}

fn headline(entry: &Entry) -> String {
    let Effect { impact, reason, .. } = &entry.effect;
    format!("{}: {impact}, {reason}", entry.shown())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(look: Look, pieces: &[Piece<'_>]) -> String {
        let mut out = Out { text: String::new(), look };
        out.pieces(2, pieces);
        out.text
    }

    #[test]
    fn lines_are_broken_where_a_terminal_ends() {
        let look = Look { width: Some(40), ..Look::default() };
        let text = "one two three four five six seven eight nine ten eleven";
        assert_eq!(
            written(look, &[("", text)]),
            "  one two three four five six seven\n      eight nine ten eleven\n"
        );
        assert_eq!(written(Look::default(), &[("", text)]), format!("  {text}\n"));
        let long = "x".repeat(100);
        let lines = written(look, &[("", &long)]);
        assert!(lines.lines().all(|it| it.len() <= 40), "{lines}");
        assert_eq!(lines.matches('x').count(), 100);
    }

    #[test]
    fn names_cannot_end_a_line_or_act_on_a_terminal() {
        let text = written(Look::default(), &[("", "a\n+ b\r\u{2028}\u{202e}c\u{1b}[2K")]);
        assert_eq!(text, "  a + b␍\u{fffd}\u{fffd}c␛[2K\n");
    }

    #[test]
    fn colours_take_no_room() {
        let look = Look { width: Some(40), color: true, ..Look::default() };
        let text = written(look, &[(RED, "twenty columns of it "), ("", "and twenty more")]);
        assert_eq!(text, "  \x1b[31mtwenty columns of it \x1b[0mand twenty more\n");
    }
}
