//! Container image references.

use std::fmt;
use std::sync::Arc;

use super::text_type;
use crate::model::codes;

/// An image reference, as written and taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    text: Arc<str>,
    repository_end: usize,
}

/// What fixes the content of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pin<'a> {
    /// Nothing: the registry's `latest`.
    None,
    /// A tag, which can move.
    Tag(&'a str),
    /// A digest, which cannot.
    Digest(&'a str),
}

impl Image {
    /// The reference as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Registry and repository, without tag and digest.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.text[..self.repository_end]
    }

    /// What fixes the content.
    #[must_use]
    pub fn pin(&self) -> Pin<'_> {
        let rest = &self.text[self.repository_end..];
        if let Some((_, digest)) = rest.split_once('@') {
            return Pin::Digest(digest);
        }
        rest.strip_prefix(':').map_or(Pin::None, Pin::Tag)
    }

    /// The tag, if any, even beside a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        let rest = &self.text[self.repository_end..];
        rest.split('@').next().and_then(|it| it.strip_prefix(':'))
    }

    /// The reference of a text, by the grammar of `distribution/reference`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let why = |what: &str| format!("`{text}` is no image reference: {what}");
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let last_slash = name.rfind('/').map_or(0, |it| it + 1);
        let tag_at = name[last_slash..].find(':').map(|it| last_slash + it);
        let repository = &name[..tag_at.unwrap_or(name.len())];
        if let Some(tag) = tag_at.map(|it| &name[it + 1..]) {
            let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
            if tag.is_empty() || tag.len() > 128 || !tag.chars().all(inner) || tag.starts_with(['.', '-']) {
                return Err(why("the tag is malformed"));
            }
        }
        if let Some(digest) = digest {
            let hex = digest.strip_prefix("sha256:").unwrap_or("");
            if hex.len() != 64 || !hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
                return Err(why("a digest is `sha256:` and 64 hexadecimal digits"));
            }
        }
        if repository.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(why("capital letters in the repository"));
        }
        let step = |it: &str| {
            it.starts_with(|c: char| c.is_ascii_alphanumeric())
                && it.ends_with(|c: char| c.is_ascii_alphanumeric())
                && it.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        let mut steps = repository.split('/');
        let first = steps.next().unwrap_or("");
        let host = first.split_once(':').map_or(first, |(host, _)| host);
        if repository.is_empty() || !step(host) || !steps.all(step) {
            return Err(why("the repository is malformed"));
        }
        Ok(Self { repository_end: repository.len(), text: text.into() })
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_type!(
    /// A container image, pinned by tag or digest.
    Image, &codes::BAD_IMAGE, "an image reference", "^[a-z0-9]([a-z0-9._:/-]*)(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$", Image::parse
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_references_apart() {
        let image = Image::parse("localhost:5000/a/b:1.0").unwrap();
        assert_eq!((image.repository(), image.pin()), ("localhost:5000/a/b", Pin::Tag("1.0")));
        assert_eq!(Image::parse("nginx").unwrap().pin(), Pin::None);
        let digest = format!("nginx:1@sha256:{}", "0".repeat(64));
        let image = Image::parse(&digest).unwrap();
        assert!(matches!(image.pin(), Pin::Digest(_)));
        assert_eq!(image.tag(), Some("1"));
    }

    #[test]
    fn refuses_what_no_registry_resolves() {
        for bad in ["", "ghcr.io/Acme/iam:1", "a b", "nginx:", "nginx@sha256:12", "nginx:-x", "/a", "a//b"] {
            assert!(Image::parse(bad).is_err(), "{bad}");
        }
    }
}
