//! The report as text for people.

use std::fmt::{self, Write as _};

use super::compare::What;
use super::impact::Effect;
use super::report::{Cause, Entry, Finding, Group, Report, State};
use super::text::{Line, lines, text};

/// How many lines of what is new or gone are shown.
const MOST: usize = 12;

/// The report as text: what several objects have alike once, then each object, then the sums. `stat` leaves the differences
/// out, `color` is for terminals.
#[must_use]
pub fn human(report: &Report, stat: bool, color: bool) -> String {
    let mut out = Out { text: String::new(), color };
    let groups = if stat { Vec::new() } else { report.groups() };
    for group in &groups {
        out.group(report, group);
    }
    for (at, entry) in report.objects.iter().enumerate() {
        if stat {
            out.headline(entry);
        } else {
            let elsewhere = |of: usize| groups.iter().any(|it| it.members.contains(&(at, of)));
            out.entry(entry, &elsewhere);
        }
    }
    out.summary(report);
    out.text
}

struct Out {
    text: String,
    color: bool,
}

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const DIM: &str = "2";

impl Out {
    fn line(&mut self, indent: usize, style: &str, text: impl fmt::Display) {
        let pad = " ".repeat(indent);
        let (on, off) = if self.color && !style.is_empty() {
            (format!("\x1b[{style}m"), "\x1b[0m")
        } else {
            (String::new(), "")
        };
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{pad}{on}{text}{off}");
    }

    fn blank(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    fn headline(&mut self, entry: &Entry) {
        let (sign, style) = match entry.state {
            State::New => ('+', GREEN),
            State::Changed => ('~', YELLOW),
            State::Gone => ('-', RED),
        };
        let style = format!("{BOLD};{style}");
        self.line(0, &style, format!("{sign} {}", headline(entry)));
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
            for (impact, objects, pods) in report.sums() {
                let pods = if pods > 0 {
                    format!(", {}", plural(usize::try_from(pods).unwrap_or(usize::MAX), "pod"))
                } else {
                    String::new()
                };
                self.line(2, "", format!("{impact}: {}{pods}", plural(objects, "object")));
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

fn headline(entry: &Entry) -> String {
    let Entry { title, effect: Effect { impact, reason, .. }, .. } = entry;
    let renamed = entry.renamed_from.as_ref().map(|it| format!(", renamed from {it}")).unwrap_or_default();
    format!("{title}{renamed}: {impact}, {reason}")
}

fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
