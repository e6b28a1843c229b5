//! Where the stacks are.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

/// The name of a stack's entry file.
pub(super) const ENTRY: &str = "stack.yaml";
/// The folder that holds several stacks.
pub(super) const FOLDER: &str = "stacks";

/// Stack files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Discovery {
    /// Their paths.
    pub files: Vec<PathBuf>,
    /// Whether they are in `stacks/`, so that output is kept apart by stack, however many there are today.
    pub several: bool,
}

/// Finds the stack files as seen from `here`, as [`find`] does.
///
/// # Errors
/// Those of [`find`], and when there is none.
pub(super) fn discover(here: &Path, file: Option<&Path>) -> anyhow::Result<Discovery> {
    find(here, file)?.ok_or_else(|| nothing(file))
}

/// That there is no stack file.
pub(super) fn nothing(file: Option<&Path>) -> anyhow::Error {
    match file {
        Some(file) => anyhow!("cannot read {}: there is no such file", file.display()),
        None => anyhow!(
            "there is no `{ENTRY}` here or in a parent folder, and no `{FOLDER}/*/{ENTRY}`; `stackgen init` writes one, `-f FILE` names one"
        ),
    }
}

/// Finds the stack files as seen from `here`: `file`, else `stack.yaml` here or in a parent folder, else every
/// `stacks/*/stack.yaml` here or in a parent folder. No folder above that of a Git repository is looked at.
///
/// # Errors
/// When `file` is no regular file, or a folder cannot be read.
pub(super) fn find(here: &Path, file: Option<&Path>) -> anyhow::Result<Option<Discovery>> {
    if let Some(file) = file {
        return given(file);
    }
    let folders = upwards(here)?;
    let entries = folders.iter().map(|it| it.join(ENTRY));
    if let Some(file) = entries.into_iter().find(|it| it.exists()) {
        return Ok(Some(Discovery { files: vec![file], several: false }));
    }
    for folder in folders {
        let files = below(&folder.join(FOLDER))?;
        if !files.is_empty() {
            return Ok(Some(Discovery { files, several: true }));
        }
    }
    Ok(None)
}

fn given(file: &Path) -> anyhow::Result<Option<Discovery>> {
    let shown = file.display();
    let found = match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.with_context(|| format!("cannot read {shown}"))?,
    };
    if found.is_dir() {
        bail!(
            "cannot read {shown}: it is a folder; name the file in it: `-f {}`",
            file.join(ENTRY).display()
        );
    }
    if !found.is_file() {
        bail!("cannot read {shown}: it is not a regular file");
    }
    Ok(Some(Discovery { files: vec![file.to_path_buf()], several: false }))
}

/// `here` and its parents, up to the root of the repository, relative to `here` so that reports stay short.
pub(super) fn upwards(here: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let real = here.canonicalize().context("cannot find the current folder")?;
    let mut shown = if here == Path::new(".") { PathBuf::new() } else { here.to_path_buf() };
    let mut folders = Vec::new();
    for folder in real.ancestors() {
        folders.push(shown.clone());
        if folder.join(".git").exists() {
            break;
        }
        shown.push("..");
    }
    Ok(folders)
}

fn below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let reading = || format!("cannot read {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(reading)? {
        let file = entry.with_context(reading)?.path().join(ENTRY);
        if file.exists() {
            files.push(file);
        }
    }
    files.sort_unstable();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_stack_wins_and_the_repository_is_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for folder in ["repo/.git", "repo/deep/er", "repo/stacks/b", "repo/stacks/a", "repo/stacks/none"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("stack.yaml"), "").unwrap();
        assert!(discover(&at("repo/deep/er"), None).is_err());

        fs::write(at("repo/stacks/b/stack.yaml"), "").unwrap();
        fs::write(at("repo/stacks/a/stack.yaml"), "").unwrap();
        let found = discover(&at("repo/deep"), None).unwrap();
        let files = ["a", "b"].map(|it| at(&format!("repo/deep/../stacks/{it}/stack.yaml")));
        assert_eq!(found, Discovery { files: files.to_vec(), several: true });

        fs::write(at("repo/stack.yaml"), "").unwrap();
        let found = discover(&at("repo/deep/er"), None).unwrap();
        let file = at("repo/deep/er/../../stack.yaml");
        assert_eq!(found, Discovery { files: vec![file], several: false });
    }
}
