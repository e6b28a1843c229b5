//! Symbolic places: the path of a value in the composed document.

use std::borrow::Cow;
use std::fmt;

/// Which half of a map entry is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
}

/// A path such as `/stateful/bus/replicas`: keys and list indices, each written as in RFC 6901.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route(String);

impl Route {
    /// The document itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// A route from its steps.
    #[must_use]
    pub fn of(steps: &[&str]) -> Self {
        let mut text = String::with_capacity(steps.iter().map(|it| it.len() + 1).sum());
        for step in steps {
            push(&mut text, step);
        }
        Self(text)
    }

    /// The route one step down.
    #[must_use]
    pub fn join(&self, step: &str) -> Self {
        let mut text = String::with_capacity(self.0.len() + step.len() + 1);
        text.push_str(&self.0);
        push(&mut text, step);
        Self(text)
    }

    /// The route one list item down.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.join(&index.to_string())
    }

    /// The steps from the root.
    pub fn steps(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.split('/').skip(1).map(|step| {
            if step.contains('~') { step.replace("~1", "/").replace("~0", "~").into() } else { step.into() }
        })
    }

    /// As RFC 6901 text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

fn push(text: &mut String, step: &str) {
    text.push('/');
    if !step.bytes().any(|it| matches!(it, b'~' | b'/')) {
        return text.push_str(step);
    }
    for c in step.chars() {
        match c {
            '~' => text.push_str("~0"),
            '/' => text.push_str("~1"),
            c => text.push(c),
        }
    }
}
