//! `.env` files: `KEY=value` lines, the way the dotenv libraries and Docker Compose read them, without interpolation.

use std::ops::Range;

use super::parse::{Findings, readable, shortened};
use super::{Entry, Kind, Map, Node, Scalar, codes};
use crate::diag::{At, Diagnostic, FileId, Sink, Sources};

/// Reads the `.env` text of a registered file.
///
/// A line is `KEY=value` or `export KEY=value`, blanks around `=` allowed; `#` begins a comment at the start of a
/// line and after a blank. An unquoted value ends with its line. Single quotes keep everything, double quotes know
/// `\n`, `\r`, `\t`, `\"`, `\'`, `\$`, `` \` `` and `\\` and keep any other backslash; both may span lines. `$` means
/// nothing. Every value is a string (`plain` is false), whatever it looks like; its span is the token with its quotes.
///
/// Lines that are wrong are reported and left out; of a key given twice the first value is kept.
///
/// # Panics
/// If `file` is not of `sources`.
pub fn parse_dotenv(sources: &Sources, file: FileId, sink: &mut Sink) -> Map {
    let text = sources.text(file);
    let mut found = Findings::new(sink, file);
    if !readable(text, &mut found) {
        return Map::default();
    }
    let text = super::parse::without_forbidden(text, &mut found);
    let mut reader = Reader { text: &text, at: 0, found, map: Map::default() };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    while reader.at < text.len() {
        reader.line();
    }
    reader.map
}

const BLANKS: [char; 2] = [' ', '\t'];

struct Reader<'t, 's> {
    text: &'t str,
    at: usize,
    found: Findings<'s>,
    map: Map,
}

/// A value: its text and where it stands.
type Value = (String, Range<usize>);

impl Reader<'_, '_> {
    /// Reads a line, or several if a quoted value spans them, and its line break.
    fn line(&mut self) {
        self.skip_blanks();
        if self.line_is_over() {
            self.next_line();
            return;
        }
        let end = self.end_of_line();
        let line = self.at..self.at + self.text[self.at..end].trim_end_matches(BLANKS).len();
        if let Some(rest) = self.text[line.clone()].strip_prefix("export")
            && rest.starts_with(BLANKS)
            && !rest.trim_start_matches(BLANKS).starts_with('=')
        {
            self.at += "export".len();
            self.skip_blanks();
        }
        let Some(equals) = self.text[self.at..end].find('=').map(|it| self.at + it) else {
            self.wrong(self.at..line.end, "a line has no `=`", "Write `KEY=value`.");
            self.next_line();
            return;
        };
        let key = self.at..self.at + self.text[self.at..equals].trim_end_matches(BLANKS).len();
        self.at = equals + 1;
        let value = self.value();
        if !self.key_is_good(&key) {
            return;
        }
        if let Some(value) = value {
            self.insert(key, value);
        }
    }

    fn key_is_good(&mut self, key: &Range<usize>) -> bool {
        let name = &self.text[key.clone()];
        if name.is_empty() {
            self.wrong(key.start..key.start + 1, "a line has no key before its `=`", "Write `KEY=value`.");
            return false;
        }
        // Names of environment variables in Kubernetes: `[-._a-zA-Z][-._a-zA-Z0-9]*` (IsEnvVarName in
        // k8s.io/apimachinery/pkg/util/validation).
        let wrong = name.char_indices().find(|(at, c)| {
            !(c.is_ascii_alphabetic() || matches!(c, '-' | '.' | '_') || (*at > 0 && c.is_ascii_digit()))
        });
        if let Some((at, c)) = wrong {
            let place = key.start + at..key.start + at + c.len_utf8();
            let message = if c.is_ascii_digit() {
                format!("the key `{}` begins with a digit", shortened(name))
            } else {
                format!("the key `{}` holds `{c}`", shortened(name))
            };
            self.wrong(place, &message, "Keys are of letters, digits, `_`, `.` and `-`.");
            return false;
        }
        true
    }

    fn insert(&mut self, key: Range<usize>, (text, bytes): Value) {
        let name = &self.text[key.clone()];
        let span = self.found.span(key);
        if let Some(first) = self.map.get(name) {
            let first = At::Span(first.key);
            self.found.push(|| {
                let message = format!("the key `{}` is given twice", shortened(name));
                Diagnostic::at_span(&codes::DUPLICATE_KEY, span, message)
                    .label("given again here")
                    .also(first, "first given here")
            });
            return;
        }
        let kind = Kind::Scalar(Scalar { text: text.into(), plain: false });
        let value = Node { kind, span: self.found.span(bytes), beat: None };
        self.map.insert(name.into(), Entry { key: span, value });
    }

    /// Reads the value after `=` and the line break after it. None if it is wrong, which is reported.
    fn value(&mut self) -> Option<Value> {
        let equals = self.at;
        self.skip_blanks();
        match self.text.as_bytes().get(self.at) {
            Some(b'\'' | b'"') => self.quoted(),
            _ => Some(self.unquoted(equals)),
        }
    }

    fn unquoted(&mut self, equals: usize) -> Value {
        let end = self.end_of_line();
        let line = &self.text[self.at..end];
        let comment = line.match_indices('#').map(|(at, _)| at).find(|at| {
            // A `#` right after `=` and blanks is a comment too; one right after `=` is the value.
            self.text[..self.at + at].ends_with(BLANKS)
        });
        let text = line[..comment.unwrap_or(line.len())].trim_end_matches(BLANKS);
        let bytes = if text.is_empty() { equals..equals } else { self.at..self.at + text.len() };
        let value = (text.to_owned(), bytes);
        self.next_line();
        value
    }

    fn quoted(&mut self) -> Option<Value> {
        let open = self.at;
        let quote = if self.text[open..].starts_with('"') { '"' } else { '\'' };
        let mut text = String::new();
        let mut characters = self.text[open + 1..].char_indices();
        let closed = loop {
            let Some((at, c)) = characters.next() else { break None };
            match c {
                c if c == quote => break Some(open + 1 + at + 1),
                '\\' if quote == '"' => match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, c @ ('"' | '\'' | '$' | '`' | '\\'))) => text.push(c),
                    Some((_, c)) => text.extend(['\\', c]),
                    None => text.push('\\'),
                },
                c => text.push(c),
            }
        };
        let Some(closed) = closed else {
            self.wrong(open..open + 1, "a quoted value is not closed", "Close the quote.");
            // What follows may well be sound: go on with the next line.
            self.next_line();
            return None;
        };
        self.at = closed;
        self.skip_blanks();
        let commented = self.at > closed;
        let over = self.at == self.end_of_line() || (commented && self.text[self.at..].starts_with('#'));
        if !over {
            let rest = self.at..self.end_of_line();
            let rest = rest.start..rest.start + self.text[rest].trim_end_matches(BLANKS).len();
            self.wrong(rest, "text follows a closed quote", "Put the whole value into quotes.");
        }
        self.next_line();
        over.then_some((text, open..closed))
    }

    fn wrong(&mut self, bytes: Range<usize>, message: &str, help: &str) {
        let span = self.found.span(bytes);
        self.found.push(|| Diagnostic::at_span(&codes::NOT_AN_ASSIGNMENT, span, message).help(help));
    }

    fn skip_blanks(&mut self) {
        self.at += self.text[self.at..].bytes().take_while(|it| matches!(it, b' ' | b'\t')).count();
    }

    fn line_is_over(&self) -> bool {
        self.text[self.at..].is_empty() || self.text[self.at..].starts_with(['\r', '\n', '#'])
    }

    fn end_of_line(&self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        self.at + rest.iter().position(|it| matches!(it, b'\r' | b'\n')).unwrap_or(rest.len())
    }

    fn next_line(&mut self) {
        self.at = (self.end_of_line() + 1).min(self.text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, value and the value's slice; code, message and slice.
    type Read = (Vec<(String, String, String)>, Vec<(&'static str, String, String)>);

    fn read(text: &str) -> Read {
        let mut sources = Sources::default();
        let file = sources.add(".env", text);
        let mut sink = Sink::default();
        let map = parse_dotenv(&sources, file, &mut sink);
        let entries = map.iter().map(|(key, entry)| {
            assert_eq!(sources.slice(entry.key), &**key, "a key's span is the key");
            let scalar = entry.value.as_scalar().expect("always a scalar");
            assert!(!scalar.plain);
            (key.to_string(), scalar.text.to_string(), sources.slice(entry.value.span).to_owned())
        });
        let found = sink.findings().iter().map(|it| match it.primary.at {
            At::Span(span) => (it.code.id, it.message.clone(), sources.slice(span).to_owned()),
            _ => unreachable!("always a span"),
        });
        (entries.collect(), found.collect())
    }

    #[test]
    fn reads_what_people_write() {
        let text = "\u{feff}# comment\r\n\
            A=1\r\n\
            export B = two words  # comment\n\
            \n\
            C=\n\
            D= # nothing\n\
            E=#not-a-comment a#b\n\
            F='single $X \\n ''\n\
            G=\"a\\n\\t\\\"b\\\" \\$X $Y ${Z} \\q\" # comment\n\
            H=\"first\n  second\"\n\
            export=exported\n\
            I.J-K=漢字 🦀 \n\
            L=a=b";
        let (entries, found) = read(text);
        let found: Vec<_> = found.iter().map(|(code, message, at)| (*code, &**message, &**at)).collect();
        // `'single … '` is closed before the second quote of `''`.
        assert_eq!(found, [("SG014", "text follows a closed quote", "'")]);
        let entries: Vec<_> = entries.iter().map(|(key, text, slice)| (&**key, &**text, &**slice)).collect();
        assert_eq!(
            entries,
            [
                ("A", "1", "1"),
                ("B", "two words", "two words"),
                ("C", "", ""),
                ("D", "", ""),
                ("E", "#not-a-comment a#b", "#not-a-comment a#b"),
                ("G", "a\n\t\"b\" $X $Y ${Z} \\q", "\"a\\n\\t\\\"b\\\" \\$X $Y ${Z} \\q\""),
                ("H", "first\n  second", "\"first\n  second\""),
                ("export", "exported", "exported"),
                ("I.J-K", "漢字 🦀", "漢字 🦀"),
                ("L", "a=b", "a=b"),
            ]
        );
    }

    #[test]
    fn reports_all_that_is_wrong_and_goes_on() {
        let text =
            "A=1\nnothing here\n2B=x\nC D=x\n=x\nE='open\nA=2\nF=\"x\" y\nG=\u{1}\nexport H\nÄ=1\nZ=ok";
        let (entries, found) = read(text);
        let keys: Vec<&str> = entries.iter().map(|(key, ..)| &**key).collect();
        assert_eq!(keys, ["A", "G", "Z"]);
        let found: Vec<_> = found.iter().map(|(code, message, at)| (*code, &**message, &**at)).collect();
        assert_eq!(
            found,
            [
                ("SG012", "the character U+0001 cannot be kept", "\u{1}"),
                ("SG014", "a line has no `=`", "nothing here"),
                ("SG014", "the key `2B` begins with a digit", "2"),
                ("SG014", "the key `C D` holds ` `", " "),
                ("SG014", "a line has no key before its `=`", "="),
                ("SG014", "a quoted value is not closed", "'"),
                ("SG002", "the key `A` is given twice", "A"),
                ("SG014", "text follows a closed quote", "y"),
                ("SG014", "a line has no `=`", "H"),
                ("SG014", "the key `Ä` holds `Ä`", "Ä"),
            ]
        );
    }
}
