//! Names under which people keep credentials.

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

/// Whether a variable, a key or a setting of this name holds a credential.
#[must_use]
pub fn is_name_of_credential(name: &str) -> bool {
    let words = || name.split(['_', '-', '.']).filter(|it| !it.is_empty());
    let among = |list: &[&str], word: &str| list.iter().any(|it| it.eq_ignore_ascii_case(word));
    let mut pairs = words().zip(words().skip(1));
    let secret = words().any(|it| among(&SECRET_WORDS, it))
        || pairs.any(|(one, two)| two.eq_ignore_ascii_case("KEY") && among(&SECRET_KEYS, one));
    secret
        && !words().next_back().is_some_and(|it| among(&HARMLESS, it))
        && !words().any(|it| it.eq_ignore_ascii_case("PUBLIC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials() {
        for name in ["DB_PASSWORD", "api-key", "GITHUB_TOKEN", "tls.private.key", "CLIENT_SECRET"] {
            assert!(is_name_of_credential(name), "{name}");
        }
        for name in
            ["PASSWORD_FILE", "SECRET_NAME", "TOKEN_URL", "JWT_PUBLIC_KEY", "KEY", "TOKEN_TTL", "COMPASS"]
        {
            assert!(!is_name_of_credential(name), "{name}");
        }
    }
}
