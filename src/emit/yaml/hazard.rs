//! Text that YAML can hold but Kustomize cannot.

use std::fmt;

/// Why a string does not survive Kustomize, however it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hazard {
    /// This character: Kustomize fails on it, or changes it.
    Character(char),
    /// Text of several lines that begins with a tab: Kustomize prints it as a literal block that its own reader
    /// refuses.
    LeadingTab,
    /// The string is `<<`. As a mapping key it is dropped together with its value; as a value it survives.
    MergeKey,
}

/// Whether a string cannot pass through Kustomize, and why.
///
/// Measured with `kubectl kustomize` 1.32 (Kustomize 5.5), strings written as escapes in double quotes:
/// - U+007F to U+009F, U+FFFE and U+FFFF in a value or key: it fails ("control characters are not allowed"),
///   because it prints what its own reader then refuses. U+0085 fails in a key too, but becomes a blank in a value.
/// - A tab first and a line break later: it fails ("found a tab character where an indentation space is expected")
///   in an object's annotations, in a file of a `configMapGenerator`, and anywhere in an object that a JSON patch
///   touches. Elsewhere the text survives, until someone adds such a patch.
/// - The key `<<` is dropped, quoted or not.
/// - All else came back: U+0000 to U+001F, U+2028 and U+2029, U+FEFF, private use, the non-characters beyond the
///   first plane; and tens of thousands of random strings of blanks, line breaks, indicators and those characters,
///   as values and keys of data, annotations, generated `ConfigMap`s and objects under either kind of patch.
///
/// Not told here, for it depends on the place: a key of more than 1022 characters as JSON makes it fail; and an
/// object's annotations and a `configMapGenerator` fail on a key that is empty or, without its quotes, a number,
/// date, `true`, `false`, `null` or `~`.
#[must_use]
pub fn hazard(text: &str) -> Option<Hazard> {
    if text == "<<" {
        return Some(Hazard::MergeKey);
    }
    if text.starts_with('\t') && text.contains('\n') {
        return Some(Hazard::LeadingTab);
    }
    // In UTF-8 all the lost ones but U+007F begin with a byte of C2 or EF, which most text does not have.
    if !text.bytes().any(|b| matches!(b, 0x7f | 0xc2 | 0xef)) {
        return None;
    }
    text.chars().find(|c| lost(*c)).map(Hazard::Character)
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(c) => {
                write!(f, "the character U+{:04X} does not survive Kustomize", u32::from(*c))
            }
            Self::LeadingTab => {
                f.write_str("Kustomize fails on text of several lines that begins with a tab")
            }
            Self::MergeKey => f.write_str("Kustomize drops the key `<<`"),
        }
    }
}

fn lost(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_lost_and_nothing_near() {
        for c in ['\u{7f}', '\u{80}', '\u{85}', '\u{9f}', '\u{fffe}', '\u{ffff}'] {
            assert_eq!(hazard(&format!("a{c}b")), Some(Hazard::Character(c)), "{c:?}");
        }
        for c in ['\0', '\u{1b}', '~', '\u{a0}', '\u{2028}', '\u{feff}', '\u{fffd}', '\u{10000}', '\u{1ffff}']
        {
            assert_eq!(hazard(&format!("a{c}b")), None, "{c:?}");
        }
        assert_eq!(hazard("<<"), Some(Hazard::MergeKey));
        assert_eq!(hazard("<<<"), None);
        assert_eq!(hazard("\ta\nb"), Some(Hazard::LeadingTab));
        assert_eq!(hazard("\ta"), None);
        assert_eq!(hazard("a\n\tb"), None);
        assert_eq!(
            Hazard::Character('\u{85}').to_string(),
            "the character U+0085 does not survive Kustomize"
        );
    }
}
