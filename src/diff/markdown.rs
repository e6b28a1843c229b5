//! The report as Markdown, for a comment on a pull request.
//!
//! What comes from a stack, a tree or a cluster is text, whatever it looks like: in tables and headings it is escaped, in
//! blocks the fence is longer than any in it. It mentions nobody and links to nothing.

use std::fmt::Write as _;

use super::compare::What;
use super::exposure::Way;
use super::human::{exposed, sums};
use super::impact::Impact;
use super::report::{Cause, Entry, Finding, Group, Report, State};
use super::text::{Line, lines, plural, text};
use crate::diag::{on_one_line, printable};

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

/// Writing to a string cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn row(entry: &Entry) -> String {
    let sign = match entry.state {
        State::New => "new",
        State::Changed => "changed",
        State::Gone => "gone",
    };
    let impact = strong(entry.effect.impact);
    let decided = match &entry.acknowledged {
        Some(it) if it.holds => format!("; acknowledged: {}", prose(&it.reason)),
        Some(it) => format!("; **acknowledged only as {}**: {}", it.impact, prose(&it.reason)),
        None => String::new(),
    };
    format!(
        "| {sign} | {} | {impact} | {} |\n",
        cell(&code(&entry.shown())),
        cell(&(prose(&entry.effect.reason) + &decided))
    )
}

fn strong(impact: Impact) -> String {
    if impact >= Impact::Downtime { format!("**{impact}**") } else { impact.to_string() }
}

fn exposure(report: &Report) -> String {
    let exposures = &report.exposure;
    let mut out = String::new();
    if !exposures.all.is_empty() {
        out.push_str("\n### Exposure\n\n| | what | by | line |\n|---|---|---|---|\n");
    }
    for it in &exposures.all {
        let way = if it.way == Way::Opened { "**opened**" } else { "closed" };
        let by = format!("{}, {}", code(&it.object), prose(&it.reason));
        let at = it.cause.as_ref().map(place).unwrap_or_default();
        let what = code(&it.to_string());
        push(
            &mut out,
            format_args!("| {way} {} | {} | {} | {} |\n", it.class, cell(&what), cell(&by), cell(&at)),
        );
    }
    for it in &exposures.unchecked {
        push(&mut out, format_args!("\nNot checked: {}: {}.\n", it.class, prose(&it.reason)));
    }
    out
}

fn capacity(report: &Report) -> String {
    if report.capacity.is_empty() {
        return String::new();
    }
    let mut out = "\n### Capacity\n\n| nodes | change |\n|---|---|\n".to_owned();
    for pool in &report.capacity {
        let lines: Vec<String> = pool.lines().iter().map(|it| plain(it)).collect();
        let nodes = format!("{}{}", code(&pool.nodes), pool.nature);
        push(&mut out, format_args!("| {} | {} |\n", cell(&nodes), cell(&lines.join("<br>"))));
    }
    out
}

fn fold(title: &str, impact: Impact, body: &str) -> String {
    format!("\n<details><summary><code>{}</code>: {impact}</summary>\n{body}\n</details>\n", html(title))
}

fn group(report: &Report, group: &Group, room: usize) -> (Impact, String) {
    let of =
        |(object, at): &(usize, usize)| (&report.objects[*object], &report.objects[*object].changes[*at]);
    let all: Vec<(&Entry, &Finding)> = group.members.iter().map(of).collect();
    let impact = all.iter().map(|it| it.1.effect.impact).max().unwrap_or(Impact::None);
    let mut body = String::new();
    if let Some((entry, first)) = all.first() {
        body = what(entry, first, room);
        if let Some(cause) = &first.cause {
            // The routes differ by the object; the line does not.
            push(&mut body, format_args!("\n{}\n", place(cause)));
        }
    }
    body.push('\n');
    let mut named = 0;
    for (entry, finding) in &all {
        let line = format!("* {}: {}\n", code(&entry.title), prose(&finding.effect.reason));
        if named > 0 && body.len() + line.len() > room {
            break;
        }
        body.push_str(&line);
        named += 1;
    }
    if named < all.len() {
        push(&mut body, format_args!("* … {}\n", plural(all.len() - named, "more object")));
    }
    let pattern = all.first().map(|it| it.1.pattern.as_str()).unwrap_or_default();
    (impact, fold(&format!("{} objects alike: {pattern}", all.len()), impact, &body))
}

/// The differences of an object; none where it has none of its own.
fn detail(entry: &Entry, elsewhere: &dyn Fn(usize) -> bool, room: usize) -> Option<String> {
    let mut body = String::new();
    if let Some(cause) = &entry.cause {
        push(&mut body, format_args!("\n{}\n", place(cause)));
    }
    let (mut own, mut alike, mut more) = (0, 0, 0);
    for (at, finding) in entry.changes.iter().enumerate() {
        if elsewhere(at) {
            alike += 1;
            continue;
        }
        own += 1;
        let mut text = format!("\n{}", code(&finding.path));
        if finding.effect != entry.effect {
            push(&mut text, format_args!(": {}, {}", finding.effect.impact, prose(&finding.effect.reason)));
        }
        text.push('\n');
        text.push_str(&what(entry, finding, room));
        if let Some(cause) = &finding.cause {
            push(&mut text, format_args!("\n{}\n", place(cause)));
        }
        if own > 1 && body.len() + text.len() > room {
            more += 1;
        } else {
            body.push_str(&text);
        }
    }
    if more > 0 {
        push(&mut body, format_args!("\n… {}\n", plural(more, "more change")));
    }
    if alike > 0 && own > 0 {
        push(&mut body, format_args!("\nand {} that others have alike\n", plural(alike, "change")));
    }
    if !entry.recipe.is_empty() {
        body.push_str("\nWhat to do:\n");
    }
    for (at, step) in entry.recipe.iter().enumerate() {
        push(&mut body, format_args!("{}. {}  \n   {}\n", at + 1, code(&step.action), prose(&step.why)));
    }
    let says = own > 0 || entry.cause.is_some() && entry.changes.is_empty() || !entry.recipe.is_empty();
    says.then(|| fold(&entry.shown(), entry.effect.impact, &body))
}

/// What differs, in at most so many bytes of lines.
fn what(entry: &Entry, finding: &Finding, room: usize) -> String {
    if entry.is_secret() {
        return "\nIts content is not shown.\n".to_owned();
    }
    let mut out = String::new();
    let mut side = |sign: char, text: &str| {
        text.lines().for_each(|it| push(&mut out, format_args!("{sign} {it}\n")));
        if text.is_empty() {
            push(&mut out, format_args!("{sign} \"\"\n"));
        }
    };
    match &finding.what {
        What::Added(value) => side('+', &text(value)),
        What::Removed(value) => side('-', &text(value)),
        What::Reordered(before, after) => {
            side('-', &before.join(", "));
            side('+', &after.join(", "));
        }
        What::Changed(before, after) => {
            for line in lines(before, after) {
                match line {
                    Line::Old(it) => push(&mut out, format_args!("- {it}\n")),
                    Line::New(it) => push(&mut out, format_args!("+ {it}\n")),
                    Line::Both(it) => push(&mut out, format_args!("  {it}\n")),
                    Line::Skipped(n) => push(&mut out, format_args!("  … {}\n", plural(n, "line"))),
                }
            }
        }
        // The reason names them, and the ConfigMap shows what differs.
        What::Files(..) => return String::new(),
    }
    format!("\n{}", fenced("diff", &first_lines(out, room)))
}

/// The lines that fit, or the beginning of the first one.
fn first_lines(mut text: String, room: usize) -> String {
    if text.len() <= room {
        return text;
    }
    let mut end = room;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end = text[..end].rfind('\n').map_or(end, |it| it + 1);
    let rest = text[end..].lines().count();
    text.truncate(end);
    if !text.ends_with('\n') {
        text.push_str("…\n");
    }
    push(&mut text, format_args!("  … {}\n", plural(rest, "more line")));
    text
}

fn place(cause: &Cause) -> String {
    let nearest = if cause.written { "" } else { " (the nearest line)" };
    format!("{}{nearest}", code(&format!("{}:{}", cause.file, cause.line)))
}

/// A block that its content cannot end.
fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest(text, '`').max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{}{end}{fence}\n", printable(text))
}

/// Text as code that its content cannot end.
fn code(text: &str) -> String {
    let text = on_one_line(text);
    let fence = "`".repeat(longest(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The longest run of a character.
fn longest(text: &str, wanted: char) -> usize {
    text.split(|it| it != wanted).map(str::len).max().unwrap_or(0)
}

/// A sentence of ours: what it has in backticks is code, the rest is plain.
fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(sentence);
    }
    let shown = parts.iter().enumerate().map(|(at, it)| if at % 2 == 1 { code(it) } else { plain(it) });
    shown.collect()
}

/// Text that means nothing to Markdown, HTML or GitHub. A mention and a number of an issue are parted by a space of no width,
/// because GitHub looks for them in what is shown.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in on_one_line(text).chars() {
        match c {
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '!' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    // GitHub makes links of these wherever they stand.
    out.replace("://", ":&#8203;//").replace("www.", "www&#8203;.")
}

/// What stands in HTML: there, Markdown is not read.
fn html(text: &str) -> String {
    let mut out = String::new();
    for c in on_one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            _ => out.push(c),
        }
    }
    out
}

/// What stands in a table: a bar in it is escaped once, in code, too.
fn cell(markdown: &str) -> String {
    let mut out = String::new();
    let mut escaped = false;
    for c in markdown.chars() {
        if c == '|' && !escaped {
            out.push('\\');
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::impact::Effect;
    use crate::diff::testing::item;

    fn entry(kind: &str, impact: Impact, before: &str, after: &str) -> Entry {
        let effect = Effect { impact, reason: format!("why `{kind}` @team | <b>"), pods: None };
        let what = What::Changed(json!(before), json!(after));
        let finding = Finding {
            path: "data[a|b]".into(),
            pattern: "data[a|b]".into(),
            what,
            effect: effect.clone(),
            cause: None,
        };
        Entry { changes: vec![finding], ..Entry::new(&item(kind, json!({})), State::Changed, effect) }
    }

    fn written(objects: Vec<Entry>, budget: usize) -> String {
        let report = Report { objects, ..Report::default() };
        markdown(
            &[Section { stack: "shop", environment: "prod", against: "out/prod", report: &report }],
            budget,
        )
    }

    #[test]
    fn content_stays_content() {
        let text = written(vec![entry("ConfigMap", Impact::Hot, "a", "```\n</details>\n@team ````")], BUDGET);
        assert!(text.contains("`````diff\n- a\n+ ```\n+ </details>\n+ @team ````\n`````\n"), "{text}");
        assert!(text.contains("why `ConfigMap` @&#8203;team \\| \\<b\\>"), "{text}");
        assert!(text.contains("\n`data[a|b]`\n"), "{text}");
    }

    #[test]
    fn a_bar_in_a_table_is_escaped_once() {
        assert_eq!(cell(&code("a|b")), "`a\\|b`");
        assert_eq!(cell(&plain("a|b")), "a\\|b");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(plain("https://a.example www.b.example"), "https:&#8203;//a.example www&#8203;.b.example");
        assert_eq!(html("<img src=\"x\">"), "&lt;img src=&quot;x&quot;&gt;");
        assert_eq!(plain("\u{202e}evil\u{7}"), "\u{fffd}evil␇");
    }

    #[test]
    fn the_least_dangerous_is_cut_first_and_said() {
        let long = |it: &str| it.repeat(400);
        let kinds = [("Role", Impact::None), ("StatefulSet", Impact::Data), ("Service", Impact::Hot)];
        let all = || {
            kinds.iter().map(|(kind, impact)| entry(kind, *impact, &long("a"), &(long("b") + kind))).collect()
        };
        let whole = written(all(), BUDGET);
        assert!(!whole.contains("Left out"));
        let at = |text: &str, kind: &str| text.find(&format!("<code>{kind} n/x</code>"));
        assert!(
            at(&whole, "StatefulSet") < at(&whole, "Service") && at(&whole, "Service") < at(&whole, "Role")
        );
        let text = written(all(), 2500);
        assert!(text.len() <= 2500, "{}", text.len());
        assert!(at(&text, "StatefulSet").is_some() && at(&text, "Role").is_none(), "{text}");
        assert!(text.contains("the least dangerous: the differences of 2 entries. `"), "{text}");
        assert_eq!(text.matches("| changed |").count(), 3);
    }

    #[test]
    fn the_most_dangerous_is_shortened_before_it_is_left_out() {
        let mut long = entry("StatefulSet", Impact::Data, "a", "b");
        long.changes[0].what = What::Added(json!("a\n".repeat(9000)));
        let all = vec![
            long,
            entry("Deployment", Impact::Downtime, &"a".repeat(40_000), "b"),
            entry("Role", Impact::None, "a", "b"),
        ];
        let text = written(all, 8000);
        assert!(text.len() <= 8000, "{}", text.len());
        for kind in ["StatefulSet", "Deployment", "Role"] {
            assert!(text.contains(&format!("<code>{kind} n/x</code>")), "{kind} {text}");
        }
        assert!(text.contains("\n+ a\n  … 8625 more lines\n```\n"), "{text}");
        assert!(text.contains("aaaa…\n  … 2 more lines\n```\n"), "{text}");
        assert!(text.contains("the least dangerous: parts of 2 entries. `"), "{text}");
    }

    #[test]
    fn rows_go_last_and_the_budget_is_kept() {
        let all = (0..2000).map(|_| entry("Role", Impact::None, "a", "b"));
        let all = all.chain([entry("StatefulSet", Impact::Data, "a", "b")]).collect();
        let text = written(all, BUDGET);
        assert!(text.len() <= BUDGET, "{}", text.len());
        assert!(text.find("StatefulSet") < text.find("Role n/x"), "the worst comes first");
        assert!(
            text.contains("_Left out to fit a comment, of the longest or the least dangerous: "),
            "what is cut is said"
        );
        for budget in [200, 700, 1500] {
            assert!(written(vec![entry("Role", Impact::None, "ä", "ö")], budget).len() <= budget);
        }
    }
}
