//! Addresses of resources, as `url.ParseRequestURI` of Go reads them: absolute, or a path.

use std::any::Any;

use cel::common::types::{CelBool, CelString, STRING_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env};

use super::functions::{refused, text};

/// One.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    scheme: String,
    name: String,
    port: String,
    /// What it is written with, all of it.
    whole: String,
}

/// Adds `isURL`, `url` and what is asked of one.
pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload("isURL", "is_url", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(CelBool::from(Url::parse(text(&args, 0)).is_some())))
    })?;
    env.add_overload("url", "string_to_url", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(Url::parse(text(&args, 0)).ok_or_else(|| refused("url"))?))
    })?;
    let of = || Url::cel_type().to_owned();
    env.add_member_overload("getScheme", "url_get_scheme", of(), vec![], |args| {
        part(&args, |it| it.scheme.clone())
    })?;
    env.add_member_overload("getHost", "url_get_host", of(), vec![], |args| {
        part(
            &args,
            |it| if it.port.is_empty() { it.name.clone() } else { format!("{}:{}", it.name, it.port) },
        )
    })?;
    env.add_member_overload("getHostname", "url_get_hostname", of(), vec![], |args| {
        part(&args, |it| it.name.trim_start_matches('[').trim_end_matches(']').to_owned())
    })?;
    env.add_member_overload("getPort", "url_get_port", of(), vec![], |args| part(&args, |it| it.port.clone()))
}

fn part<'b, 'v>(
    args: &[CowVal<'_, '_>],
    of: impl FnOnce(&Url) -> String,
) -> Result<CowVal<'b, 'v>, cel::ExecutionError> {
    let url = args.first().and_then(|it| it.downcast_ref::<Url>()).ok_or_else(|| refused("url"))?;
    Ok(CowVal::owned(CelString::from(of(url))))
}

impl Url {
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.bytes().any(|it| it.is_ascii_control()) {
            return None;
        }
        let (scheme, rest) = match text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (String::new(), text),
        };
        let mut found = Self { scheme, whole: text.to_owned(), ..Self::default() };
        if !rest.starts_with('/') {
            return (!found.scheme.is_empty()).then_some(found);
        }
        let path = match rest.strip_prefix("//").filter(|_| !found.scheme.is_empty()) {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
                let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
                let (name, port) = split_port(host)?;
                if !user.bytes().all(is_of_user) || !name.bytes().all(is_of_name) || !is_escaped(name) {
                    return None;
                }
                (found.name, found.port) = (name.to_owned(), port.to_owned());
                path
            }
            None => rest,
        };
        is_escaped(path.split('?').next().unwrap_or_default()).then_some(found)
    }
}

fn is_scheme(text: &str) -> bool {
    let other = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'-' | b'.');
    text.starts_with(|it: char| it.is_ascii_alphabetic()) && text.bytes().all(other)
}

/// A host's name and its port; none where the port is no number.
fn split_port(host: &str) -> Option<(&str, &str)> {
    let after =
        if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, port) = host.split_at(after);
    let digits = if port.is_empty() { port } else { port.strip_prefix(':')? };
    digits.bytes().all(|it| it.is_ascii_digit()).then_some((name, digits))
}

/// Whether Go takes the byte in what stands before a host.
fn is_of_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte)
}

/// Whether Go takes the byte in a host's name.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"-_.~!$&'()*+,;=:[]<>\"%".contains(&byte)
}

/// Whether each `%` begins a byte in two digits.
fn is_escaped(text: &str) -> bool {
    let digits = |it: &str| it.as_bytes().get(..2).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit));
    text.split('%').skip(1).all(digits)
}

impl Val for Url {
    fn get_type(&self) -> &Type {
        <Self as Val>::cel_type()
    }

    fn cel_type() -> &'static Type {
        static TYPE: std::sync::LazyLock<Type> =
            std::sync::LazyLock::new(|| Type::new_unspecified_type("kubernetes.URL"));
        &TYPE
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|it| it.whole == self.whole)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Url {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_what_go_reads() {
        for good in [
            "https://example.com:80/a?b=c",
            "/a/b",
            "http://[::1]:8080",
            "mailto:a",
            "oci://ghcr.io/a/b",
            "https://u:p@h",
        ] {
            assert!(Url::parse(good).is_some(), "{good}");
        }
        for wrong in [
            "",
            "example.com/a",
            "http://a b",
            "http://a:b",
            "http://a/%zz",
            "a\nb",
            "http://#%a$#@",
            "../a",
            "://a",
        ] {
            assert!(Url::parse(wrong).is_none(), "{wrong}");
        }
        let it = Url::parse("HTTPS://u@[::1]:8080/a").unwrap();
        assert_eq!((&*it.scheme, &*it.name, &*it.port), ("https", "[::1]", "8080"));
    }
}
