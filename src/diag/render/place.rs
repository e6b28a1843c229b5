//! Places, clamped to their texts and counted in lines and columns.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::{At, FileId, Sources, Span};

/// A place as every format shows it.
pub(super) enum Place<'a> {
    /// In a file.
    Source(Stretch<'a>),
    /// Only in words: `at /route`.
    Words(String),
    /// Nowhere.
    Nowhere,
}

/// A range of a file that is sure to lie within its text, on boundaries of characters, of which `\r\n` counts as one.
pub(super) struct Stretch<'a> {
    pub(super) file: FileId,
    pub(super) path: &'a str,
    /// The whole text of the file.
    pub(super) text: &'a str,
    pub(super) range: Range<usize>,
    pub(super) start: Position,
    /// Exclusive.
    pub(super) end: Position,
}

/// A point in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Position {
    /// From 1.
    #[schemars(range(min = 1))]
    pub(super) line: usize,
    /// From 1, in characters.
    #[schemars(range(min = 1))]
    pub(super) column: usize,
    /// From 0, in bytes.
    pub(super) offset: usize,
}

impl<'a> Place<'a> {
    pub(super) fn of(sources: &'a Sources, at: &At) -> Self {
        match at {
            At::Span(span) => Self::Source(Stretch::of(sources, *span)),
            At::Node(route, _) => Self::Words(format!("at {route}")),
            At::Nowhere => Self::Nowhere,
        }
    }
}

impl<'a> Stretch<'a> {
    pub(super) fn of(sources: &'a Sources, span: Span) -> Self {
        let text = sources.text(span.file);
        let Range { start, end } = span.range();
        let start = text.floor_char_boundary(start);
        let start = if within_line_break(text, start) { start - 1 } else { start };
        let end = text.ceil_char_boundary(end).max(start);
        let end = if within_line_break(text, end) { end + 1 } else { end };
        Self {
            file: span.file,
            path: sources.path(span.file),
            text,
            range: start..end,
            start: Position::of(sources, span.file, start),
            end: Position::of(sources, span.file, end),
        }
    }
}

fn within_line_break(text: &str, offset: usize) -> bool {
    text[..offset].ends_with('\r') && text[offset..].starts_with('\n')
}

impl Position {
    fn of(sources: &Sources, file: FileId, offset: usize) -> Self {
        let (line, column) = sources.line_column(file, u32::try_from(offset).unwrap_or(u32::MAX));
        Self { line, column, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(text: &str, start: u32, end: u32) -> (Position, Position) {
        let mut sources = Sources::default();
        let file = sources.add("stack.yaml", text);
        let it = Stretch::of(&sources, Span { file, start, end });
        (it.start, it.end)
    }

    #[test]
    fn counts_lines_and_characters() {
        let (start, end) = stretch("a: é\nb: 1\n", 3, 9);
        assert_eq!(start, Position { line: 1, column: 4, offset: 3 });
        assert_eq!(end, Position { line: 2, column: 4, offset: 9 });
    }

    #[test]
    fn takes_in_whole_characters_and_stays_in_the_text() {
        let (start, end) = stretch("a: é", 4, 4);
        assert_eq!((start.offset, end.offset), (3, 5));
        let (start, end) = stretch("a: 1", 9, 2);
        assert_eq!((start.offset, end.offset), (4, 4));
        let (start, end) = stretch("a: 1\r\nb: 2\r\n", 5, 11);
        assert_eq!((start.offset, end.offset), (4, 12));
    }

    #[test]
    fn the_end_after_a_last_newline_is_a_line_of_its_own() {
        let (start, _) = stretch("a: 1\n", 5, 5);
        assert_eq!(start, Position { line: 2, column: 1, offset: 5 });
    }
}
