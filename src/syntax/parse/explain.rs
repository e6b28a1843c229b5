//! granit's errors in words for the person who wrote the file, at the place where the mistake was made rather than
//! the one where it was noticed.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use super::{Findings, MAX_DEPTH, chars, place};
use crate::diag::{At, Diagnostic, Span};
use crate::syntax::codes;

/// What is known where reading ended.
pub(super) struct Site<'a> {
    pub(super) text: &'a str,
    /// Where the last token that was understood ends; the error is past it.
    pub(super) understood: usize,
    /// The innermost bracket that is open.
    pub(super) bracket: Option<usize>,
}

/// SG005 at a place.
pub(super) fn nested_too_deep(span: Span) -> Diagnostic {
    Diagnostic::at_span(
        &codes::NESTED_TOO_DEEP,
        span,
        format!("values are nested more than {MAX_DEPTH} levels deep"),
    )
}

/// SG009 for a tag that is not of the core schema.
pub(super) fn unsupported_tag(span: Span, written: &str) -> Diagnostic {
    Diagnostic::at_span(&codes::UNSUPPORTED_TAG, span, format!("the tag `{written}` is not supported"))
        .help("Remove the tag, or quote a value that begins with `!`.")
}

/// A message, where it points, and the rest that may be known.
struct Finding {
    message: String,
    at: Range<usize>,
    label: &'static str,
    also: Option<(Range<usize>, &'static str)>,
    help: &'static str,
}

impl Finding {
    fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), at, label: "", also: None, help: "" }
    }

    fn label(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    fn also(self, at: Range<usize>, label: &'static str) -> Self {
        Self { also: Some((at, label)), ..self }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }
}

const QUOTE: &str = "Quote the value.";

impl Site<'_> {
    /// The finding for an error of granit.
    pub(super) fn explain(&self, error: &ScanError, found: &Findings) -> Diagnostic {
        let mut at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => {
                return nested_too_deep(found.span(place::character(self.text, at)));
            }
            ErrorKind::UndeclaredTagHandle => {
                let token = self.token(at);
                let written = super::shortened(&self.text[token.clone()]);
                return unsupported_tag(found.span(token), &written);
            }
            _ => {}
        }
        if matches!(error.kind(), ErrorKind::BlockEntryInFlowCollection)
            && let Some(bracket) = self.read_ahead(at)
            && self.bracket != Some(bracket)
        {
            return Site { bracket: Some(bracket), ..*self }.explain(error, found);
        }
        // What is in an open quote is text.
        let quote = matches!(
            error.kind(),
            ErrorKind::UnclosedQuotedScalar
                | ErrorKind::InvalidQuotedScalarIndent
                | ErrorKind::DocumentIndicatorInQuotedScalar
        );
        let unclosed = self.unclosed(at).filter(|_| !quote);
        let finding = unclosed.unwrap_or_else(|| self.finding(error, at));
        let mut diagnostic =
            Diagnostic::at_span(&codes::SYNTAX, found.span(finding.at.clone()), finding.message)
                .label(finding.label);
        if let Some((bytes, label)) = finding.also {
            diagnostic = diagnostic.also(At::Span(found.span(bytes)), label);
        }
        if let Some(bracket) = self.bracket.filter(|it| *it != finding.at.start) {
            let open = place::character(self.text, bracket);
            diagnostic = diagnostic.also(At::Span(found.span(open)), "inside this bracket");
        }
        if !finding.help.is_empty() {
            diagnostic = diagnostic.help(finding.help);
        }
        diagnostic
    }

    /// The innermost bracket that is open at a place, where granit has read it and not told of it yet.
    fn read_ahead(&self, end: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut open = Vec::new();
        let mut at = self.understood;
        while at < end {
            let begins = at.checked_sub(1).is_none_or(|it| b" \t\n{[,:".contains(&bytes[it]));
            match bytes[at] {
                b'{' | b'[' => open.push(at),
                b'}' | b']' => _ = open.pop(),
                b'"' | b'\'' if begins => at = closing_quote(bytes, at)?,
                _ => {}
            }
            at += 1;
        }
        open.pop()
    }

    /// That a bracket is never closed, where the lines after it are no deeper than the one that it is on: they are the entries
    /// that come next.
    fn unclosed(&self, at: usize) -> Option<Finding> {
        let bracket = self.bracket?;
        let start = self.text[..bracket].rfind('\n').map_or(0, |it| it + 1);
        let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let own = depth(&self.text[start..]);
        // What begins its line may have its entries beside it.
        if start + own == bracket {
            return None;
        }
        let end = self.text[at..].find('\n').map_or(self.text.len(), |it| at + it);
        let mut after = self.text.get(bracket..end)?.lines().skip(1);
        let next = after.any(|line| {
            let text = line.trim_start();
            !text.is_empty() && !text.starts_with(['#', '}', ']']) && depth(line) <= own
        });
        let open = place::character(self.text, bracket);
        let message = format!("`{}` is never closed", &self.text[open.clone()]);
        next.then(|| {
            Finding::new(open, message)
                .label("opened here")
                .help("Close it on the line where its last entry is.")
        })
    }

    fn finding(&self, error: &ScanError, at: usize) -> Finding {
        let here = place::character(self.text, at);
        let rest = || place::rest_of_line(self.text, at);
        match error.kind() {
            ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabNotAllowed
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::InvalidMappingValueWhitespace => self.tab(at),
            ErrorKind::UnclosedQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::DocumentIndicatorInQuotedScalar => self.open_quote(at),
            ErrorKind::UnclosedFlowCollection { open } => {
                Finding::new(here, format!("`{open}` is never closed")).label("opened here")
            }
            ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
                Finding::new(here, format!("`{open}` is closed by `{close}`")).label("opened here")
            }
            ErrorKind::MisplacedFlowCollectionEnd => {
                Finding::new(here, "a bracket closes what was never opened").help(QUOTE)
            }
            ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
                self.after_quote(at, error.kind() == &ErrorKind::InvalidTrailingSingleQuotedScalar)
            }
            ErrorKind::UnknownQuotedScalarEscape
            | ErrorKind::InvalidQuotedScalarHexEscape
            | ErrorKind::InvalidLowSurrogateHexEscape
            | ErrorKind::InvalidLowSurrogate
            | ErrorKind::MissingLowSurrogate
            | ErrorKind::UnpairedLowSurrogate
            | ErrorKind::InvalidUnicodeEscape => self.escape(at),
            ErrorKind::MappingValueNotAllowed => self.colon(at),
            ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => self.no_colon(at),
            ErrorKind::ExpectedDocumentStart if self.text[self.directive()..].starts_with('%') => {
                let directive = place::rest_of_line(self.text, self.directive());
                Finding::new(directive, "a directive is not followed by `---`")
                    .help("Remove the line, or quote a value that begins with `%`.")
            }
            ErrorKind::ExpectedBlockSequenceEntry if self.leads_line(at) => {
                Finding::new(rest(), "a line among list items has no `-`")
                    .help("Begin the item with `- `, or indent the line like the keys above the list.")
            }
            ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedDocumentStart
            | ErrorKind::InvalidIndentation => self.misfit(at),
            ErrorKind::BlockSequenceEntryNotAllowed if self.leads_line(at) => self.misfit(at),
            ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::MappingKeyNotAllowed => {
                Finding::new(here, "a list or mapping begins on the line of its key")
                    .help("Begin it on the next line, or quote the value.")
            }
            ErrorKind::BlockEntryInFlowCollection => Finding::new(here, "a `-` item stands inside brackets")
                .help("Separate items inside brackets by commas, without dashes."),
            ErrorKind::InvalidBlockScalarHeader => {
                Finding::new(rest(), "text follows `|` or `>` on the same line")
                    .help("Begin the text on the next line, or quote the value.")
            }
            ErrorKind::ZeroBlockScalarIndent => {
                Finding::new(rest(), "a block of text has an indentation of zero")
                    .help("Give an indentation of 1 to 9, or leave it out.")
            }
            ErrorKind::InvalidBlockScalarIndent => {
                Finding::new(rest(), "a line is indented less than the block of text that it belongs to")
            }
            ErrorKind::CommentInterceptedScalar => {
                Finding::new(rest(), "a comment divides a value of several lines")
                    .help("Move the comment above the value, or quote the value.")
            }
            ErrorKind::CommentNotSeparated => Finding::new(here, "a `#` follows a value without a blank")
                .help("Put a blank before a comment, or quote the value."),
            ErrorKind::BomInsideDocument => Finding::new(here, "a byte order mark stands inside the file")
                .help("Remove the character U+FEFF."),
            ErrorKind::UnexpectedCharacter { character: '`' } => {
                Finding::new(here, "an unquoted value begins with a backtick").help(QUOTE)
            }
            ErrorKind::UnexpectedCharacter { character } => {
                Finding::new(here, format!("an unquoted value begins with `{character}`")).help(QUOTE)
            }
            ErrorKind::MissingAnchorOrAliasName => {
                Finding::new(here, "a `*` or `&` has no name after it").help(QUOTE)
            }
            ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
                in_brackets(here, "a `,` or a closing bracket is missing")
            }
            ErrorKind::InvalidColonPlacement => in_brackets(here, "a `:` stands where no key is"),
            _ if here.is_empty() => Finding::new(here, "the file ends in the middle of a value"),
            ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::UnexpectedEofBlockSequence
            | ErrorKind::UnexpectedEofBlockMapping
            | ErrorKind::ExpectedNodeContent
            | ErrorKind::UnexpectedEof => {
                let help = if self.bracket.is_some() { "Remove it, or quote the value." } else { QUOTE };
                Finding::new(here.clone(), format!("a value is missing before `{}`", &self.text[here]))
                    .help(help)
            }
            kind => Finding::new(here, format!("this is not valid YAML: {kind}")),
        }
    }

    fn tab(&self, at: usize) -> Finding {
        // granit points at the value that the tab ends; the line with the tab is at the place or below it.
        let mut line = place::start_of_line(self.text, at);
        while line < self.text.len() {
            let indent = self.text[line..].bytes().take_while(|it| matches!(it, b' ' | b'\t')).count();
            if let Some(tab) =
                self.text[line..line + indent].find('\t').filter(|_| line + indent >= self.understood)
            {
                return Finding::new(line + tab..line + tab + 1, "a tab is used for indentation")
                    .help("Indent with spaces.");
            }
            line = place::end_of_line(self.text, line) + 1;
        }
        Finding::new(place::character(self.text, at), "a tab stands where only spaces may be")
            .help("Indent with spaces.")
    }

    /// A quote that is not closed, from the error's place or, if the error is a later line, above it.
    fn open_quote(&self, at: usize) -> Finding {
        let message = "a quoted value is not closed";
        let help = "Close the quote. Lines that continue a quoted value are indented deeper than its key.";
        let noticed_at_quote = self.text[at..].starts_with(['\'', '"']);
        match self.quote_above(at) {
            Some(quote) => Finding::new(quote..quote + 1, message)
                .label("opened here")
                .also(place::rest_of_line(self.text, at), "not indented as a part of it")
                .help(help),
            None if noticed_at_quote => Finding::new(at..at + 1, message).label("opened here").help(help),
            None => Finding::new(place::character(self.text, at), message).help(help),
        }
    }

    /// The quote that is still open before `end`, reading on from what was understood.
    fn quote_above(&self, end: usize) -> Option<usize> {
        let bytes = &self.text.as_bytes()[..end];
        let mut at = self.understood;
        while let Some(byte) = bytes.get(at) {
            let begins = at == 0 || b" \t\r\n[]{},:-?".contains(&bytes[at - 1]);
            at = match byte {
                b'#' if begins => place::end_of_line(self.text, at),
                b'\'' | b'"' if begins => match closing_quote(bytes, at) {
                    Some(closed) => closed + 1,
                    None => return Some(at),
                },
                _ => at + 1,
            };
        }
        None
    }

    fn after_quote(&self, at: usize, single: bool) -> Finding {
        if self.text[at..].starts_with(':') {
            return Finding::new(at..at + 1, "a quoted key extends over several lines");
        }
        let finding = Finding::new(place::rest_of_line(self.text, at), "text follows a closed quote");
        if single {
            finding.help("Double a quote that belongs to the value: `'it''s'`.")
        } else {
            finding.help("Put a backslash before a quote that belongs to the value: `\"5\\\" disk\"`.")
        }
    }

    fn escape(&self, at: usize) -> Finding {
        let token = &self.text[at..];
        let escape =
            chars::escapes(token).find(|it| !it.valid).map(|it| at + it.bytes.start..at + it.bytes.end);
        let bytes = escape.unwrap_or_else(|| place::character(self.text, at));
        let message = format!("`{}` is not an escape that YAML has", &self.text[bytes.clone()]);
        Finding::new(bytes, message)
            .help("Use single quotes, which have no escapes, or double the backslash.")
    }

    /// A `:` where there can be no key.
    fn colon(&self, at: usize) -> Finding {
        let line = place::start_of_line(self.text, at);
        let before = &self.text[line..at];
        let colon = at..at + 1;
        if before.contains(": ") {
            return Finding::new(colon, "an unquoted value holds a second `: `").help(QUOTE);
        }
        if before.chars().count() > 1024 {
            return Finding::new(colon, "a key is longer than 1024 characters");
        }
        let key = place::rest_of_line(self.text, at - before.trim_start().len());
        let above = self.text[..line].trim_end();
        let above = place::start_of_line(self.text, above.len())..above.len();
        let indent = |range: &Range<usize>| {
            let line = &self.text[place::start_of_line(self.text, range.start)..range.end];
            line.len() - line.trim_start_matches([' ', '-']).len()
        };
        let complete = self.text[above.clone()].contains(": ") || self.text[above.clone()].ends_with(':');
        if above.start < line && !complete && indent(&above) >= indent(&key) {
            return self.no_colon(above.end - self.text[above].trim_start().len());
        }
        Finding::new(key, "a key stands below a value that is already complete")
            .help("Indent it like the key above, or remove the value of that key.")
    }

    /// A line among keys that is not `key: value`.
    fn no_colon(&self, at: usize) -> Finding {
        let line = place::rest_of_line(self.text, at);
        let written = &self.text[line.clone()];
        let colon = written
            .match_indices(':')
            .map(|(at, _)| at)
            .find(|at| written[at + 1..].chars().next().is_some_and(|next| !next.is_whitespace()));
        if let Some(colon) = colon {
            let colon = line.start + colon;
            return Finding::new(colon..colon + 1, "no blank follows the colon of a key")
                .help("Put a blank after the colon.");
        }
        Finding::new(line, "a line among keys has no `:`")
            .help("Write `key: value`, or indent the line as a part of the value above.")
    }

    /// Something that does not continue what is open.
    fn misfit(&self, at: usize) -> Finding {
        let rest = place::rest_of_line(self.text, at);
        let line = place::start_of_line(self.text, at);
        let before = &self.text[line..at];
        if before.contains('\t') && before.trim().is_empty() {
            return self.tab(at);
        }
        if !self.leads_line(at) {
            return Finding::new(rest, "text follows a complete value").help(QUOTE);
        }
        let dash = self.text[line..].trim_start_matches([' ', '\t']).starts_with("- ");
        let level = "Indent it like its siblings.";
        if dash {
            return Finding::new(
                line + before.len() - before.trim_start().len()..rest.end,
                "a list item stands among keys, or is indented like no item above it",
            )
            .help(level);
        }
        Finding::new(rest, "the indentation of this line fits no level above it").help(level)
    }

    /// Whether only blanks and dashes stand before a place on its line.
    fn leads_line(&self, at: usize) -> bool {
        self.text[place::start_of_line(self.text, at)..at].bytes().all(|it| matches!(it, b' ' | b'-' | b'\t'))
    }

    /// Where a directive would stand: at the first token of the file.
    fn directive(&self) -> usize {
        place::skip_blank(self.text, 0)
    }

    /// From a place to the next blank.
    fn token(&self, at: usize) -> Range<usize> {
        at..at + self.text[at..].find(char::is_whitespace).unwrap_or(self.text.len() - at)
    }
}

fn in_brackets(here: Range<usize>, message: &str) -> Finding {
    Finding::new(here, message)
        .help("Close the bracket, and quote values that hold brackets, commas or colons.")
}

fn closing_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let quote = bytes[open];
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        let escapes = match byte {
            b'\\' => quote == b'"',
            byte if *byte != quote => false,
            _ if quote == b'\'' && bytes.get(at + 1) == Some(&quote) => true,
            _ => return Some(at),
        };
        at += if escapes { 2 } else { 1 };
    }
    None
}
