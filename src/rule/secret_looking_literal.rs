//! Credentials written into the stack.

use super::{Check, Facts, Rule, contents, texts, variables};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::model::Text;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG403",
    name: "secret-looking-literal",
    severity: Error,
    docs: "\
## What it finds
A literal that looks like a credential: a value under a name such as `DB_PASSWORD` or `API_KEY`, a well-known token (`AKIA…`, `ghp_…`, `xoxb-…`), a private key, or a URL with a password.

## Why it matters
The stack is in version control, and what it renders to is in more places than that. Whoever reads either has the credential, for ever.

## Example
```yaml
services: { web: { env: { DB_PASSWORD: hunter2 } } }
```

## What to do
Take it from a secret: `{ secret: NAME, key: KEY }`; in a URL, `$(VARIABLE)` takes the value of another variable. Then change the credential: it was published.
",
};

/// Words that make a name a credential's.
const SECRET_WORDS: [&str; 11] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
];
/// Words before `KEY` that make it a secret one.
const SECRET_KEYS: [&str; 8] =
    ["API", "PRIVATE", "SECRET", "ACCESS", "SIGNING", "ENCRYPTION", "MASTER", "AUTH"];
/// Last words that make a name one of something beside the credential.
const HARMLESS: [&str; 31] = [
    "FILE",
    "PATH",
    "DIR",
    "NAME",
    "URL",
    "URI",
    "HOST",
    "ENDPOINT",
    "TTL",
    "EXPIRY",
    "LIFETIME",
    "TIMEOUT",
    "LENGTH",
    "SIZE",
    "COUNT",
    "POLICY",
    "TYPE",
    "ISSUER",
    "AUDIENCE",
    "HEADER",
    "ALGORITHM",
    "ENABLED",
    "REQUIRED",
    "ID",
    "USER",
    "MODE",
    "REF",
    "MOUNT",
    "ROLE",
    "PREFIX",
    "METHOD",
];
/// How well-known credentials begin, and how long they are at least.
const PREFIXES: [(&str, usize); 13] = [
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 15),
    ("xoxp-", 15),
    ("xoxa-", 15),
    ("sk_live_", 20),
    ("hvs.", 20),
    ("AIza", 39),
];

/// No text of fewer bytes is looked into: `a://:b@c`.
const SHORTEST: usize = 8;

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for container in facts.resolved.components.values().flat_map(|it| facts.resolved.containers(it)) {
        variables(&container, |name, text, at| one(Some(name), text, at, sink));
        texts(&container, |text, at| one(None, text, at, sink));
        contents(&container, |text, at| one(None, text, at, sink));
    }
    for (name, config) in &facts.resolved.stack.configs {
        let at = Route::of(&["configs", name.as_str(), "data"]);
        for (key, text) in &config.data {
            one(Some(key.as_str()), text, &|| at.join(key.as_str()), sink);
        }
    }
    // Drivers take credentials from Secrets, whose names and namespaces are parameters: keys say nothing here.
    for (name, class) in &facts.resolved.stack.storage_classes {
        let at = Route::of(&["storageClasses", name.as_str(), "parameters"]);
        for (key, text) in &class.parameters {
            one(None, text, &|| at.join(key), sink);
        }
    }
}

fn one(name: Option<&str>, text: &Text, at: &dyn Fn() -> Route, sink: &mut Sink) {
    let named = name.filter(|it| is_secret(it) && text.as_literal().is_some_and(is_value));
    let message = match (named, by_itself(text.raw())) {
        (_, Some(what)) => format!("the stack holds {what}"),
        (Some(name), None) => format!("`{name}` is a credential's name, and its value is written here"),
        (None, None) => return,
    };
    sink.push(
        Diagnostic::at_value(&CODE, &at(), message)
            .note("who reads the repository, or what is rendered from it, has the credential")
            .help("take it from a secret, `{ secret: NAME, key: KEY }`, and change the credential"),
    );
}

fn is_secret(name: &str) -> bool {
    let words = || name.split(['_', '-', '.']).filter(|it| !it.is_empty());
    let among = |list: &[&str], word: &str| list.iter().any(|it| it.eq_ignore_ascii_case(word));
    let mut pairs = words().zip(words().skip(1));
    let secret = words().any(|it| among(&SECRET_WORDS, it))
        || pairs.any(|(one, two)| two.eq_ignore_ascii_case("KEY") && among(&SECRET_KEYS, one));
    secret
        && !words().next_back().is_some_and(|it| among(&HARMLESS, it))
        && !words().any(|it| it.eq_ignore_ascii_case("PUBLIC"))
}

/// Whether a text under a credential's name can be the credential itself.
fn is_value(text: &str) -> bool {
    let text = text.trim();
    let word =
        ["", "true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled", "required"];
    !word.contains(&text.to_ascii_lowercase().as_str())
        && text.parse::<f64>().is_err()
        && crate::model::Duration::parse(text).is_err()
        && !text.starts_with('/')
        && !text.starts_with("./")
        && !text.contains("$(")
        && !text.contains("://")
}

/// What a text holds that is a credential under any name.
fn by_itself(text: &str) -> Option<&'static str> {
    // Shorter than any prefix with its token, and than a URL with a password.
    if text.len() < SHORTEST {
        return None;
    }
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let mut words = text.as_bytes().split(|c| !c.is_ascii_alphanumeric() && !matches!(c, b'_' | b'-' | b'.'));
    if words.any(|it| {
        PREFIXES.iter().any(|(prefix, length)| it.len() >= *length && it.starts_with(prefix.as_bytes()))
    }) {
        return Some("what looks like an access token");
    }
    text.split("://").skip(1).any(has_password).then_some("a URL with a password")
}

/// Whether what follows `://` has a password before its host that is written out.
fn has_password(rest: &str) -> bool {
    let end = rest.find(['/', '?', '#', ' ', '"', '\'', '\n', ',']).unwrap_or(rest.len());
    let Some((user, _)) = rest[..end].rsplit_once('@') else { return false };
    user.split_once(':').is_some_and(|(_, it)| !it.is_empty() && !it.contains("$(") && !it.contains("${"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials() {
        for name in ["DB_PASSWORD", "api-key", "GITHUB_TOKEN", "tls.private.key", "CLIENT_SECRET"] {
            assert!(is_secret(name), "{name}");
        }
        for name in
            ["PASSWORD_FILE", "SECRET_NAME", "TOKEN_URL", "JWT_PUBLIC_KEY", "KEY", "TOKEN_TTL", "COMPASS"]
        {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_that_speak_for_themselves() {
        assert!(by_itself("postgres://app:hunter2@db/app").is_some());
        assert!(by_itself("-----BEGIN RSA PRIVATE KEY-----\nabc").is_some());
        assert!(by_itself("AKIAIOSFODNN7EXAMPLE").is_some());
        for text in [
            "redis://:$(PASSWORD)@cache:6379",
            "https://example.com/a@b:c",
            "https://me@host",
            "AKIA",
            "xoxo",
        ] {
            assert!(by_itself(text).is_none(), "{text}");
        }
    }
}
