//! Characters that do not survive the way into the cluster, raw and as escapes.

use std::borrow::Cow;
use std::ops::Range;

use super::Findings;
use crate::diag::Diagnostic;
use crate::syntax::codes;

/// Whether Kustomize or a later reader changes or refuses the character.
pub(in crate::syntax) fn forbidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        c => matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'),
    }
}

/// Reports every such character of a text. The text that comes back has characters of the same length in their
/// place, so that reading goes on with all places unchanged.
pub(in crate::syntax) fn without_forbidden<'a>(text: &'a str, found: &mut Findings) -> Cow<'a, str> {
    if !text.bytes().any(suspicious) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::new();
    let mut copied = 0;
    for (at, c) in text.char_indices().filter(|(_, c)| forbidden(*c)) {
        report(found, at..at + c.len_utf8(), c);
        clean.push_str(&text[copied..at]);
        clean.push(match c.len_utf8() {
            1 => '_',
            2 => '¿',
            _ => '\u{fffd}',
        });
        copied = at + c.len_utf8();
    }
    clean.push_str(&text[copied..]);
    Cow::Owned(clean)
}

/// Reports the escapes of a double-quoted token that stand for such characters.
pub(in crate::syntax) fn escaped_forbidden(token: &str, offset: usize, found: &mut Findings) {
    for escape in escapes(token) {
        if let Some(c) = escape.meaning.filter(|c| forbidden(*c)) {
            report(found, offset + escape.bytes.start..offset + escape.bytes.end, c);
        }
    }
}

/// One backslash sequence of a double-quoted token.
pub(super) struct Escape {
    /// Where it stands in the token.
    pub(super) bytes: Range<usize>,
    /// The character it stands for; none for an escaped line break, half a surrogate pair, or an error.
    pub(super) meaning: Option<char>,
    /// Whether YAML has this escape.
    pub(super) valid: bool,
}

/// The backslash sequences of a double-quoted token, up to its closing quote.
/// The list is that of <https://yaml.org/spec/1.2.2/#57-escaped-characters>.
pub(super) fn escapes(token: &str) -> impl Iterator<Item = Escape> {
    let mut at = 1;
    std::iter::from_fn(move || {
        let rest = token.get(at..)?;
        let start = at + rest.find(['\\', '"']).filter(|found| rest.as_bytes()[*found] == b'\\')?;
        let c = token[start + 1..].chars().next()?;
        let end = start + 1 + c.len_utf8();
        let hex =
            |digits: usize| token.get(end..end + digits).and_then(|it| u32::from_str_radix(it, 16).ok());
        let (end, meaning, valid) = match c {
            '0' => (end, Some('\0'), true),
            'a' => (end, Some('\u{7}'), true),
            'b' => (end, Some('\u{8}'), true),
            'v' => (end, Some('\u{b}'), true),
            'f' => (end, Some('\u{c}'), true),
            'e' => (end, Some('\u{1b}'), true),
            'N' => (end, Some('\u{85}'), true),
            't' | 'n' | 'r' | ' ' | '"' | '/' | '\\' | '_' | 'L' | 'P' | '\t' | '\n' | '\r' => {
                (end, None, true)
            }
            'x' | 'u' | 'U' => {
                let digits = match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                match hex(digits) {
                    Some(code) => {
                        let meaning = char::from_u32(code);
                        let surrogate = c == 'u' && (0xd800..0xe000).contains(&code);
                        (end + digits, meaning, meaning.is_some() || surrogate)
                    }
                    None => (end, None, false),
                }
            }
            _ => (end, None, false),
        };
        at = end;
        Some(Escape { bytes: start..end, meaning, valid })
    })
}

fn report(found: &mut Findings, bytes: Range<usize>, c: char) {
    let span = found.span(bytes);
    found.push(|| {
        let code = u32::from(c);
        Diagnostic::at_span(
            &codes::CONTROL_CHARACTER,
            span,
            format!("the character U+{code:04X} cannot be kept"),
        )
        .note("Kustomize changes or refuses it, so the cluster would not get this value.")
        .help("Remove it, or give the value in base64.")
    });
}

/// Bytes that may begin a forbidden character: a cheap first look at the whole file.
fn suspicious(byte: u8) -> bool {
    matches!(byte, 0..=8 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f | 0xc2 | 0xef)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Sink, Sources};

    fn found(text: &str) -> (String, Vec<(String, String)>) {
        let mut sources = Sources::default();
        let file = sources.add("f", text);
        let mut sink = Sink::default();
        let clean = without_forbidden(text, &mut Findings::new(&mut sink, file)).into_owned();
        let places = sink.findings().iter().map(|it| match it.primary.at {
            crate::diag::At::Span(span) => (sources.slice(span).to_owned(), it.message.clone()),
            _ => unreachable!("always a span"),
        });
        (clean, places.collect())
    }

    #[test]
    fn every_forbidden_character_is_found_and_replaced_in_place() {
        let text = "a\u{1}漢\u{85}\u{7f}b\u{ffff}\u{2028}\t\r\n";
        let (clean, places) = found(text);
        assert_eq!(clean, "a_漢¿_b\u{fffd}\u{2028}\t\r\n");
        assert_eq!(clean.len(), text.len());
        let characters: Vec<&str> = places.iter().map(|(slice, _)| slice.as_str()).collect();
        assert_eq!(characters, ["\u{1}", "\u{85}", "\u{7f}", "\u{ffff}"]);
        assert_eq!(places[1].1, "the character U+0085 cannot be kept");
        assert_eq!(found("a: é £ \u{2029} \u{feff}").1, []);
    }

    #[test]
    fn escapes_are_told_apart() {
        let token = r#""a\\0\0\x7f\u00e9\q\x0g\
  \uD834\uDD1E\N" "\0""#;
        let all: Vec<(&str, bool, bool)> = escapes(token)
            .map(|it| (&token[it.bytes], it.meaning.is_some_and(forbidden), it.valid))
            .collect();
        assert_eq!(
            all,
            [
                (r"\\", false, true),
                (r"\0", true, true),
                (r"\x7f", true, true),
                (r"\u00e9", false, true),
                (r"\q", false, false),
                (r"\x", false, false),
                ("\\\n", false, true),
                (r"\uD834", false, true),
                (r"\uDD1E", false, true),
                (r"\N", true, true),
            ]
        );
    }
}
