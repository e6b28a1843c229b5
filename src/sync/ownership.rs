//! The ownership file: which files of a folder stackgen wrote, and with what content.

use std::collections::BTreeMap;
use std::fmt::Display;

use anyhow::{anyhow, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fault::Doing;
use super::path;
use super::place::Place;
use super::tree::{Kind, Tree, read_file};
use crate::bundle::Bundle;

/// The name of the ownership file, at the top of an environment's folder.
pub const OWNERSHIP_FILE: &str = ".stackgen.json";

/// The only format there has been so far.
const FORMAT: u64 = 1;

/// The files that stackgen owns, by path.
pub(super) type Owned = BTreeMap<String, Owning>;

/// What is known about an owned file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owning {
    /// Of the content as written, in lower-case hexadecimal.
    pub sha256: String,
    /// The object in it.
    pub object: Option<String>,
}

/// Reads the ownership file of a folder; none if there is no such file.
///
/// # Errors
/// When it is not a regular file, malformed, or of a newer format.
pub(super) fn read(place: &Place, tree: &Tree) -> anyhow::Result<Option<Owned>> {
    let path = place.root.join(OWNERSHIP_FILE);
    match tree.kind(OWNERSHIP_FILE) {
        None => return Ok(None),
        Some(Kind::File) => {}
        Some(_) => bail!("{} is not a regular file; move it away", path.display()),
    }
    let bytes = read_file(&path).doing("read", &path)?;
    match parse(&bytes) {
        Ok(owned) => Ok(Some(owned)),
        Err(error) => bail!("{} is not usable: {error}", path.display()),
    }
}

/// What the ownership file says once the bundle is written.
pub(super) fn of(bundle: &Bundle) -> Owned {
    bundle
        .iter()
        .map(|(path, file)| {
            let owning = Owning { sha256: sha256(file.text.as_bytes()), object: file.object.clone() };
            (path.to_owned(), owning)
        })
        .collect()
}

/// The text of an ownership file.
pub(super) fn print(owned: &Owned, generator: &str) -> String {
    let files = owned
        .iter()
        .map(|(path, it)| Entry { path: path.clone(), sha256: it.sha256.clone(), object: it.object.clone() })
        .collect();
    let document = Document { format: FORMAT, generator: generator.to_owned(), files };
    let mut text = serde_json::to_string_pretty(&document).expect("strings and numbers always serialise");
    text.push('\n');
    text
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u64,
    /// The version that last changed the folder.
    generator: String,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<String>,
}

/// Only the part that every format has.
#[derive(Deserialize)]
struct Envelope {
    format: u64,
    #[serde(default)]
    generator: String,
}

fn parse(bytes: &[u8]) -> anyhow::Result<Owned> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(malformed)?;
    if envelope.format > FORMAT {
        let Envelope { format, generator } = envelope;
        bail!(
            "stackgen {generator} wrote it in format {format}, newer than the {FORMAT} known here; use that version"
        );
    }
    let document: Document = serde_json::from_slice(bytes).map_err(malformed)?;
    let mut owned = Owned::new();
    for Entry { path, sha256, object } in document.files {
        if let Some(defect) = path::defect(&path) {
            return Err(malformed(format!("the path {path:?} {defect}")));
        }
        if owned.insert(path.clone(), Owning { sha256, object }).is_some() {
            return Err(malformed(format!("the path {path:?} is listed twice")));
        }
    }
    Ok(owned)
}

fn malformed(defect: impl Display) -> anyhow::Error {
    anyhow!("{defect}; restore it, or delete it to take the folder over anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_sorted_and_reads_back() {
        let owning =
            |object: Option<&str>| Owning { sha256: sha256(b"x"), object: object.map(str::to_owned) };
        let owned: Owned =
            [("b/c".to_owned(), owning(None)), ("a".to_owned(), owning(Some("v1/Service x")))].into();
        let text = print(&owned, "1.2.3");
        assert_eq!(
            text,
            r#"{
  "format": 1,
  "generator": "1.2.3",
  "files": [
    {
      "path": "a",
      "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
      "object": "v1/Service x"
    },
    {
      "path": "b/c",
      "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    }
  ]
}
"#
        );
        assert_eq!(parse(text.as_bytes()).unwrap(), owned);
    }

    #[test]
    fn says_what_is_wrong() {
        let said = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert!(said("<<<<<<< HEAD").contains("expected value at line 1"), "{}", said("<<<<<<< HEAD"));
        assert!(
            said(r#"{"format": 2, "generator": "9.0", "new": 1}"#)
                .contains("stackgen 9.0 wrote it in format 2, newer")
        );
        assert!(said(r#"{"format": 1, "generator": "", "files": [], "x": 1}"#).contains("unknown field `x`"));
        let entry = r#"{"path": "../a", "sha256": ""}"#;
        assert!(said(&format!(r#"{{"format": 1, "generator": "", "files": [{entry}]}}"#)).contains("`..`"));
        let entry = r#"{"path": "a", "sha256": ""}"#;
        let twice = format!(r#"{{"format": 1, "generator": "", "files": [{entry}, {entry}]}}"#);
        assert!(said(&twice).contains("listed twice"));
    }
}
