//! Lines that no report shows: those that hold credentials, whatever else is found of them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::place::{Place, Stretch};
use crate::diag::{At, Diagnostic, FileId, Sources};

/// Lines from 1, in order and apart.
type Lines = Vec<RangeInclusive<usize>>;

/// Lines of files with credentials, made once: each finding asks for its own with one search.
pub(super) struct Hidden {
    /// Those that findings of credentials point at.
    spoken: BTreeMap<FileId, Lines>,
    /// Those of documents with a Secret, in the files that findings are about.
    secrets: BTreeMap<FileId, Lines>,
}

impl Hidden {
    /// What is hidden of the files that findings are about.
    pub(super) fn of(sources: &Sources, findings: &[Diagnostic]) -> Self {
        let mut hidden = Self { spoken: BTreeMap::new(), secrets: BTreeMap::new() };
        for finding in findings {
            let edits = finding.helps.iter().filter_map(|it| it.edit.as_ref()).map(|it| &it.at);
            let labels = [&finding.primary].into_iter().chain(&finding.secondary).map(|it| &it.at);
            for at in labels.chain(edits) {
                if let At::Span(span) = at {
                    let secrets = || united(documents_with_secrets(sources.text(span.file)));
                    hidden.secrets.entry(span.file).or_insert_with(secrets);
                }
            }
            if finding.code.is_of_credentials()
                && let Place::Source(it) = Place::of(sources, &finding.primary.at)
            {
                hidden.spoken.entry(it.file).or_default().push(it.start.line..=it.end.line);
            }
        }
        hidden.spoken = hidden.spoken.into_iter().map(|(file, lines)| (file, united(lines))).collect();
        hidden
    }

    /// Whether a stretch has a line with credentials, or is in a document with a Secret.
    pub(super) fn has(&self, it: &Stretch<'_>) -> bool {
        [&self.spoken, &self.secrets].into_iter().filter_map(|all| all.get(&it.file)).any(|lines| {
            let next = lines.partition_point(|of| *of.end() < it.start.line);
            lines.get(next).is_some_and(|of| *of.start() <= it.end.line)
        })
    }
}

/// Puts lines in order and makes one stretch of those that meet.
fn united(mut lines: Lines) -> Lines {
    lines.sort_unstable_by_key(|it| *it.start());
    lines.dedup_by(|next, kept| {
        let meet = next.start() <= kept.end();
        if meet {
            *kept = *kept.start()..=*kept.end().max(next.end());
        }
        meet
    });
    lines
}

/// The lines of YAML documents with a Secret. By their text, since some may not be readable; the mark between two
/// documents is of both.
fn documents_with_secrets(text: &str) -> Lines {
    let mut first = 1;
    let lines = text.split_inclusive("\n---").map(|document| {
        let start = first;
        first += document.matches('\n').count();
        (document, start..=first)
    });
    lines.filter(|it| holds_secret(it.0)).map(|it| it.1).collect()
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
    use crate::diag::render::samples::{ABSENT, at};

    #[test]
    fn a_secret_is_known_in_any_layout() {
        for text in ["kind: Secret", "kind: \"Secret\"\n", "{\"kind\":\"Secret\",", "{ 'kind' : 'Secret' }"] {
            assert!(holds_secret(text), "{text}");
        }
        for text in ["kind: SecretStore", "kind: ExternalSecret", "a Secret", "kind: Pod\nname: Secret"] {
            assert!(!holds_secret(text), "{text}");
        }
    }

    /// Which lines of a text, from 1, are of a document with a Secret.
    fn of_secret(text: &str) -> Vec<usize> {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let (mut found, mut start) = (Vec::new(), 0);
        for (index, line) in text.lines().enumerate() {
            let finding = Diagnostic::new(&ABSENT, at(file, start..start), "m");
            let Place::Source(place) = Place::of(&sources, &finding.primary.at) else { panic!("a span") };
            if Hidden::of(&sources, std::slice::from_ref(&finding)).has(&place) {
                found.push(index + 1);
            }
            start += u32::try_from(line.len() + 1).unwrap();
        }
        found
    }

    #[test]
    fn a_document_ends_where_the_next_begins() {
        assert_eq!(of_secret("a: 1\n---\nkind: Secret\nc: 3\n---\nd: 4\n"), [2, 3, 4, 5]);
        assert_eq!(of_secret("kind: Secret\nc: 3\n---\nd: 4"), [1, 2, 3]);
        assert_eq!(of_secret("a: 1\n---\nb: 2\n---\nkind: Secret"), [4, 5]);
        assert_eq!(of_secret("kind: Secret"), [1]);
        assert_eq!(of_secret("a: Secret\n---\nb: 2\n"), [0; 0]);
    }

    #[test]
    fn lines_that_meet_are_one_stretch() {
        assert_eq!(united(vec![9..=12, 1..=3, 2..=2, 3..=5, 9..=10, 13..=13]), [1..=5, 9..=12, 13..=13]);
    }
}
