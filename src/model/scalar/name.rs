//! Names: what may stand in `metadata.name`, an environment, a label, a path.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::text_type;
use crate::model::codes;
use crate::model::decode::Key;

macro_rules! newtype {
    ($(#[doc = $doc:literal])* $name:ident, $code:expr, $expected:literal, $pattern:literal, $parse:expr) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The value of a text.
            ///
            /// # Errors
            /// What is wrong with the text.
            pub fn parse(text: &str) -> Result<Self, String> {
                $parse(text).map(|()| Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Key for $name {
            fn key(text: &str) -> Result<Self, String> {
                Self::parse(text)
            }

            fn shared(text: &Arc<str>) -> Result<Self, String> {
                $parse(text).map(|()| Self(Arc::clone(text)))
            }
        }

        text_type!($(#[doc = $doc])* $name, $code, $expected, $pattern, $name::shared);
    };
}

newtype!(
    /// A DNS label: lower-case letters, digits and `-`, at most 63 (RFC 1123; Kubernetes object names).
    Name, &codes::BAD_NAME, "a name", "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", dns_label
);
newtype!(
    /// The name of an environment variable as Kubernetes allows it.
    EnvName, &codes::BAD_NAME, "a variable's name", "^[-._a-zA-Z][-._a-zA-Z0-9]*$", env_name
);
newtype!(
    /// A label or annotation key: an optional DNS prefix, `/`, and a name of at most 63 characters.
    LabelKey, &codes::BAD_NAME, "a label key", "^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", label_key
);
newtype!(
    /// A key of a ConfigMap or Secret.
    FileKey, &codes::BAD_NAME, "a key", "^[-._a-zA-Z0-9]{1,253}$", file_key
);
newtype!(
    /// A host as certificates and routes name it: DNS labels, the first of which may be `*`.
    HostName, &codes::BAD_NAME, "a host", r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$", host_name
);
newtype!(
    /// A server: its name or its address.
    ServerAddress, &codes::BAD_NAME, "a server", "^[A-Za-z0-9]([-A-Za-z0-9.:]*[A-Za-z0-9])?$", server_address
);
newtype!(
    /// An absolute path: in a container, or on a file server.
    AbsolutePath, &codes::BAD_NAME, "an absolute path", "^/[^:]*$", absolute_path
);
newtype!(
    /// A path or pattern in the stack's folder.
    RelativePath, &codes::BAD_NAME, "a path in the stack's folder", "^[^/].*$", relative_path
);
newtype!(
    /// A path or pattern in a repository, from its root.
    RepoPath, &codes::BAD_NAME, "a path in the repository", r"^[^/\s][^\s]*$", repo_path
);
newtype!(
    /// The URL of a git repository: `https://`, `ssh://`, or `user@host:path`.
    GitUrl, &codes::BAD_NAME, "a git repository's URL", r"^(https://|ssh://|[A-Za-z0-9._-]+@)[^\s]+$", git_url
);
newtype!(
    /// A URL of the scheme `https`.
    HttpsUrl, &codes::BAD_NAME, "an https URL", r"^https://[^\s/]+", https_url
);

fn dns_label(text: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.len() > 63 {
        return Err(format!("the name has {} characters; Kubernetes allows 63", text.len()));
    }
    if text.is_empty() || !text.chars().all(inner) || text.starts_with('-') || text.ends_with('-') {
        return Err(format!(
            "`{text}` is no name: lower-case letters, digits and `-`, beginning and ending with a letter or digit"
        ));
    }
    Ok(())
}

fn host_name(text: &str) -> Result<(), String> {
    let labels = text.strip_prefix("*.").unwrap_or(text);
    if text.len() > 253 || !labels.contains('.') || labels.split('.').any(|it| dns_label(it).is_err()) {
        return Err(format!(
            "`{text}` is no host: lower-case DNS labels such as `api.example.com` or `*.example.com`"
        ));
    }
    Ok(())
}

fn server_address(text: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
    let end = |c: char| c.is_ascii_alphanumeric();
    if text.len() > 253 || !text.chars().all(inner) || !text.starts_with(end) || !text.ends_with(end) {
        return Err(format!("`{text}` is no server: a host name or an address, without a path or a port"));
    }
    Ok(())
}

fn env_name(text: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(inner) || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!(
            "`{text}` is no variable's name: letters, digits, `_`, `-` and `.`, not beginning with a digit"
        ));
    }
    Ok(())
}

fn label_key(text: &str) -> Result<(), String> {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let ends = |it: &str| {
        it.starts_with(|c: char| c.is_ascii_alphanumeric())
            && it.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    let good_name = name.len() <= 63
        && ends(name)
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let good_prefix = prefix.is_none_or(|it| {
        it.len() <= 253
            && ends(it)
            && it.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
    });
    if good_name && good_prefix { Ok(()) } else { Err(format!("`{text}` is no label key")) }
}

fn file_key(text: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 253 || !text.chars().all(inner) || text == "." || text == ".." {
        return Err(format!(
            "`{text}` is no key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`"
        ));
    }
    Ok(())
}

fn absolute_path(text: &str) -> Result<(), String> {
    if !text.starts_with('/') {
        return Err(format!("`{text}` is no absolute path: it begins with `/`"));
    }
    if text.contains(':') || text.split('/').any(|it| it == "..") {
        return Err(format!("`{text}` is no absolute path without `:` and `..`"));
    }
    Ok(())
}

fn relative_path(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("an empty path".to_owned()) } else { Ok(()) }
}

fn repo_path(text: &str) -> Result<(), String> {
    if text.is_empty()
        || text.starts_with('/')
        || text.split('/').any(|it| it == "..")
        || text.contains(char::is_whitespace)
    {
        return Err(format!(
            "`{text}` is no path from the root of the repository: no leading `/`, no `..`, no blanks"
        ));
    }
    Ok(())
}

fn git_url(text: &str) -> Result<(), String> {
    let rest = |scheme: &str| text.strip_prefix(scheme);
    let host = match (rest("https://"), rest("ssh://")) {
        (Some(rest), _) => rest,
        (None, Some(rest)) => rest.rsplit_once('@').map_or(rest, |(_, host)| host),
        (None, None) => text.split_once('@').filter(|(_, it)| it.contains(':')).map_or("", |(_, host)| host),
    };
    if https_host(text).is_some_and(|it| it.contains('@')) {
        return Err("a repository's URL holds no credentials".to_owned());
    }
    if host.is_empty() || host.starts_with(['/', ':']) || text.contains(char::is_whitespace) {
        return Err(format!(
            "`{text}` is no URL of a git repository: `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`"
        ));
    }
    Ok(())
}

fn https_url(text: &str) -> Result<(), String> {
    match https_host(text) {
        Some(host) if !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace) => {
            Ok(())
        }
        _ => Err(format!("`{text}` is no URL such as `https://host:6443`")),
    }
}

fn https_host(text: &str) -> Option<&str> {
    text.strip_prefix("https://")?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_labels() {
        assert!(Name::parse("data-layer").is_ok());
        assert!(Name::parse(&"a".repeat(63)).is_ok());
        for bad in ["", "A", "a_b", "-a", "a-", "a.b", &"a".repeat(64)] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn label_keys_may_have_a_prefix() {
        assert!(LabelKey::parse("app.kubernetes.io/name").is_ok());
        assert!(LabelKey::parse("node-type").is_ok());
        assert!(LabelKey::parse("a/b/c").is_err());
        assert!(LabelKey::parse("/x").is_err());
    }

    #[test]
    fn paths_stay_in_the_repository() {
        for good in [".", "out/prod", "proto/**"] {
            assert!(RepoPath::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "/out", "../out", "out/../..", "a b"] {
            assert!(RepoPath::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn repositories_have_a_host_and_no_password() {
        for good in
            ["https://github.com/acme/deploy", "ssh://git@host/x.git", "git@github.com:acme/deploy.git"]
        {
            assert!(GitUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "github.com/acme",
            "https://",
            "https:///x",
            "https://me:pass@host/x",
            "git@host",
            "http://h/x",
            "https://h/a b",
        ] {
            assert!(GitUrl::parse(bad).is_err(), "{bad}");
        }
        assert!(HttpsUrl::parse("https://10.0.0.1:6443").is_ok());
        assert!(HttpsUrl::parse("https://").is_err() && HttpsUrl::parse("10.0.0.1").is_err());
    }
}
