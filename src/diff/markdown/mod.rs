//! The report as Markdown, for a comment on a pull request.
//!
//! What comes from a stack, a tree or a cluster is text, whatever it looks like: in tables and headings it is escaped, in
//! blocks the fence is longer than any in it. It mentions nobody and links to nothing.

mod escape;
mod pieces;

use escape::{code, plain, prose};
use pieces::{capacity, detail, exposure, group, push, row};

use super::human::{exposed, sums};
use super::impact::Impact;
use super::report::{Group, Report};
use super::text::plural;

/// The most that a comment of GitHub holds, in characters; kept in bytes, which are never fewer.
pub const BUDGET: usize = 65_000;

/// What is kept free for saying what was cut.
const RESERVE: usize = 512;

/// A stack's report, with its name, its environment and what it was compared with.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// The environment's name.
    pub environment: &'a str,
    /// What it was compared with.
    pub against: &'a str,
    /// What differs.
    pub report: &'a Report,
}

/// The reports as one text of at most `budget` bytes: for each its heading, its sums, what is exposed, capacity and a table of
/// the objects, the most dangerous first; then the differences of each object, folded. Where all of it is too long, the most
/// dangerous take the room first, and what does not fit is shortened to its first changes or left out; rows are left out last.
/// A line says how many.
#[must_use]
pub fn markdown(sections: &[Section<'_>], budget: usize) -> String {
    let parts: Vec<Part> = sections.iter().map(Part::new).collect();
    let mut pieces: Vec<(Impact, usize, usize, Kind)> = Vec::new();
    for (section, part) in parts.iter().enumerate() {
        let each = |all: &mut dyn Iterator<Item = Impact>, kind: Kind| -> Vec<_> {
            all.enumerate().map(|(at, impact)| (impact, section, at, kind)).collect()
        };
        pieces.extend(each(&mut part.rows.iter().map(|it| it.0), Kind::Row));
        pieces.extend(each(&mut part.details.iter().map(|it| it.impact), Kind::Detail));
    }
    // Rows before details, the most dangerous before the others, then in the order of the stacks.
    pieces.sort_by_key(|it| (it.3, std::cmp::Reverse(it.0), it.1, it.2));
    let fixed: usize = parts.iter().map(Part::fixed).sum();
    let mut left = budget.saturating_sub(fixed + RESERVE * parts.len().max(1));
    let mut kept: Vec<Kept> = parts.iter().map(|_| Kept::default()).collect();
    for (_, section, at, kind) in pieces {
        let (part, kept) = (&parts[section], &mut kept[section]);
        match kind {
            Kind::Row => {
                let size = part.rows[at].1.len();
                if size <= left {
                    left -= size;
                    kept.rows.push(at);
                }
            }
            Kind::Detail => {
                let whole = part.details[at].text.len() <= left;
                let short = if whole { None } else { part.short(at) };
                let size = short.as_ref().unwrap_or(&part.details[at].text).len();
                if size <= left {
                    left -= size;
                    kept.details.push((at, short));
                }
            }
        }
    }
    let mut out = String::new();
    for (part, kept) in parts.iter().zip(&mut kept) {
        part.write(kept, &mut out);
    }
    cut(out, budget)
}

/// What is even longer without any object is cut at a line, and says so.
fn cut(mut text: String, budget: usize) -> String {
    if text.len() <= budget {
        return text;
    }
    let note = "\n\n_The rest is left out: it is longer than a comment may be._\n";
    let mut end = budget.saturating_sub(note.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let line = text[..end].rfind('\n').unwrap_or(0);
    text.truncate(line);
    text.push_str(note);
    text
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Row,
    Detail,
}

/// What is kept of a section, by index.
#[derive(Default)]
struct Kept {
    rows: Vec<usize>,
    /// Where it is shortened, with what is left of it.
    details: Vec<(usize, Option<String>)>,
}

/// A section in pieces.
struct Part<'a> {
    report: &'a Report,
    groups: Vec<Group>,
    head: String,
    tables: String,
    /// The rows of the table of objects, and the folded differences, the most dangerous first.
    rows: Vec<(Impact, String)>,
    details: Vec<Detail>,
}

/// Differences, folded.
struct Detail {
    impact: Impact,
    of: Of,
    text: String,
}

/// Whose differences they are, by index.
#[derive(Clone, Copy)]
enum Of {
    Group(usize),
    Entry(usize),
}

/// How long the changes may be of what is shortened, in bytes.
const SHORT: usize = 1500;

const TABLE: &str = "\n| | object | impact | why |\n|---|---|---|---|\n";

impl<'a> Part<'a> {
    fn new(section: &Section<'a>) -> Self {
        let Section { stack, environment, against, report } = section;
        let mut head = format!("## {} · {}\n\n", plain(stack), plain(environment));
        if report.objects.is_empty() {
            head.push_str("**No difference**");
        } else {
            let [new, changed, gone] = report.numbers();
            push(&mut head, format_args!("**{new} new, {changed} changed, {gone} gone**"));
        }
        for (impact, sum) in sums(report) {
            push(&mut head, format_args!(" · {impact}: {sum}"));
        }
        if let Some(sum) = exposed(report) {
            push(&mut head, format_args!(" · **exposure: {sum}**"));
        }
        push(&mut head, format_args!("\n\nCompared with {}.", code(against)));
        if report.left_out > 0 {
            let what = plural(report.left_out, "object");
            push(&mut head, format_args!(" {what} of the cluster not made from this stack left out."));
        }
        head.push('\n');
        if let Some(together) = report.together() {
            push(&mut head, format_args!("\n{}.\n", prose(&together)));
        }
        let groups = report.groups();
        let mut rows: Vec<(Impact, String)> =
            report.objects.iter().map(|it| (it.effect.impact, row(it))).collect();
        rows.sort_by_key(|it| std::cmp::Reverse(it.0));
        let tables = exposure(report) + &capacity(report);
        let mut part = Self { report, groups, head, tables, rows, details: Vec::new() };
        let all = (0..part.groups.len()).map(Of::Group).chain((0..report.objects.len()).map(Of::Entry));
        let details = all.filter_map(|of| {
            let (impact, text) = part.detail(of, usize::MAX)?;
            Some(Detail { impact, of, text })
        });
        let mut details: Vec<Detail> = details.collect();
        details.sort_by_key(|it| std::cmp::Reverse(it.impact));
        part.details = details;
        part
    }

    /// The differences of a group or an object, with so many bytes of changes; none where it has none of its own.
    fn detail(&self, of: Of, room: usize) -> Option<(Impact, String)> {
        match of {
            Of::Group(at) => Some(group(self.report, &self.groups[at], room)),
            Of::Entry(at) => {
                let entry = &self.report.objects[at];
                let elsewhere = |of: usize| self.groups.iter().any(|it| it.members.contains(&(at, of)));
                Some((entry.effect.impact, detail(entry, &elsewhere, room)?))
            }
        }
    }

    /// What is left of differences that are too long; none where they are as short as they can be.
    fn short(&self, at: usize) -> Option<String> {
        let Detail { of, text, .. } = &self.details[at];
        self.detail(*of, SHORT).map(|it| it.1).filter(|it| it.len() < text.len())
    }

    fn fixed(&self) -> usize {
        self.head.len() + self.tables.len() + TABLE.len()
    }

    fn write(&self, kept: &mut Kept, out: &mut String) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&self.head);
        out.push_str(&self.tables);
        kept.rows.sort_unstable();
        kept.details.sort_unstable();
        if !kept.rows.is_empty() {
            out.push_str(TABLE);
            kept.rows.iter().for_each(|it| out.push_str(&self.rows[*it].1));
        }
        for (at, short) in &kept.details {
            out.push_str(short.as_ref().unwrap_or(&self.details[*at].text));
        }
        let rows = self.rows.len() - kept.rows.len();
        let details = self.details.len() - kept.details.len();
        let mut left: Vec<String> = Vec::new();
        if rows > 0 {
            left.push(plural(rows, "row"));
        }
        if details > 0 {
            left.push(format!("the differences of {}", entries(details)));
        }
        let shortened = kept.details.iter().filter(|it| it.1.is_some()).count();
        if shortened > 0 {
            left.push(format!("parts of {}", entries(shortened)));
        }
        if !left.is_empty() {
            push(
                out,
                format_args!(
                    "\n_Left out to fit a comment, of the longest or the least dangerous: {}. `stackgen diff` shows all._\n",
                    left.join(", ")
                ),
            );
        }
    }
}

/// Objects, and groups that change alike.
fn entries(number: usize) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

#[cfg(test)]
mod tests;
