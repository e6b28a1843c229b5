//! Places that the events do not carry: colons, dashes and the headers of block scalars. Each is found by reading
//! on from the end of the token before, so all searches together are linear.

use std::ops::Range;

/// Where the next token begins: past blanks, line breaks and comments.
pub(super) fn skip_blank(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' => at = end_of_line(text, at),
            _ if text[at..].starts_with('\u{feff}') => at += '\u{feff}'.len_utf8(),
            _ => break,
        }
    }
    at
}

/// Where a document without `---` begins: past blanks, comments and document ends (`...`).
pub(super) fn after_ends(text: &str) -> usize {
    let mut at = skip_blank(text, 0);
    while text[at..].starts_with("...") {
        at = skip_blank(text, at + 3);
    }
    at
}

/// Past the colon of the key that ends at `from`, if it has one (`? key` and `{key}` have none).
pub(super) fn after_colon(text: &str, from: usize) -> Option<usize> {
    let at = skip_blank(text, from);
    let bytes = text.as_bytes();
    let separate = bytes.get(at + 1).is_none_or(|it| b" \t\r\n,[]{}".contains(it));
    (bytes.get(at) == Some(&b':') && separate).then_some(at + 1)
}

/// The indicator that begins a value, one of `wanted`: past the colon or dashes before it and its properties.
pub(super) fn indicator(text: &str, from: usize, wanted: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at = skip_blank(text, at);
        match bytes.get(at)? {
            byte if wanted.contains(byte) => return Some(at),
            b':' | b'-' | b'?' => at += 1,
            b'&' | b'!' => at += bytes[at..].iter().take_while(|it| !it.is_ascii_whitespace()).count(),
            _ => return None,
        }
    }
}

/// A block scalar from its header to the last byte of its last line that is not blank; `content` is where its text
/// stands, and the token before it ends at `from`.
pub(super) fn block_scalar(text: &str, from: usize, content: Range<usize>) -> Range<usize> {
    let Some(header) = indicator(text, from, b"|>").filter(|it| *it < content.start.max(1)) else {
        return content;
    };
    let mut end = content.end;
    loop {
        let line =
            text[content.start..end].rfind(['\n', '\r']).map_or(content.start, |it| content.start + it + 1);
        if !text[line..end].trim_ascii().is_empty() {
            return header..end;
        }
        if line == content.start {
            let indicators =
                text[header + 1..].bytes().take_while(|it| matches!(it, b'0'..=b'9' | b'+' | b'-'));
            return header..header + 1 + indicators.count();
        }
        end = line - 1;
    }
}

/// The character at a place; empty at the end of the text.
pub(super) fn character(text: &str, at: usize) -> Range<usize> {
    at..at + text[at..].chars().next().map_or(0, char::len_utf8)
}

/// From a place to the end of its line, without blanks and a comment at the end.
pub(super) fn rest_of_line(text: &str, at: usize) -> Range<usize> {
    let line = &text[at..end_of_line(text, at)];
    let comment = line.find(" #").or_else(|| line.find("\t#")).unwrap_or(line.len());
    at..at + line[..comment].trim_end_matches([' ', '\t']).len()
}

/// Where the line of a place begins.
pub(super) fn start_of_line(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |it| it + 1)
}

/// Where the line of a place ends, before its line break.
pub(super) fn end_of_line(text: &str, at: usize) -> usize {
    let bytes = &text.as_bytes()[at..];
    at + bytes.iter().position(|it| matches!(it, b'\n' | b'\r')).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_colons_past_comments_and_not_in_scalars() {
        assert_eq!(after_colon("a : b", 1), Some(3));
        assert_eq!(after_colon("? a # :\n\n : b", 3), Some(11));
        assert_eq!(after_colon("? a\n:b: 1", 3), None);
        assert_eq!(after_colon("{a,:b}", 2), None);
        assert_eq!(after_colon("{a:}", 2), Some(3));
        assert_eq!(after_colon("a:", 1), Some(2));
        assert_eq!(after_colon("a", 1), None);
    }

    #[test]
    fn block_scalars_end_with_their_last_line() {
        let slice = |text: &str, content: Range<usize>| text[block_scalar(text, 1, content)].to_owned();
        assert_eq!(slice("a: |\n  b \n\n  \nc: 1", 7..14), "|\n  b ");
        assert_eq!(slice("a: |\r\n  b\r\n\r\n", 8..13), "|\r\n  b");
        assert_eq!(slice("a: !!str # |\n &x |2-  # >\n\n", 27..27), "|2-");
    }

    #[test]
    fn lines() {
        let text = "ab cd # e\r\nf";
        assert_eq!(rest_of_line(text, 3), 3..5);
        assert_eq!(start_of_line(text, 11), 11);
        assert_eq!(start_of_line(text, 4), 0);
        assert_eq!(end_of_line(text, 11), 12);
        assert_eq!(character(text, 12), 12..12);
    }
}
