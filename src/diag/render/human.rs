//! Several lines a finding, the way rustc draws them.

use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet,
};

use super::super::printable::{printable, stand_ins};
use super::excerpt::{Excerpt, column, first_line, is_wide};
use super::hidden::Hidden;
use super::place::{Place, Position, Stretch};
use super::{Style, in_environments};
use crate::diag::{At, Diagnostic, FileId, Help, Label, Severity, Sources};

/// Without a terminal.
const WIDTH: usize = 140;
/// Nothing readable fits into less.
const NARROWEST: usize = 50;
/// Kept free of marks: the gutter, and what is left of a line that is cut on both sides.
const MARGIN: usize = 24;
/// Marks that are further apart are drawn apart: all lines between two that are drawn together are gone through.
const LINES_BETWEEN: usize = 500;

/// All findings, an empty line between two.
pub(super) fn render(style: Style, sources: &Sources, findings: &[Diagnostic]) -> String {
    let width = style.width.unwrap_or(WIDTH).max(NARROWEST);
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() }.term_width(width);
    let hidden = Hidden::of(sources, findings);
    let drawn: Vec<String> = findings
        .iter()
        .map(|finding| {
            let text = renderer.render(&groups(sources, &hidden, finding, width - MARGIN));
            text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
        })
        .collect();
    drawn.join("\n")
}

/// The finding itself, and one group for each help that is drawn as an edit.
fn groups<'a>(sources: &'a Sources, hidden: &Hidden, finding: &'a Diagnostic, room: usize) -> Vec<Group<'a>> {
    let mut suggestions = Vec::new();
    let mut helps = Vec::new();
    for help in &finding.helps {
        match suggestion(sources, hidden, help, file(&finding.primary.at), room) {
            Some(group) => suggestions.push(group),
            None => helps.push(&help.text),
        }
    }
    let message = |level: Level<'a>, text: &str| Element::from(level.message(printable(text)));
    if let Some(reason) = &finding.accepted {
        // Nothing is to be done: why it matters and how to mend it are left out.
        let main = Level::INFO
            .with_name("accepted")
            .primary_title(stand_ins(&finding.message))
            .id(finding.code.id)
            .elements(places(sources, hidden, finding, room))
            .elements(remarks(sources, finding).iter().map(|it| message(Level::NOTE, it)))
            .element(message(Level::NOTE.with_name("reason"), reason))
            .elements(in_environments(finding).iter().map(|it| message(Level::NOTE, it)));
        return vec![main];
    }
    let main = level(finding.severity)
        .primary_title(stand_ins(&finding.message))
        .id(finding.code.id)
        .elements(places(sources, hidden, finding, room))
        .elements(remarks(sources, finding).iter().map(|it| message(Level::NOTE, it)))
        .elements(finding.notes.iter().map(|it| message(Level::NOTE, it)))
        .elements(in_environments(finding).iter().map(|it| message(Level::NOTE, it)))
        .elements(helps.into_iter().map(|it| message(Level::HELP, it)));
    std::iter::once(main).chain(suggestions).collect()
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    }
}

fn file(at: &At) -> Option<FileId> {
    match at {
        At::Span(span) => Some(span.file),
        At::Node(..) | At::Nowhere => None,
    }
}

/// A label in a file.
struct Mark<'a> {
    stretch: Stretch<'a>,
    /// What is underlined.
    shown: Range<usize>,
    text: String,
    kind: AnnotationKind,
}

/// The places in files, and the primary place if it is only known in words. Of lines with credentials, the place alone.
fn places<'a>(sources: &'a Sources, hidden: &Hidden, finding: &Diagnostic, room: usize) -> Vec<Element<'a>> {
    if let Place::Source(it) = Place::of(sources, &finding.primary.at)
        && (finding.code.is_of_credentials() || hidden.has(&it))
    {
        return vec![Element::from(place(it.path, it.start))];
    }
    let primary = Mark::of(sources, &finding.primary, AnnotationKind::Primary, room);
    let words = match Place::of(sources, &finding.primary.at) {
        Place::Words(words) => Some(Element::from(Origin::path(stand_ins(&words).into_owned()))),
        Place::Source(_) | Place::Nowhere => None,
    };
    let secondary =
        finding.secondary.iter().filter_map(|it| Mark::of(sources, it, AnnotationKind::Context, room));
    let secondary = secondary.filter(|it| !hidden.has(&it.stretch));
    let mut snippets: Vec<Vec<Mark<'a>>> = Vec::new();
    for mark in primary.into_iter().chain(secondary) {
        match snippets.iter_mut().find(|it| mark.fits(it, room)) {
            Some(marks) => marks.push(mark),
            None => snippets.push(vec![mark]),
        }
    }
    words.into_iter().chain(snippets.iter().flat_map(|it| snippet(it))).collect()
}

impl<'a> Mark<'a> {
    fn of(sources: &'a Sources, label: &Label, kind: AnnotationKind, room: usize) -> Option<Self> {
        let Place::Source(stretch) = Place::of(sources, &label.at) else { return None };
        let last = stretch.text[stretch.range.clone()].trim_end().matches('\n').count() + stretch.start.line;
        let text = match (last > stretch.start.line, label.text.as_str()) {
            (false, text) => text.to_owned(),
            (true, "") => format!("to line {last}"),
            (true, text) => format!("{text} (to line {last})"),
        };
        let shown = first_line(stretch.text, &stretch.range, room, &text);
        Some(Self { stretch, shown, text, kind })
    }

    /// Whether it can be drawn in one snippet with others: in the same file, and not too far from them.
    fn fits(&self, others: &[Self], room: usize) -> bool {
        let marks = || others.iter().chain([self]);
        let left = marks().map(|it| column(it.stretch.text, it.shown.start)).min();
        let right = marks().map(|it| column(it.stretch.text, it.shown.end)).max();
        let lines = || marks().map(|it| it.stretch.start.line);
        let near = |from: Option<usize>, to: Option<usize>, most| {
            to.zip(from).is_none_or(|(to, from)| to - from <= most)
        };
        others.iter().all(|it| it.stretch.file == self.stretch.file)
            && !marks().any(Self::is_wide)
            && near(left, right, room)
            && near(lines().min(), lines().max(), LINES_BETWEEN)
    }

    /// Whether it is in a line that is cut, as a line of a program's JSON.
    fn is_wide(&self) -> bool {
        is_wide(self.stretch.text, &self.shown)
    }
}

/// The lines of marks in one file.
fn snippet<'a>(marks: &[Mark<'a>]) -> impl Iterator<Item = Element<'a>> + use<'a> {
    let Stretch { text, path, start, .. } = marks[0].stretch;
    let line = marks.iter().map(|it| it.stretch.start.line).min().unwrap_or(start.line);
    let excerpt = Excerpt::of_lines(text, marks.iter().map(|it| &it.shown), line);
    let annotations: Vec<Annotation<'a>> = marks
        .iter()
        .map(|it| {
            let label = (!it.text.is_empty()).then(|| printable(&it.text));
            it.kind.span(excerpt.within(&it.shown)).label(label)
        })
        .collect();
    let lines = Snippet::source(excerpt.source).line_start(excerpt.line).annotations(annotations);
    let [place, lines] = if marks[0].is_wide() {
        [Some(place(path, start).into()), Some(lines.into())]
    } else {
        [None, Some(lines.path(stand_ins(path)).into())]
    };
    place.into_iter().chain(lines)
}

/// A place without its lines. Of a line that is cut, it is an element of its own: a path on the snippet would count columns in
/// what is left.
fn place(path: &str, at: Position) -> Origin<'_> {
    Origin::path(stand_ins(path)).line(at.line).char_column(at.column)
}

/// What labels say that are not in a file.
fn remarks(sources: &Sources, finding: &Diagnostic) -> Vec<String> {
    let remark = |label: &Label, is_primary: bool| match Place::of(sources, &label.at) {
        Place::Words(words) if !is_primary => Some(format!("{words}: {}", label.text)),
        Place::Words(_) | Place::Nowhere => Some(label.text.clone()),
        Place::Source(_) => None,
    };
    let primary = remark(&finding.primary, true);
    let secondary = finding.secondary.iter().filter_map(|it| remark(it, false));
    primary.into_iter().chain(secondary).filter(|it| !it.is_empty()).collect()
}

/// A help drawn as an edit; none if it has no edit, or one without a place in a file, too big to draw or beside credentials.
fn suggestion<'a>(
    sources: &'a Sources,
    hidden: &Hidden,
    help: &'a Help,
    main: Option<FileId>,
    room: usize,
) -> Option<Group<'a>> {
    let edit = help.edit.as_ref()?;
    let At::Span(span) = edit.at else { return None };
    let it = Stretch::of(sources, span);
    if hidden.has(&it) {
        return None;
    }
    let (excerpt, range) = Excerpt::of_edit(&it, &edit.replacement, room)?;
    let origin = (main != Some(it.file)).then(|| place(it.path, it.start));
    let patch = Patch::new(range, stand_ins(&edit.replacement));
    let group = Group::with_title(Level::HELP.secondary_title(printable(&help.text)))
        .elements(origin)
        .element(Snippet::source(excerpt.source).line_start(excerpt.line).patch(patch));
    Some(group)
}

#[cfg(test)]
mod tests;
