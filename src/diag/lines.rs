//! Lines and columns of a text, without counting from its start for each place.

/// A lookup counts no more bytes than this, whatever the text and however long its lines.
const STEP: usize = 1024;

/// The lines and columns of some points of a text, [`STEP`] bytes apart.
#[derive(Debug)]
pub(super) struct Lines(Vec<(usize, usize)>);

impl Lines {
    /// Counts once through the text.
    pub(super) fn of(text: &str) -> Self {
        let starts = (0..=text.len()).step_by(STEP);
        let advance = |last: &mut ((usize, usize), usize), at: usize| {
            let at = text.floor_char_boundary(at);
            *last = (advance(last.0, &text[last.1..at]), at);
            Some(last.0)
        };
        Self(starts.scan(((1, 1), 0), advance).collect())
    }

    /// Line and column of an offset of the same text, both from 1; the column counts characters. An offset within a
    /// character is the character's, one behind the text its end.
    pub(super) fn position(&self, text: &str, offset: usize) -> (usize, usize) {
        let offset = text.floor_char_boundary(offset);
        advance(self.0[offset / STEP], between(text, offset))
    }
}

/// What has to be counted for an offset.
fn between(text: &str, offset: usize) -> &str {
    &text[text.floor_char_boundary(offset / STEP * STEP)..offset]
}

/// The position after a text that begins at another.
fn advance((line, column): (usize, usize), text: &str) -> (usize, usize) {
    match text.rsplit_once('\n') {
        Some((before, last)) => (line + before.matches('\n').count() + 1, last.chars().count() + 1),
        None => (line, column + text.chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Many lines, one long line, characters of several bytes across the points.
    fn texts() -> [String; 4] {
        [
            "a: é\n".repeat(700),
            "ab€".repeat(1500),
            format!("{}\n{}", "é".repeat(1023), "€\n".repeat(900)),
            String::new(),
        ]
    }

    #[test]
    fn a_position_is_that_counted_from_the_start() {
        for text in texts() {
            let lines = Lines::of(&text);
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                assert_eq!(lines.position(&text, offset), advance((1, 1), &text[..offset]), "{offset}");
            }
            assert_eq!(lines.position(&text, text.len() + 9), advance((1, 1), &text));
        }
        assert_eq!(Lines::of("é").position("é", 1), (1, 1));
    }

    #[test]
    fn no_position_is_counted_over_more_than_a_step() {
        for text in texts() {
            let widest = text.char_indices().map(|(offset, _)| between(&text, offset).len()).max();
            // A character that crosses a point is counted, too.
            assert!(widest.is_none_or(|it| it < STEP + 4), "{widest:?}");
        }
    }
}
