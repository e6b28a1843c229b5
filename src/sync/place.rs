//! Where an environment lives.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::fault::Doing;

/// An environment's folder, the folder that holds it, and the names used beside it.
#[derive(Debug)]
pub(super) struct Place {
    /// `DIR/ENV`
    pub root: PathBuf,
    /// `DIR`
    pub dir: PathBuf,
    /// `ENV`
    pub name: String,
}

impl Place {
    /// Takes `DIR/ENV` apart. `DIR` need not exist, but must not be anything other than a folder.
    pub(super) fn new(root: &Path) -> anyhow::Result<Self> {
        let name = root
            .file_name()
            .and_then(OsStr::to_str)
            .with_context(|| format!("{} does not name an environment's folder", root.display()))?;
        let dir = match root.parent() {
            Some(dir) if dir != Path::new("") => dir.to_path_buf(),
            _ => PathBuf::from("."),
        };
        match dir.metadata() {
            Ok(found) if found.is_dir() => {}
            Ok(_) => bail!("cannot write below {}: it is a file, not a folder", dir.display()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                let file = dir.ancestors().find(|it| it.is_file()).unwrap_or(&dir);
                bail!("cannot write below {}: it is a file, not a folder", file.display());
            }
            Err(error) => return Err(error).doing("read", &dir).map_err(Into::into),
        }
        // Joined anew: with a trailing slash the system would follow a symbolic link.
        let root = if dir == Path::new(".") { PathBuf::from(name) } else { dir.join(name) };
        Ok(Self { root, dir, name: name.to_owned() })
    }

    /// The lock that a writer holds; deleted when it is done.
    pub(super) fn lock_file(&self) -> PathBuf {
        self.dir.join(format!(".{}.stackgen.lock", self.name))
    }

    /// What the names of working folders begin with.
    pub(super) fn workspace_prefix(&self) -> String {
        format!(".{}.stackgen-", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_last_component_as_the_environment() {
        let place = Place::new(Path::new("prod/")).unwrap();
        assert_eq!((place.root.as_path(), place.dir.as_path()), (Path::new("prod"), Path::new(".")));
        let place = Place::new(Path::new("no-such-folder/prod/")).unwrap();
        assert_eq!(place.root.as_os_str(), "no-such-folder/prod");
        assert_eq!(place.lock_file(), Path::new("no-such-folder/.prod.stackgen.lock"));
        for none in ["", "/", "out/.."] {
            assert!(Place::new(Path::new(none)).is_err(), "{none}");
        }
    }
}
