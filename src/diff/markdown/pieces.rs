//! What the comment is made of: rows of tables, and the differences of an object or of objects alike, folded.

use std::fmt::Write as _;

use super::escape::{cell, code, fenced, html, plain, prose};
use crate::diff::compare::What;
use crate::diff::exposure::Way;
use crate::diff::impact::Impact;
use crate::diff::report::{Cause, Entry, Finding, Group, Report, State};
use crate::diff::text::{Line, lines, plural, text};

/// Writing to a string cannot fail.
pub(super) fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

pub(super) fn row(entry: &Entry) -> String {
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

pub(super) fn exposure(report: &Report) -> String {
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

pub(super) fn capacity(report: &Report) -> String {
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

pub(super) fn group(report: &Report, group: &Group, room: usize) -> (Impact, String) {
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
pub(super) fn detail(entry: &Entry, elsewhere: &dyn Fn(usize) -> bool, room: usize) -> Option<String> {
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
