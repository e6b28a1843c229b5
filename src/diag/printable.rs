//! Text that others wrote, as a terminal, a log or a comment may show it.

use std::borrow::Cow;

use annotate_snippets::normalize_untrusted_str;

/// Text as it may be shown: no control characters but newlines, nothing that is not seen, nothing that turns the direction of
/// writing. A tab is four spaces.
#[must_use]
pub fn printable(text: &str) -> String {
    normalize_untrusted_str(&stand_ins(text))
}

/// [`printable`] text with spaces for its newlines.
#[must_use]
pub fn on_one_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// Replaces what annotate-snippets lets through and a terminal might act on or not show (C1 controls, line separators, direction
/// marks, spaces of no width, noncharacters). Each stand-in has as many bytes as what it stands for, so offsets stay true.
pub(super) fn stand_ins(text: &str) -> Cow<'_, str> {
    let stand_in = |c: char| match c {
        '\u{80}'..='\u{9f}' | '\u{61c}' => Some('¤'),
        '\u{200b}'
        | '\u{200c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fffe}'
        | '\u{ffff}' => Some('\u{fffd}'),
        _ => None,
    };
    if text.chars().all(|c| stand_in(c).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| stand_in(c).unwrap_or(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_keep_the_length() {
        let all = ['\u{85}', '\u{9b}', '\u{61c}', '\u{200b}', '\u{200f}', '\u{2028}', '\u{feff}', '\u{ffff}'];
        for c in all {
            let shown = stand_ins(&c.to_string()).into_owned();
            assert_ne!(shown, c.to_string());
            assert_eq!(shown.len(), c.len_utf8(), "{c:?}");
        }
    }

    #[test]
    fn nothing_acts_on_a_terminal() {
        assert_eq!(printable("a\u{1b}[0m\u{9b}\n\tb"), "a␛[0m¤\n    b");
        assert_eq!(printable("\u{202e}evil\u{feff}\u{7}"), "\u{fffd}evil\u{fffd}␇");
        assert_eq!(on_one_line("a\nb\u{2028}c\rd"), "a b\u{fffd}c␍d");
    }
}
