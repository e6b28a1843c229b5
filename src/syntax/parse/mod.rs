//! YAML text to [`Node`].
//!
//! The events come from granit-parser; this module adds what a compiler needs beyond them: exact places, every
//! finding at once, and limits that make reading total (any text is answered in linear time and bounded memory).

mod build;
mod chars;
mod explain;
mod findings;
mod place;
mod tag;
#[cfg(test)]
mod tests;
mod text;

use std::ops::Range;

use granit_parser::{Event, Parser, options};

pub(super) use chars::without_forbidden;
pub(super) use findings::{Findings, shortened};
pub use text::{NotText, text};

use super::{Node, codes};
use crate::diag::{At, Diagnostic, FileId, Sink, Sources, Span};
use build::{Builder, Stopped};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// The deepest nesting of mappings and lists, aliases expanded.
pub const MAX_DEPTH: usize = 64;
/// The most keys and values of one file, aliases expanded.
pub const MAX_NODES: usize = 1_000_000;

/// Reads the YAML of a registered file.
///
/// All that is wrong is reported, up to a syntax error, past which the meaning of the text is unknown. None comes
/// back only together with an error: when there is no document, or it cannot be read to its end. With lesser errors
/// the document is as complete as possible: an entry without a usable key is left out, an undefined alias is null.
///
/// # Panics
/// If `file` is not of `sources`.
pub fn parse(sources: &Sources, file: FileId, sink: &mut Sink) -> Option<Node> {
    let text = sources.text(file);
    let mut found = Findings::new(sink, file);
    if !readable(text, &mut found) {
        return None;
    }
    let text = chars::without_forbidden(text, &mut found);
    document(&text, &mut found, None)
}

/// The same of a file that may hold several documents, without those that are empty. Up to an error, it gives what is before it.
///
/// # Panics
/// If `file` is not of `sources`.
pub fn parse_all(sources: &Sources, file: FileId, sink: &mut Sink) -> Vec<Node> {
    let text = sources.text(file);
    let mut found = Findings::new(sink, file);
    let mut all = Vec::new();
    if readable(text, &mut found) {
        let text = chars::without_forbidden(text, &mut found);
        let last = document(&text, &mut found, Some(&mut all));
        all.extend(last);
    }
    all.retain(|it| !it.is_null());
    all
}

/// Whether the text is worth reading at all: small enough, and not binary.
pub(super) fn readable(text: &str, found: &mut Findings) -> bool {
    if text.len() > MAX_BYTES {
        let span = found.span(0..0);
        found.push(|| {
            let size = text.len().div_ceil(1024 * 1024);
            Diagnostic::at_span(&codes::FILE_TOO_LARGE, span, format!("the file is too large: {size} MiB"))
                .note(format!("Files of up to {} MiB are read.", MAX_BYTES / 1024 / 1024))
        });
        return false;
    }
    if let Some(at) = text.find('\0') {
        let span = found.span(at..at + 1);
        found.push(|| {
            Diagnostic::at_span(&codes::NOT_TEXT, span, "the file is not text: it holds a NUL byte")
                .label(format!("byte {at}"))
        });
        return false;
    }
    true
}

/// The only document, or, where there is room for more, the last: those before it go to `others`.
fn document(text: &str, found: &mut Findings, mut others: Option<&mut Vec<Node>>) -> Option<Node> {
    let options = options! {
        emit_comments: false,
        emit_anchor_events: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder = Builder::new(text, found);
    let mut begun: Option<Span> = None;
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, at) = match next {
            Ok(next) => next,
            Err(error) => {
                builder.syntax_error(&error);
                return None;
            }
        };
        if let Event::DocumentStart(explicit, _) = event {
            let bytes = at.byte_range().unwrap_or_default();
            let bytes = if explicit { bytes } else { place::rest_of_line(text, bytes.start) };
            if let (Some(_), Some(others)) = (begun, &mut others) {
                others.extend(builder.next());
            } else if let Some(first) = begun {
                several_documents(builder.found(), first, bytes);
                return builder.finish();
            }
            begun =
                Some(builder.found().span(if explicit { bytes.clone() } else { bytes.start..bytes.start }));
            builder.begin_at(if explicit { bytes.end } else { place::after_ends(text) });
        } else if let Err(Stopped) = builder.event(event, at) {
            return None;
        }
    }
    let root = builder.finish();
    let written = root.as_ref().is_some_and(|it| it.span.start < it.span.end);
    // An explicit `''` or `!!str` is wrong too, but the decoder says so better.
    let several = others.is_some_and(|it| !it.is_empty());
    if !written && !several && root.as_ref().is_none_or(Node::is_null) {
        let span = begun.unwrap_or_else(|| found.span(0..0));
        found.push(|| {
            Diagnostic::at_span(&codes::EMPTY_DOCUMENT, span, "the file holds nothing but comments")
        });
        return None;
    }
    root
}

fn several_documents(found: &mut Findings, first: Span, second: Range<usize>) {
    let message = "the file holds several documents";
    let diagnostic = Diagnostic::at_span(&codes::SEVERAL_DOCUMENTS, found.span(second), message)
        .label("a second document begins here")
        .help("Keep one document in a file, and remove a trailing `---`.");
    found.push_last(if first.start < first.end {
        diagnostic.also(At::Span(first), "the first one begins here")
    } else {
        diagnostic
    });
}
