//! Which paths a bundle may hold.

use std::collections::BTreeSet;

use anyhow::bail;

use super::ownership::OWNERSHIP_FILE;
use crate::bundle::Bundle;

/// Refuses a bundle with a path that leaves the folder or means different things on different systems, and one
/// with a file where another file needs a folder.
pub(super) fn check_paths(bundle: &Bundle) -> anyhow::Result<()> {
    let paths: BTreeSet<&str> = bundle.iter().map(|(path, _)| path).collect();
    for path in &paths {
        if let Some(defect) = defect(path) {
            bail!("the output path {path:?} {defect}");
        }
        if let Some(file) = folders(path).find(|it| paths.contains(it)) {
            bail!("the output path {path:?} needs a folder where {file:?} is a file");
        }
    }
    Ok(())
}

/// What is wrong with a path, as a phrase that follows it; none if it may be written.
pub(super) fn defect(path: &str) -> Option<&'static str> {
    if path == OWNERSHIP_FILE {
        Some("is the ownership file's own")
    } else if path.starts_with('/') {
        Some("is not relative")
    } else if path.contains('\\') {
        Some("contains a backslash")
    } else if path.contains('\0') {
        Some("contains a NUL character")
    } else if path.split('/').any(str::is_empty) {
        Some("has an empty component")
    } else if path.split('/').any(|it| it == ".." || it == ".") {
        Some("has a component `.` or `..`")
    } else {
        None
    }
}

/// The folders above a path, the outermost first: `a`, `a/b` for `a/b/c`.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::File;

    #[test]
    fn lets_only_plain_relative_paths_through() {
        for good in ["a", "a/b.yaml", "a/.stackgen.json", "a/..b", "ü/ö"] {
            assert_eq!(defect(good), None, "{good}");
        }
        for bad in ["", "/a", "a//b", "a/", "../a", "a/../b", ".", "a/./b", "a\\b", "a\0", ".stackgen.json"] {
            assert!(defect(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn refuses_a_file_where_a_folder_is_needed() {
        let mut bundle = Bundle::default();
        for path in ["a", "a.b", "a/b"] {
            bundle.insert(path, File { text: String::new(), ..File::default() });
        }
        let error = check_paths(&bundle).unwrap_err().to_string();
        assert_eq!(error, r#"the output path "a/b" needs a folder where "a" is a file"#);
    }
}
