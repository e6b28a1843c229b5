//! The suffix that Kustomize gives to the name of a generated `ConfigMap`.
//!
//! Kustomize hashes the `ConfigMap` just before it prints: SHA-256 of the JSON text of
//! `{"binaryData": …, "data": …, "kind": "ConfigMap", "name": ""}`, of which the first ten hexadecimal digits count,
//! with `0 1 3 a e` spelt `g h k m t`. (`api/hasher/hasher.go`, measured with 5.5.) What is easily got wrong:
//!
//! * The name is always empty: the code looks for one field called `metadata/name`. So neither name, namespace,
//!   labels, annotations nor `immutable` count, and equal data has equal suffixes.
//! * `data` is there even without data, as the empty string; `binaryData` only with data.
//! * The JSON is Go's, which also escapes `<`, `>`, `&`, U+2028 and U+2029. U+0008 and U+000C are written `\b` and
//!   `\f` as from Go 1.22; a Kustomize built with an older Go hashes these two differently.
//! * Binary values are base64, in lines of 70 characters, each with its newline, when there is more than one line.
//!
//! The text of a file goes in byte by byte (CRLF, no newline at the end and all). Kustomize refuses to build
//! text with U+007F to U+0084, U+0086 to U+009F, U+FFFE or U+FFFF, and text of several lines (or one with a newline)
//! that begins with a tab; it prints U+0085 as a blank, after hashing it as what it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use k8s_openapi::ByteString;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Hexadecimal without vowels, so that no word comes out.
const DIGITS: &[u8; 16] = b"gh2k456789mbcdtf";

/// The ten characters behind the hyphen.
///
/// `data` are the files that are valid UTF-8 and all literals, `binary` the other files (Kustomize decides so
/// itself, file by file).
#[must_use]
pub fn config_map_suffix(data: &BTreeMap<String, String>, binary: &BTreeMap<String, ByteString>) -> String {
    let hashed = Hashed {
        binary_data: binary.iter().map(|(key, bytes)| (key.as_str(), wrapped_base64(bytes))).collect(),
        data: if data.is_empty() { Data::None("") } else { Data::Some(data) },
        kind: "ConfigMap",
        name: "",
    };
    spell(&Sha256::digest(escape_as_go(&json(&hashed))))
}

/// Ten characters of any content, in the same spelling: for names that must change when the content does.
#[must_use]
pub fn content_suffix(content: &impl Serialize) -> String {
    spell(&Sha256::digest(json(content)))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hashed<'a> {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    binary_data: BTreeMap<&'a str, String>,
    data: Data<'a>,
    kind: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    None(&'static str),
    Some(&'a BTreeMap<String, String>),
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("typed objects and maps with string keys are always JSON")
}

fn wrapped_base64(bytes: &ByteString) -> String {
    const LINE: usize = 70;
    let quoted = json(bytes);
    let plain = quoted.trim_matches('"');
    if plain.len() < LINE {
        return plain.into();
    }
    let mut wrapped = String::with_capacity(plain.len() + plain.len() / LINE + 1);
    let mut rest = plain;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(LINE.min(rest.len()));
        wrapped.push_str(line);
        wrapped.push('\n');
        rest = after;
    }
    wrapped
}

/// These characters have no meaning of their own in JSON, so all of them are inside strings.
fn escape_as_go(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                write!(escaped, "\\u{:04x}", u32::from(character)).expect("a String takes everything");
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Whether a text can be such a suffix.
#[must_use]
pub fn is_suffix(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|it| DIGITS.contains(&it))
}

fn spell(digest: &[u8]) -> String {
    let mut suffix = String::with_capacity(10);
    for byte in &digest[..5] {
        for digit in [byte >> 4, byte & 0xf] {
            suffix.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
    suffix
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str) -> String {
        config_map_suffix(&[("key".to_owned(), text.to_owned())].into(), &BTreeMap::new())
    }

    fn of_bytes(bytes: Vec<u8>) -> String {
        config_map_suffix(&BTreeMap::new(), &[("key".to_owned(), ByteString(bytes))].into())
    }

    /// Recorded from `kubectl kustomize` (Kustomize 5.5.0, built with Go 1.23).
    #[test]
    fn agrees_with_what_kustomize_said() {
        let long_line = "x ".repeat(500);
        let vectors = [
            ("a=b\n", "4m6fb2kk76"),
            ("<a href=\"x\">&amp;'</a>\n", "bg98bk429f"),
            ("é ü 漢 🎉\n", "m9gc64h76t"),
            ("a\u{2028}b\u{2029}c\n", "68cbhgdd99"),
            ("a\\b\\n\\u003c\n", "42467fc7m2"),
            ("x\n\n\n", "d7m7db946c"),
            ("x", "g8mb64b487"),
            ("a\r\nb\r\n", "c5t72k727t"),
            ("a\rb", "gg26244cbt"),
            ("", "t8kbh6hk2f"),
            ("\n\nfoo\n", "446gb7k699"),
            ("   indented\nfoo\n", "gm72m5957b"),
            ("a  \nb\n", "dhtb576h2d"),
            ("a\u{c}b", "bm79cdmkft"),
            ("\u{8}", "8gf7h7g584"),
            ("a\u{7}b", "2mf6529t87"),
            ("a\0b", "8g69bf4fh9"),
            ("a\u{1}b", "g4gkg859dd"),
            ("\u{1b}[0m", "f6c55g7fh9"),
            ("a\u{85}b", "bk467t5h79"),
            ("\u{feff}hi\n", "t92557697d"),
            ("\u{fffd}", "9cm268h6h8"),
            ("yes", "55fgckgddh"),
            ("1_000", "7c2bkm7k5d"),
            ("null", "fk6hht7mch"),
            ("# c\nkey: v\n", "d4fbkdd5b8"),
            (long_line.as_str(), "h72746kk7m"),
        ];
        for (text, suffix) in vectors {
            assert_eq!(of_text(text), suffix, "{text:?}");
        }
    }

    #[test]
    fn agrees_on_binary_and_on_nothing() {
        assert_eq!(of_bytes(b"\xff\xfe\0abc".to_vec()), "bmm7tfhth6");
        assert_eq!(of_bytes((0..=255).collect()), "t8k9m4kkg5");
        assert_eq!(config_map_suffix(&BTreeMap::new(), &BTreeMap::new()), "6ct58987ht");
    }
}
