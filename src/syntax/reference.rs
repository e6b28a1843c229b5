//! The only expression of the language: a typed reference `${a.b.c}`. `$${` is a literal `${`.

use std::borrow::Cow;
use std::ops::Range;

use crate::diag::{Sources, Span};

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text, escapes undone.
    Text(String),
    /// A reference: its steps, and where it stands in the text (with `${` and `}`).
    Reference(Vec<String>, Range<usize>),
}

/// A `${` that is no reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadReference {
    /// Where it stands in the text.
    pub at: Range<usize>,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The span of `${…}` inside a scalar's own span, when it stands there literally.
pub(crate) fn within(sources: &Sources, span: Span, text: &str) -> Span {
    match sources.slice(span).find(text) {
        Some(offset) => {
            let start = span.start + u32::try_from(offset).unwrap_or(0);
            Span { start, end: start + u32::try_from(text.len()).unwrap_or(0), ..span }
        }
        None => span,
    }
}

/// One part of a text as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Literal text.
    Text(&'a str),
    /// A literal `${`, written `$${`.
    Escape,
    /// A reference: what is between `${` and `}`, and where it stands in the text with both.
    Reference(&'a str, Range<usize>),
}

/// The parts of a text, each read when it is asked for; a `${` that is no reference is an error in its place.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = Result<Part<'_>, BadReference>> {
    let (mut at, mut next) = (0, None);
    std::iter::from_fn(move || {
        if let Some(found) = next.take() {
            return Some(found);
        }
        let rest = text.get(at..).filter(|it| !it.is_empty())?;
        let Some(start) = opening(rest).map(|it| at + it) else {
            at = text.len();
            return Some(Ok(Part::Text(rest)));
        };
        let escaped = start > at && text[..start].ends_with('$');
        let literal = &text[at..if escaped { start - 1 } else { start }];
        let found = if escaped {
            at = start + 2;
            Ok(Part::Escape)
        } else if let Some(length) = text[start..].find('}') {
            at = start + length + 1;
            let inside = &text[start + 2..at - 1];
            match well_formed(inside) {
                Ok(()) => Ok(Part::Reference(inside, start..at)),
                Err(why) => Err(BadReference { at: start..at, why }),
            }
        } else {
            at = text.len();
            Err(BadReference { at: start..at, why: "`${` without a closing `}`" })
        };
        if literal.is_empty() {
            return Some(found);
        }
        next = Some(found);
        Some(Ok(Part::Text(literal)))
    })
}

/// Splits a text into literal pieces and references.
///
/// # Errors
/// Every `${` that is not closed or does not hold dotted names.
pub fn pieces(text: &str) -> Result<Vec<Piece>, Vec<BadReference>> {
    let (mut found, mut bad) = (Vec::new(), Vec::new());
    for part in parts(text) {
        let literal = match part {
            Ok(Part::Text(it)) => it,
            Ok(Part::Escape) => "${",
            Ok(Part::Reference(inside, at)) => {
                found.push(Piece::Reference(inside.split('.').map(str::to_owned).collect(), at));
                continue;
            }
            Err(it) => {
                bad.push(it);
                continue;
            }
        };
        match found.last_mut() {
            Some(Piece::Text(before)) => before.push_str(literal),
            _ => found.push(Piece::Text(literal.to_owned())),
        }
    }
    if bad.is_empty() { Ok(found) } else { Err(bad) }
}

/// Whether a text holds a reference or an escaped one.
#[must_use]
pub fn has_reference(text: &str) -> bool {
    opening(text).is_some()
}

/// The text of a stack that stands for this literal one.
#[must_use]
pub fn escaped(literal: &str) -> Cow<'_, str> {
    if has_reference(literal) { literal.replace("${", "$${").into() } else { literal.into() }
}

/// Where the first `${` stands. Texts are short, so a general search for a string costs more to set up than to run.
fn opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = bytes.iter().position(|it| *it == b'$')?;
    bytes[first..].windows(2).position(|it| it == b"${").map(|it| first + it)
}

/// Whether dotted names are between `${` and `}`.
fn well_formed(inside: &str) -> Result<(), &'static str> {
    if inside.trim().is_empty() {
        return Err("an empty reference");
    }
    let name = |step: &str| {
        !step.is_empty() && step.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
    };
    if !inside.split('.').all(name) {
        return Err(
            "a reference is dotted names such as `${services.iam.host}`; there are no other expressions",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(path: &str, at: Range<usize>) -> Piece {
        Piece::Reference(path.split('.').map(str::to_owned).collect(), at)
    }

    #[test]
    fn splits_text_references_and_escapes() {
        assert_eq!(
            pieces("a ${b.c}-$${d} $(E)").unwrap(),
            [Piece::Text("a ".into()), reference("b.c", 2..8), Piece::Text("-${d} $(E)".into())]
        );
        assert_eq!(pieces("${a}${b}").unwrap(), [reference("a", 0..4), reference("b", 4..8)]);
        assert_eq!(pieces("$${a}").unwrap(), [Piece::Text("${a}".into())]);
    }

    #[test]
    fn escapes_beside_references_are_one_literal() {
        assert_eq!(
            pieces("$${a}$${b}${c}$").unwrap(),
            [Piece::Text("${a}${b}".into()), reference("c", 10..14), Piece::Text("$".into())]
        );
        assert_eq!(pieces("").unwrap(), []);
    }

    #[test]
    fn reports_every_bad_one() {
        let bad = pieces("${} ${a b} ${x").unwrap_err();
        assert_eq!(bad.iter().map(|it| it.at.clone()).collect::<Vec<_>>(), [0..3, 4..10, 11..14]);
    }
}
