//! Lines that no report shows: those that hold credentials, whatever else is found of them.

use std::ops::Range;

use super::place::{Place, Stretch};
use crate::diag::{Diagnostic, FileId, Sources};

/// Stretches of files with credentials.
pub(super) struct Hidden(Vec<(FileId, Range<usize>)>);

impl Hidden {
    /// The lines that findings of credentials point at.
    pub(super) fn of(sources: &Sources, findings: &[Diagnostic]) -> Self {
        let spoken = findings.iter().filter(|it| it.code.is_of_credentials());
        let places = spoken.filter_map(|it| match Place::of(sources, &it.primary.at) {
            Place::Source(it) => Some((it.file, lines(it.text, &it.range))),
            Place::Words(_) | Place::Nowhere => None,
        });
        Self(places.collect())
    }

    /// Whether a stretch has a line with credentials, or is in a document with a Secret.
    pub(super) fn has(&self, it: &Stretch<'_>) -> bool {
        let lines = lines(it.text, &it.range);
        let meets = |(file, of): &(FileId, Range<usize>)| {
            *file == it.file && of.start < lines.end && lines.start < of.end
        };
        self.0.iter().any(meets) || holds_secret(&it.text[document(it.text, &lines)])
    }
}

/// The whole lines of a range, with the break at the end.
fn lines(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text[..range.start].rfind('\n').map_or(0, |it| it + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |it| range.end + it + 1);
    start..end
}

/// The YAML document, or documents, of some lines. By its text, since it may be one that cannot be read.
fn document(text: &str, lines: &Range<usize>) -> Range<usize> {
    let start = text[..lines.start].rfind("\n---").unwrap_or(0);
    // The break that ends the lines may begin the mark.
    let last = lines.end - usize::from(text[..lines.end].ends_with('\n'));
    let end = text[last..].find("\n---").map_or(text.len(), |it| last + it);
    start..end
}

/// Whether some YAML or JSON has an object of the kind Secret.
fn holds_secret(text: &str) -> bool {
    let trimmed = |it: &str| it.trim_end_matches(['"', '\'', ' ', '\t']).len();
    text.match_indices("Secret").any(|(at, word)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let before = before[..trimmed(before)].strip_suffix(':');
        let is_kind = before.is_some_and(|it| it[..trimmed(it)].ends_with("kind"));
        is_kind && !after.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_in_any_layout() {
        for text in ["kind: Secret", "kind: \"Secret\"\n", "{\"kind\":\"Secret\",", "{ 'kind' : 'Secret' }"] {
            assert!(holds_secret(text), "{text}");
        }
        for text in ["kind: SecretStore", "kind: ExternalSecret", "a Secret", "kind: Pod\nname: Secret"] {
            assert!(!holds_secret(text), "{text}");
        }
    }

    #[test]
    fn a_document_ends_where_the_next_begins() {
        let text = "a: 1\n---\nb: 2\nc: 3\n---\nd: 4\n";
        let at = text.find('c').expect("it is there");
        let found = document(text, &lines(text, &(at..at + 1)));
        assert_eq!(&text[found], "\n---\nb: 2\nc: 3");
    }
}
