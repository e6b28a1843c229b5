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

/// Splits a text into literal pieces and references.
///
/// # Errors
/// Every `${` that is not closed or does not hold dotted names.
pub fn pieces(text: &str) -> Result<Vec<Piece>, Vec<BadReference>> {
    let (mut found, mut bad, mut literal, mut at) = (Vec::new(), Vec::new(), String::new(), 0);
    while let Some(next) = opening(&text[at..]) {
        let start = at + next;
        if text[..start].ends_with('$') && start > at {
            literal.push_str(&text[at..start - 1]);
            literal.push_str("${");
            at = start + 2;
            continue;
        }
        literal.push_str(&text[at..start]);
        let Some(length) = text[start..].find('}') else {
            bad.push(BadReference { at: start..text.len(), why: "`${` without a closing `}`" });
            return Err(bad);
        };
        let end = start + length + 1;
        match steps(&text[start + 2..end - 1]) {
            Ok(steps) => {
                if !literal.is_empty() {
                    found.push(Piece::Text(std::mem::take(&mut literal)));
                }
                found.push(Piece::Reference(steps, start..end));
            }
            Err(why) => bad.push(BadReference { at: start..end, why }),
        }
        at = end;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        found.push(Piece::Text(literal));
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

fn steps(inside: &str) -> Result<Vec<String>, &'static str> {
    if inside.trim().is_empty() {
        return Err("an empty reference");
    }
    let mut found = Vec::with_capacity(3);
    for step in inside.split('.') {
        if step.is_empty() || !step.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
        {
            return Err(
                "a reference is dotted names such as `${services.iam.host}`; there are no other expressions",
            );
        }
        found.push(step.to_owned());
    }
    Ok(found)
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
    fn reports_every_bad_one() {
        let bad = pieces("${} ${a b} ${x").unwrap_err();
        assert_eq!(bad.iter().map(|it| it.at.clone()).collect::<Vec<_>>(), [0..3, 4..10, 11..14]);
    }
}
