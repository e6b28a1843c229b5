//! What whoever runs the project gives: secrets, by the environment.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::diag::Route;
use crate::model::Text;
use crate::resolve::Resolved;

/// What a value is, wherever it is used: the path in the store and the key there. Two secrets of one path are one value.
type Source = (String, String);

/// A variable of the project.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: String,
    /// What it is.
    source: Source,
    /// Who takes it.
    takers: Vec<String>,
}

/// The variables of a project, in the order in which they are first used.
#[derive(Debug)]
pub(super) struct Variables<'a> {
    resolved: &'a Resolved,
    /// The values that the stack declares for development.
    declared: BTreeMap<Source, String>,
    used: Vec<Variable>,
}

impl<'a> Variables<'a> {
    /// None used so far.
    pub(super) fn new(resolved: &'a Resolved, text: &mut dyn FnMut(&Text, &Route) -> String) -> Self {
        let mut variables = Self { resolved, declared: BTreeMap::new(), used: Vec::new() };
        for (secret, keys) in &resolved.stack.compose.secrets {
            for (key, value) in keys {
                let at = Route::of(&["compose", "secrets", secret.as_str(), key.as_str()]);
                let source = variables.source(secret.as_str(), key.as_str());
                variables.declared.insert(source, text(value, &at));
            }
        }
        variables
    }

    fn source(&self, secret: &str, key: &str) -> Source {
        let Some(found) = self.resolved.stack.secrets.get(secret) else {
            return (secret.to_owned(), key.to_owned());
        };
        let remote = found.keys.0.get(key).map_or(key, String::as_str);
        (found.path.clone().unwrap_or_else(|| secret.to_owned()), remote.to_owned())
    }

    /// What stands in the Compose file for a key of a secret; whoever starts the project without it is told.
    pub(super) fn value(&mut self, secret: &str, key: &str, taker: &str) -> String {
        let name = self.name(secret, key, taker);
        Self::given(&name)
    }

    /// The variable with a key of a secret.
    pub(super) fn name(&mut self, secret: &str, key: &str, taker: &str) -> String {
        self.take(self.source(secret, key), taker)
    }

    fn take(&mut self, source: Source, taker: &str) -> String {
        if let Some(known) = self.used.iter_mut().find(|it| it.source == source) {
            if known.takers.iter().all(|it| it != taker) {
                known.takers.push(taker.to_owned());
            }
            return known.name.clone();
        }
        let name = named(&source.0, &source.1);
        let free = |name: &String| {
            self.used.iter().all(|it| it.name != *name) && !self.resolved.versions.contains_key(name)
        };
        let further = (2..).map(|it| format!("{name}_{it}"));
        let name = std::iter::once(name.clone()).chain(further).find(free).unwrap_or_default();
        self.used.push(Variable { name: name.clone(), source, takers: vec![taker.to_owned()] });
        name
    }

    /// What stands in the Compose file for a variable that must be given.
    pub(super) fn given(name: &str) -> String {
        format!("${{{name}:?see .env.example}}")
    }

    /// What the stack declares: name and value.
    pub(super) fn declared(&self) -> IndexMap<&str, &str> {
        let used = self.used.iter();
        used.filter_map(|it| Some((it.name.as_str(), self.declared.get(&it.source)?.as_str()))).collect()
    }

    /// Whether the stack declares the value of a key of a secret.
    pub(super) fn declares(&self, secret: &str, key: &str) -> bool {
        self.declared.contains_key(&self.source(secret, key))
    }

    /// What it does not: each with what it is.
    pub(super) fn asked(&self) -> Vec<(&Variable, String)> {
        let open = self.used.iter().filter(|it| !self.declared.contains_key(&it.source));
        let said =
            |it: &Variable| format!("{}, key {}; for {}", it.source.0, it.source.1, it.takers.join(", "));
        open.map(|it| (it, said(it))).collect()
    }
}

/// What the variable of a path in a store and a key there is called, unless another has the name.
#[must_use]
pub fn named(path: &str, key: &str) -> String {
    let name = shouted(&format!("{path}_{key}"));
    // What Docker and Compose read themselves means something else.
    let reserved = ["COMPOSE_", "DOCKER_", "BUILDX_"].iter().any(|it| name.starts_with(it));
    if reserved { format!("SECRET_{name}") } else { name }
}

/// A text as the name of a variable.
fn shouted(text: &str) -> String {
    let one = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = text.chars().map(one).collect();
    let name = name.trim_matches('_').to_owned();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}
