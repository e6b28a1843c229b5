//! Which revision of a repository something is made from.

use std::path::Path;

use super::{Failed, Repository};

/// A revision of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where the repository comes from, without credentials; none where it has no `origin`.
    pub repository: Option<String>,
    /// The commit.
    pub revision: String,
    /// Whether there was more below the folders in question than the commit has.
    pub dirty: bool,
}

impl Source {
    /// The revision that folders are of; none where they are in no repository, or in one without a commit.
    ///
    /// # Errors
    /// When there is no git, or it fails.
    pub fn of(folders: &[&Path]) -> Result<Option<Self>, Failed> {
        let Some(first) = folders.first() else { return Ok(None) };
        let repository = match Repository::open(first) {
            Ok(it) => it,
            Err(error) if error.code.is_some() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(revision) = repository.tip("HEAD")? else { return Ok(None) };
        let mut args = vec!["--literal-pathspecs", "status", "--porcelain", "--untracked-files=normal", "--"];
        let real: Vec<String> = folders
            .iter()
            .filter_map(|it| if it.as_os_str().is_empty() { Path::new(".") } else { it }.canonicalize().ok())
            .map(|it| it.to_string_lossy().into_owned())
            .collect();
        args.extend(real.iter().map(String::as_str));
        let dirty = !repository.bytes(&args)?.is_empty();
        // As configured: what `insteadOf` puts in its place may hold a token.
        let url = repository.maybe(&["config", "--get", "remote.origin.url"], 1)?;
        Ok(Some(Self { repository: url.as_deref().map(public), revision, dirty }))
    }
}

/// A text without what lets somebody in at the URLs in it.
pub(super) fn public(text: &str) -> String {
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| it.is_whitespace() || "/'\"`".contains(it)).unwrap_or(part.len());
        let (authority, rest) = part.split_at(end);
        let authority = match authority.rsplit_once('@') {
            // There, the user is a part of the address.
            Some((user, host)) if out.ends_with("ssh") => {
                format!("{}@{host}", user.split(':').next().unwrap_or_default())
            }
            Some((_, host)) => host.to_owned(),
            None => authority.to_owned(),
        };
        out = out + "://" + &authority + rest;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credential_is_repeated() {
        for (url, shown) in [
            ("https://github.com/acme/shop.git", "https://github.com/acme/shop.git"),
            ("https://x-access-token:abc@github.com/acme/shop", "https://github.com/acme/shop"),
            ("https://token@github.com/acme/shop@v1", "https://github.com/acme/shop@v1"),
            ("https://a:b@c@host", "https://host"),
            ("ssh://git:pw@host:22/x.git", "ssh://git@host:22/x.git"),
            ("git@github.com:acme/shop.git", "git@github.com:acme/shop.git"),
            ("/srv/git/shop.git", "/srv/git/shop.git"),
            ("push 'https://a:b@c' to ssh://d:e@f/g", "push 'https://c' to ssh://d@f/g"),
        ] {
            assert_eq!(public(url), shown, "{url}");
        }
    }
}
