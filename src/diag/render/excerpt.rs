//! The part of a source that a report shows: whole lines, cut where they would not fit.
//!
//! annotate-snippets cuts lines by itself, but neither marks nor edits that are wider or longer than the screen, and
//! it scans all that it is given for every finding, so it is given little more than it draws: of a line without end,
//! as programs write JSON, the surroundings of the mark.

use std::ops::Range;

use super::super::printable::stand_ins;
use super::place::Stretch;

/// Lines of a source, with a range of interest counted from their start.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) source: String,
    /// The number of the first line.
    pub(super) line: usize,
    /// Where the excerpt starts in the file.
    start: usize,
}

/// An edit takes the place of at most so many lines, and puts at most so many there, or it is not drawn.
const EDIT_LINES: usize = 6;
/// Less than this around an edit says nothing about where it is.
const EDIT_CONTEXT: usize = 16;
const ELLIPSIS: &str = "...";
/// More bytes of a line than these, on either side of a mark, are not looked at. Far more than fits on a screen.
const WIDE: usize = 2000;

impl Excerpt {
    /// The lines from the first of `ranges` to the last; the first has a number.
    pub(super) fn of_lines<'a>(
        text: &str,
        ranges: impl Iterator<Item = &'a Range<usize>> + Clone,
        line: usize,
    ) -> Self {
        let first = ranges.clone().map(|it| it.start).min().unwrap_or(0);
        let last = ranges.map(|it| it.end).max().unwrap_or(first);
        let start = line_start(text, first);
        let end = line_end(text, last).max(last);
        let mut source = stand_ins(&text[start..end]).into_owned();
        if source.ends_with('\n') {
            // The last line is empty, and a range is in it: without this it would not count as a line.
            source.push('\n');
        }
        Self { source, line, start }
    }

    /// A range of the file, counted from the start of the excerpt.
    pub(super) fn within(&self, range: &Range<usize>) -> Range<usize> {
        range.start - self.start..range.end - self.start
    }

    /// The lines that an edit changes and the range that it replaces in them; none for an edit that is too big to be
    /// read at a glance. A line of more than `room` columns is cut on both sides.
    pub(super) fn of_edit(it: &Stretch<'_>, replacement: &str, room: usize) -> Option<(Self, Range<usize>)> {
        let old = &it.text[it.range.clone()];
        let too_long = |text: &str| text.lines().count() > EDIT_LINES;
        let too_wide = |text: &str| text.lines().any(|line| columns(line) > room);
        if too_long(old) || too_long(replacement) || too_wide(replacement) {
            return None;
        }
        let whole = Self::of_lines(it.text, std::iter::once(&it.range), it.start.line);
        let range = whole.within(&it.range);
        if !too_wide(&whole.source) {
            return Some((whole, range));
        }
        let one_line = !whole.source.contains('\n') && !replacement.contains('\n');
        if one_line { whole.cut(range, columns(replacement), room) } else { None }
    }

    /// A line with only the surroundings of `range`.
    fn cut(self, range: Range<usize>, new: usize, room: usize) -> Option<(Self, Range<usize>)> {
        let old = &self.source[range.clone()];
        let context = room.checked_sub(columns(old).max(new)).filter(|it| *it >= EDIT_CONTEXT)?;
        let (before, after) = (&self.source[..range.start], &self.source[range.end..]);
        let head = last_columns(before, context.saturating_sub(columns(after)).max(context / 2));
        let tail = first_columns(after, context - columns(head));
        let dots = |whole: &str, part: &str| if whole.len() == part.len() { "" } else { ELLIPSIS };
        let (left, right) = (dots(before, head), dots(after, tail));
        let start = left.len() + head.len();
        let cut = start..start + old.len();
        let source = format!("{left}{head}{old}{tail}{right}");
        Some((Self { source, ..self }, cut))
    }
}

/// The part of a range that one underline can show: what is on its first line, and no more of it than `room` columns
/// hold. One that is cut leaves room for its label, too.
pub(super) fn first_line(text: &str, range: &Range<usize>, room: usize, label: &str) -> Range<usize> {
    let line = text[range.clone()].split('\n').next().unwrap_or("").trim_end();
    let room = if columns(line) > room { room - columns(label).min(room / 2) } else { room };
    range.start..range.start + first_columns(line, room).len()
}

/// The column of an offset, from 0, as wide as it is drawn.
pub(super) fn column(text: &str, offset: usize) -> usize {
    columns(&text[line_start(text, offset)..offset])
}

/// The line of an offset, without its break, or the part of it that is looked at.
pub(super) fn line(text: &str, offset: usize) -> &str {
    &text[line_start(text, offset)..line_end(text, offset)]
}

/// Whether the line of a range goes on for more than is looked at.
pub(super) fn is_wide(text: &str, range: &Range<usize>) -> bool {
    let (near, far) = (first_seen(text, range.start), last_seen(text, range.end));
    near > 0 && !text[near..range.start].contains('\n')
        || far < text.len() && !text[range.end..far].contains('\n')
}

/// The first byte before an offset that is looked at.
fn first_seen(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset.saturating_sub(WIDE))
}

/// The first byte behind one that is not.
fn last_seen(text: &str, offset: usize) -> usize {
    text.ceil_char_boundary(offset.saturating_add(WIDE))
}

/// Where the line of an offset starts, or its part that is looked at.
fn line_start(text: &str, offset: usize) -> usize {
    let near = first_seen(text, offset);
    text[near..offset].rfind('\n').map_or(near, |it| near + it + 1)
}

/// Where the line of an offset ends, or its part that is looked at.
fn line_end(text: &str, offset: usize) -> usize {
    let rest = text[offset..last_seen(text, offset)].split('\n').next().unwrap_or("");
    offset + rest.strip_suffix('\r').unwrap_or(rest).len()
}

/// How wide a text is drawn, at most: whatever is not ASCII may take two columns.
fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn width(c: char) -> usize {
    match c {
        '\t' => 4,
        c if c.is_ascii() => 1,
        _ => 2,
    }
}

/// The longest beginning that fits.
fn first_columns(text: &str, room: usize) -> &str {
    &text[..fitting(text.chars(), room)]
}

/// The longest end that fits.
fn last_columns(text: &str, room: usize) -> &str {
    &text[text.len() - fitting(text.chars().rev(), room)..]
}

/// How many bytes of the first characters fit.
fn fitting(chars: impl Iterator<Item = char>, room: usize) -> usize {
    chars
        .scan(0, |taken, c| {
            *taken += width(c);
            (*taken <= room).then(|| c.len_utf8())
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Sources, Span};

    fn edit(text: &str, wanted: &str, replacement: &str, room: usize) -> Option<(String, String)> {
        let mut sources = Sources::default();
        let file = sources.add("stack.yaml", text);
        let start = text.find(wanted).unwrap();
        let end = u32::try_from(start + wanted.len()).unwrap();
        let it = Stretch::of(&sources, Span { file, start: u32::try_from(start).unwrap(), end });
        let (excerpt, range) = Excerpt::of_edit(&it, replacement, room)?;
        let replaced = excerpt.source[range].to_owned();
        Some((excerpt.source, replaced))
    }

    #[test]
    fn a_wide_line_is_cut_around_its_edit() {
        let text = format!("x: [{}bsu, {}]\n", "alpha, ".repeat(30), "omega, ".repeat(30));
        let (source, replaced) = edit(&text, "bsu", "bus", 40).unwrap();
        assert_eq!(source, "...ha, alpha, alpha, bsu, omega, omega, ome...");
        assert_eq!(replaced, "bsu");
        let (source, _) = edit(&text, "x", "y", 40).unwrap();
        assert_eq!(source, "x: [alpha, alpha, alpha, alpha, alpha, a...");
    }

    #[test]
    fn a_big_edit_is_not_drawn() {
        let text = format!("x: {}\n", "ab".repeat(40));
        assert_eq!(edit(&text, &"ab".repeat(40), "c", 60), None);
        assert_eq!(edit("x: y\n", "y", &"z\n".repeat(7), 60), None);
        assert!(edit("x: y\n", "y", "z\nw", 60).is_some());
    }

    #[test]
    fn a_mark_stays_on_its_first_line() {
        let text = "a: |  \r\n  b\n";
        assert_eq!(first_line(text, &(3..12), 80, ""), 3..4);
        assert_eq!(first_line(text, &(7..12), 80, ""), 7..7);
        assert_eq!(first_line("héllo", &(0..6), 4, ""), 0..4);
        assert_eq!(first_line("hello", &(0..5), 4, "l"), 0..3);
        assert_eq!(first_line("hello", &(0..5), 4, "label"), 0..2);
        assert_eq!(first_line("hello", &(0..5), 5, "label"), 0..5);
    }

    #[test]
    fn an_empty_last_line_is_a_line() {
        assert_eq!(Excerpt::of_lines("a\n\nb", [0..1, 2..2].iter(), 1).source, "a\n\n");
        assert_eq!(Excerpt::of_lines("a\n", std::iter::once(&(2..2)), 2).source, "");
    }

    #[test]
    fn no_more_of_a_line_is_taken_than_is_looked_at() {
        let text = format!("a\n{}\nb", "é".repeat(4 * WIDE));
        let excerpt = Excerpt::of_lines(&text, std::iter::once(&(3 * WIDE..3 * WIDE + 2)), 2);
        assert!(is_wide(&text, &(3 * WIDE..3 * WIDE + 2)) && excerpt.source.len() <= 2 * (WIDE + 2) + 2);
        assert!(excerpt.source.chars().all(|it| it == 'é'));
        for text in ["", "a", "a\nb", "é\r\n"] {
            assert!(!is_wide(text, &(0..text.len())), "{text}");
        }
        let narrow = format!("{}\n{}", "a".repeat(WIDE - 1), "b".repeat(WIDE - 1));
        assert!(!is_wide(&narrow, &(WIDE..WIDE)));
    }
}
