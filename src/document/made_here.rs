//! Secrets that the stack is asked to make, or to hold.

use std::sync::Arc;

use super::codes::SECRET_MADE_HERE;
use crate::diag::{Diagnostic, Sink, Span};
use crate::syntax::{Kind, Map, Node, Scalar};

/// Keys of a secret by which other tools take its value from the file itself.
const VALUES: [&str; 6] = ["value", "values", "data", "stringdata", "literal", "literals"];
/// Keys of a secret by which an operator is told to make it.
const SOURCES: [&str; 3] = ["sourceref", "length", "alphabet"];
/// Functions of other tools' templates that give another value each time.
const FUNCTIONS: [&str; 6] =
    ["randAlphaNum", "randAlpha", "randNumeric", "randBytes", "genPrivateKey", "uuidv4"];

/// Whether a word asks for a value to be made up: `generate`, `autoGenerate`, `random_bytes`, `generatorRef`, `uuid`.
#[must_use]
pub(crate) fn asks(word: &str) -> bool {
    let word = flat(word);
    let made = |it: &str| it.starts_with("generat") || it.starts_with("random") || it == "uuid";
    made(&word) || word.strip_prefix("auto").is_some_and(made) || word == "passwordgenerator"
}

fn flat(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

/// A value that is to be made up where the store is not known.
#[must_use]
pub(crate) fn generated(what: &str, at: Span) -> Diagnostic {
    refused(format!("{what} asks for a value to be made up"), at)
        .help("make the value once, put it into the store, and name it there: `secrets: { NAME: { from: STORE, path: …, keys: [KEY] } }`, then `{ secret: NAME, key: KEY }`")
}

fn refused(message: String, at: Span) -> Diagnostic {
    Diagnostic::at_span(&SECRET_MADE_HERE, at, message)
        .note("the tree in git is the truth: every render would make another value, and each sync would replace the one in use; nodes that started before and after could not talk to each other")
}

/// Reports secrets whose values are to be made or held here; what is reported is left so that it is read without further
/// findings.
pub(super) fn check(root: &mut Node, sink: &mut Sink) {
    let stores = root.get("stores").cloned();
    let Kind::Map(sections) = &mut root.kind else { return };
    let suspicious =
        |it: &Node| it.as_map().is_some_and(|it| it.iter().any(|(name, it)| is_suspicious(name, &it.value)));
    let Some(secrets) = sections
        .get("secrets")
        .filter(|it| it.value.as_map().is_some_and(|it| it.values().any(|it| suspicious(&it.value))))
    else {
        return;
    };
    let mut entry = secrets.clone();
    let any = stores.as_ref().and_then(Node::as_map).and_then(|it| it.keys().next()).cloned();
    if let Kind::Map(all) = &mut entry.value.kind {
        for (name, secret) in Arc::make_mut(all) {
            let by_hand = by_hand(name, &secret.value, stores.as_ref());
            if let Kind::Map(fields) = &mut secret.value.kind {
                one(name, Arc::make_mut(fields), &by_hand, any.as_ref(), sink);
            }
        }
    }
    Arc::make_mut(sections).insert("secrets".into(), entry);
}

/// Whether a field of a secret may be one that [`one`] reports.
fn is_suspicious(name: &str, value: &Node) -> bool {
    let text = |it: &Node| it.as_scalar().is_some_and(|it| asks(&it.text) || has_function(&it.text));
    match name {
        "namespace" | "object" | "dynamic" => false,
        "from" | "path" => text(value) || value.as_map().is_some(),
        "keys" => {
            let keys = value.as_map().into_iter().flat_map(Map::values);
            keys.into_iter().any(|it| it.value.as_map().is_some() || text(&it.value))
        }
        other => asks(other) || VALUES.contains(&&*flat(other)) || SOURCES.contains(&&*flat(other)),
    }
}

fn has_function(text: &str) -> bool {
    text.contains("{{") && FUNCTIONS.iter().any(|it| text.contains(it))
}

fn one(name: &str, fields: &mut Map, by_hand: &str, any: Option<&Arc<str>>, sink: &mut Sink) {
    let put = |it: Diagnostic| {
        it.help(format!(
            "put it into the store once, by hand: {by_hand}; then say where it is: `from`, `path` and `keys`"
        ))
    };
    for (field, entry) in fields.iter_mut() {
        let word = flat(field);
        let by_function = entry.value.as_scalar().is_some_and(|it| has_function(&it.text));
        if asks(field) || SOURCES.contains(&word.as_str()) || by_function {
            sink.push(put(refused(format!("the secret `{name}` is to be made up by `{field}`"), entry.key)));
        } else if VALUES.contains(&word.as_str()) {
            let message = format!("the value of the secret `{name}` is written here");
            sink.push(put(
                Diagnostic::at_span(&SECRET_MADE_HERE, entry.key, message)
                    .note("who reads the repository, or what is rendered from it, has the secret, for ever: change it, too"),
            ));
        } else if &**field == "from" {
            let asked = entry.value.as_scalar().is_some_and(|it| asks(&it.text));
            if asked || entry.value.as_map().is_some_and(|it| it.keys().any(|it| asks(it))) {
                let message = format!("the secret `{name}` is to come from what makes it up");
                sink.push(put(refused(message, entry.value.span)));
                if let Some(it) = any {
                    entry.value = stand_in(it, entry.value.span);
                }
            }
        } else if let ("keys", Kind::Map(keys)) = (&**field, &mut entry.value.kind) {
            for (key, entry) in Arc::make_mut(keys) {
                let inside = entry
                    .value
                    .as_map()
                    .and_then(|it| it.iter().find(|(it, _)| asks(it) || VALUES.contains(&flat(it).as_str())));
                let asked = entry.value.as_scalar().is_some_and(|it| has_function(&it.text));
                let Some(at) = inside.map(|(_, it)| it.key).or(asked.then_some(entry.value.span)) else {
                    continue;
                };
                sink.push(put(refused(
                    format!("the key `{key}` of the secret `{name}` is to be made up"),
                    at,
                )));
                entry.value = stand_in(key, entry.value.span);
            }
        }
    }
}

/// A name in place of what is reported.
fn stand_in(name: &Arc<str>, span: Span) -> Node {
    Node { kind: Kind::Scalar(Scalar { text: Arc::clone(name), plain: true }), span, beat: None }
}

/// How a person puts a value into the store of a secret.
fn by_hand(name: &str, secret: &Node, stores: Option<&Node>) -> String {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_scalar).map(|it| it.text.to_string());
    let key = match secret.get("keys").map(|it| &it.kind) {
        Some(Kind::Map(map)) => map.keys().next().map(ToString::to_string),
        Some(Kind::Seq(items)) => items.first().and_then(Node::as_scalar).map(|it| it.text.to_string()),
        _ => None,
    };
    let key = key.unwrap_or_else(|| "KEY".to_owned());
    let path = text(secret, "path").filter(|it| !has_function(it)).unwrap_or_else(|| "PATH".to_owned());
    let random = "\"$(openssl rand -hex 32)\"";
    let command = |it: String| format!("`{it}`");
    let existing = || command(format!("kubectl create secret generic {name} --from-literal={key}={random}"));
    let named = text(secret, "from").and_then(|it| stores?.get(&it));
    // Where the secret names none, the only store is likely the one that is meant.
    let only = stores.and_then(Node::as_map).filter(|it| it.len() == 1).and_then(|it| it.values().next());
    let store = named.or(only.map(|it| &it.value)).and_then(Node::as_map).and_then(|it| it.iter().next());
    let Some((kind, store)) = store.map(|(kind, it)| (&**kind, &it.value)) else { return existing() };
    let path = text(store, "prefix").filter(|it| !it.contains("${")).map_or(path.clone(), |it| it + &path);
    let vault = |store: &Node| {
        let mount = text(store, "mount").unwrap_or_else(|| "secret".to_owned());
        command(format!("vault kv put -mount={mount} {path} {key}={random}"))
    };
    if kind == "existing" {
        return existing();
    }
    if kind.starts_with("vault-") {
        return vault(store);
    }
    let provider = store.get("provider").and_then(Node::as_map).and_then(|it| it.iter().next());
    match provider.map(|(kind, it)| (&**kind, &it.value)) {
        Some(("vault", it)) => vault(it),
        Some(("aws", _)) => {
            command(format!("aws secretsmanager create-secret --name {path} --secret-string {random}"))
        }
        Some(("gcp", _)) => {
            command(format!("openssl rand -hex 32 | gcloud secrets create {path} --data-file=-"))
        }
        Some(("azure", _)) => {
            command(format!("az keyvault secret set --vault-name VAULT --name {path} --value {random}"))
        }
        Some(("doppler", _)) => command(format!("doppler secrets set {key}={random}")),
        _ => format!("the output of `openssl rand -hex 32`, at `{path}`"),
    }
}
