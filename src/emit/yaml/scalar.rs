//! Scalars: bare, in double quotes or as a literal block.
//!
//! Bare is what neither a YAML 1.1 reader (`PyYAML`, and go-yaml as Kubernetes and Kustomize use it) nor a YAML 1.2
//! one could resolve to anything but this string. When in doubt, quotes: they cost two characters, a wrong guess
//! costs a cluster.

use std::fmt::{Display, Write as _};

use super::EmitError;

/// Appends a string as a value; a literal block has its lines at `column`. An indentation indicator is not
/// allowed at the root of a document, where readers disagree about what it counts from.
pub(super) fn value(out: &mut String, text: &str, column: usize, indicator_allowed: bool) {
    let found = classes(text);
    if found & (LINE | ESCAPE) == LINE
        && let Some(indicated) = literal(text)
        && (indicator_allowed || !indicated)
    {
        block(out, text, column, indicated);
    } else if is_plain(text, found) {
        out.push_str(text);
    } else {
        quote(out, text);
    }
}

/// Appends a string as a key, which never spans lines.
pub(super) fn key(out: &mut String, text: &str) {
    if is_plain(text, classes(text)) {
        out.push_str(text);
    } else {
        quote(out, text);
    }
}

/// Appends a string in double quotes, on one line.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if c != '"' && c != '\\' && !is_escaped(c) {
            continue;
        }
        out.push_str(&text[done..at]);
        done = at + c.len_utf8();
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => escape(out, u32::from(c)),
        }
    }
    out.push_str(&text[done..]);
    out.push('"');
}

/// A number in the notation that all readers take for the same float: YAML 1.1 wants a point and a signed exponent.
pub(super) fn float<T: Into<f64> + Copy + std::fmt::Debug>(value: T) -> Result<String, EmitError> {
    if !value.into().is_finite() {
        return Err(EmitError::NotFinite);
    }
    // Debug gives the shortest digits that read back as the same number of its own width: `1.0`, `1e-7`, `1.5e300`.
    let digits = format!("{value:?}");
    let Some((mantissa, exponent)) = digits.split_once('e') else {
        return Ok(digits);
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    Ok(format!("{mantissa}{point}e{sign}{exponent}"))
}

/// Appends what `Display` gives.
pub(super) fn show(out: &mut String, value: impl Display) {
    write!(out, "{value}").expect("a String takes all that is written to it");
}

/// Appends `count` blanks.
pub(super) fn indent(out: &mut String, count: usize) {
    const BLANKS: &str = "                                                                ";
    let mut left = count;
    while left > 0 {
        let now = left.min(BLANKS.len());
        out.push_str(&BLANKS[..now]);
        left -= now;
    }
}

const LINE: u8 = 1;
const TAB: u8 = 2;
const ESCAPE: u8 = 4;
const COLON: u8 = 8;
const HASH: u8 = 16;
const HIGH: u8 = 32;

/// The class of every byte that needs a second look.
const CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte {
            0x0a => LINE,
            0x09 => TAB,
            0x00..=0x1f | 0x7f => ESCAPE,
            0x3a => COLON,
            0x23 => HASH,
            0x80.. => HIGH,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// The classes of all bytes, with `ESCAPE` set for characters beyond ASCII too.
fn classes(text: &str) -> u8 {
    let found = text.bytes().fold(0, |found, b| found | CLASS[usize::from(b)]);
    if found & HIGH != 0 && text.chars().any(|c| !c.is_ascii() && is_escaped(c)) {
        return found | ESCAPE;
    }
    found
}

/// Characters written as escapes: those that YAML does not allow raw, line breaks that only some readers know
/// (U+0085, U+2028, U+2029), and the invisible ones that make a reviewer read another text than the machine does.
fn is_escaped(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'
        | '\u{2028}' | '\u{2029}' | '\u{feff}'
        | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

fn escape(out: &mut String, code: u32) {
    match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    }
    .expect("a String takes all that is written to it");
}

/// Whether a literal block can carry a text of several lines, and if so whether it needs an indentation indicator.
fn literal(text: &str) -> Option<bool> {
    let blank = |line: &str| line.bytes().all(|b| b == b' ' || b == b'\t');
    let body = text.trim_matches('\n');
    let (first, last) = (body.lines().next()?, body.rsplit('\n').next()?);
    // Readers find the indentation by the first line and the end by the last; blanks alone there mislead some, and
    // libyaml refuses a tab where it looks for the indentation.
    if blank(first) || blank(last) || first.starts_with('\t') {
        return None;
    }
    Some(first.starts_with(' '))
}

/// Appends a literal block without its last line break, which belongs to whatever comes next.
fn block(out: &mut String, text: &str, column: usize, indicated: bool) {
    out.push('|');
    if indicated {
        out.push('2');
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(rest) => {
            if rest.ends_with('\n') {
                out.push('+');
            }
            rest
        }
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, column);
            out.push_str(line);
        }
    }
}

/// Whether a string with these classes of bytes may stand bare.
fn is_plain(text: &str, found: u8) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if found & (LINE | TAB | ESCAPE) != 0 || *last == b' ' || *last == b':' {
        return false;
    }
    if found & COLON != 0 && text.contains(": ") || found & HASH != 0 && text.contains(" #") {
        return false;
    }
    match first {
        b'0'..=b'9' => !is_numeric(bytes),
        b'-' => is_plain_after_dash(&bytes[1..]),
        b'.' => is_plain_after_dot(&bytes[1..]),
        b'a'..=b'z' | b'A'..=b'Z' => !is_word(bytes),
        b'/' | b'_' | b'$' | b'(' | b')' | b';' | b'^' | b'\\' | 0x80.. => true,
        _ => false,
    }
}

/// `--flag` and `-Xmx1g` are bare; `-`, `- x`, `---`, `-1` and `-.inf` are not.
fn is_plain_after_dash(rest: &[u8]) -> bool {
    match rest {
        [b'-', b'-', ..] => false,
        [b'-', ..] => true,
        [b'a'..=b'z' | b'A'..=b'Z', ..] => !is_word(rest),
        _ => false,
    }
}

/// `./run` and `.env` are bare; `.5`, `.inf`, `...` and `..` are not.
fn is_plain_after_dot(rest: &[u8]) -> bool {
    match rest {
        [b'/', ..] | [b'.', b'/', ..] => true,
        [b'a'..=b'z' | b'A'..=b'Z', ..] => !is_word(rest),
        _ => false,
    }
}

/// Whether text that begins with a digit has only characters of which numbers, times and dates are made. More than
/// any reader takes: YAML 1.1 itself lets a float have many points (`10.0.0.1`) and any `_`, and knows `12:30`.
fn is_numeric(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| {
        matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'_' | b'.' | b',' | b':' | b'+' | b'-' | b' ')
            || matches!(b, b'x' | b'X' | b'o' | b'O' | b'p' | b'P' | b't' | b'T' | b'z' | b'Z')
            || matches!(b, b'i' | b'I' | b'n' | b'N')
    })
}

/// Whether some reader has a meaning of its own for this word, in any case. (`inf` and `nan` without a point are
/// no YAML, but readers that try their language's float parser take them.)
fn is_word(bytes: &[u8]) -> bool {
    const WORDS: [&[u8]; 12] =
        [b"y", b"n", b"yes", b"no", b"on", b"off", b"true", b"false", b"null", b"inf", b"nan", b"infinity"];
    bytes.len() <= 8 && WORDS.iter().any(|word| bytes.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        value(&mut out, text, 2, true);
        out
    }

    #[test]
    fn bare_where_it_is_plain() {
        for text in [
            "a",
            "iam",
            "nginx:1.27",
            "app.kubernetes.io/name",
            "100m",
            "10Gi",
            "1st",
            "--flag=1",
            "-Xmx1g",
            "-e",
            "./run.sh",
            "../x",
            ".env",
            "/etc/a b",
            "$(POD_IP)",
            "a#b",
            "a:b",
            "it's",
            "say \"hi\"",
            "a, b",
            "a[0]",
            "é",
            "Yesterday",
            "nullable",
            "e3",
            "10.0.0.0/8",
            "http://x:80/?q=1",
            "x & y",
            "(y)",
            "_1",
        ] {
            assert_eq!(written(text), text);
        }
    }

    #[test]
    fn quoted_where_a_reader_could_think_otherwise() {
        for text in [
            "",
            " ",
            " a",
            "a ",
            "a:",
            "a: b",
            "a #b",
            "y",
            "N",
            "yEs",
            "oN",
            "NULL",
            "~",
            "~/x",
            "1",
            "-1",
            "+1",
            "1_000",
            "0o17",
            "0x1F",
            "0b1",
            "017",
            "12:30",
            "1e3",
            ".5",
            "5.",
            ".inf",
            "-.INF",
            ".NaN",
            "nan",
            "2024-01-01",
            "2001-12-14t21:59:43.10-05:00",
            "10.0.0.1",
            "=",
            "<<",
            "-",
            "- a",
            "---",
            "--- zeta",
            "...",
            "... zeta",
            "?",
            "? a",
            "?a",
            ":a",
            ",a",
            "[a",
            "]a",
            "{a",
            "}a",
            "#a",
            "&a",
            "*a",
            "!a",
            "|a",
            ">a",
            "'a",
            "%a",
            "@a",
            "`a",
        ] {
            assert_eq!(written(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn escapes() {
        let text = "\"\\\t\r\0\u{1b}\u{7f}\u{85}\u{2028}\u{202e}\u{feff}é\u{1f600}";
        assert_eq!(written(text), r#""\"\\\t\r\x00\x1b\x7f\x85\u2028\u202e\ufeffé😀""#);
        assert_eq!(written("a\u{ffff}\n"), r#""a\uffff\n""#);
    }

    #[test]
    fn literal_blocks() {
        assert_eq!(written("a\nb"), "|-\n  a\n  b");
        assert_eq!(written("a\n\n  b\n"), "|\n  a\n\n    b");
        assert_eq!(written("a\n\n"), "|+\n  a\n");
        assert_eq!(written("  a\nb\n"), "|2\n    a\n  b");
        assert_eq!(written("\n\na\n"), "|\n\n\n  a");
        assert_eq!(written("a \n\tb\n"), "|\n  a \n  \tb");
        for (text, quoted) in [
            ("\n", r#""\n""#),
            (" \na", r#"" \na""#),
            ("a\n ", r#""a\n ""#),
            ("a\n \n", r#""a\n \n""#),
            ("\ta\nb", r#""\ta\nb""#),
            ("a\r\nb", r#""a\r\nb""#),
        ] {
            assert_eq!(written(text), quoted);
        }
    }

    #[test]
    fn floats() {
        for (value, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e300, "1.0e+300"),
            (1.5e-7, "1.5e-7"),
            (5e-324, "5.0e-324"),
        ] {
            assert_eq!(float(value).as_deref(), Ok(text));
        }
        assert_eq!(float(0.1_f32).as_deref(), Ok("0.1"));
        assert_eq!(float(f64::NAN), Err(EmitError::NotFinite));
        assert_eq!(float(f32::NEG_INFINITY), Err(EmitError::NotFinite));
    }
}
