//! The files of a folder that stackgen wrote, as they are now.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{anyhow, bail};

use super::fault::Doing;
use super::ownership;
use super::place::Place;
use super::tree::{Kind, Tree, read_file};

/// Reads the texts of the files that the ownership file of `root` (`DIR/ENV`) lists, by path, hand edits and all. Those that
/// are gone are left out. None where there is no ownership file: stackgen did not write the folder.
///
/// # Errors
/// When `root` is no real folder, the ownership file is malformed or of a newer format, or a file is not a regular one,
/// not text, or cannot be read.
pub fn owned(root: &Path) -> anyhow::Result<Option<BTreeMap<String, String>>> {
    let place = Place::new(root)?;
    let tree = Tree::read(&place.root)?;
    let Some(owned) = ownership::read(&place, &tree)? else { return Ok(None) };
    let mut texts = BTreeMap::new();
    for path in owned.into_keys() {
        let whole = place.root.join(&path);
        match tree.kind(&path) {
            None => continue,
            Some(Kind::File) => {}
            Some(_) => bail!("{} is not a regular file", whole.display()),
        }
        let bytes = match read_file(&whole) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            read => read.doing("read", &whole)?,
        };
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("{} is not text", whole.display()))?;
        texts.insert(path, text);
    }
    Ok(Some(texts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Bundle, File};
    use crate::sync::{Options, apply, plan};

    #[test]
    fn only_what_was_written_is_read_and_as_it_is_now() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("prod");
        assert_eq!(owned(&root).unwrap(), None);
        let mut bundle = Bundle::default();
        for path in ["a.yaml", "b/c.yaml", "gone.yaml"] {
            bundle.insert(path, File { text: "x: 1\n".to_owned(), ..File::default() });
        }
        let plan = plan(&root, &bundle).unwrap();
        apply(&root, &bundle, &plan, Options { force: false, generator: "0" }).unwrap();
        std::fs::write(root.join("a.yaml"), "x: 2\n").unwrap();
        std::fs::write(root.join("mine.yaml"), "x: 3\n").unwrap();
        std::fs::remove_file(root.join("gone.yaml")).unwrap();
        let expected = [("a.yaml", "x: 2\n"), ("b/c.yaml", "x: 1\n")];
        let expected = expected.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert_eq!(owned(&root).unwrap(), Some(expected.into()));
    }
}
