//! Typed inputs of a stack: declarations, and the value each gets.

use indexmap::IndexMap;

use super::codes;
use crate::diag::{At, Diagnostic, Sink, Span, nearest};
use crate::syntax::{Node, Scalar};

/// What a parameter may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
}

impl Kind {
    /// As written in `type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
        }
    }

    fn of(text: &str) -> Option<Self> {
        [Self::String, Self::Integer, Self::Boolean].into_iter().find(|it| it.as_str() == text)
    }

    fn admits(self, text: &str) -> bool {
        match self {
            Self::String => true,
            Self::Integer => text.parse::<i64>().is_ok(),
            Self::Boolean => matches!(text, "true" | "false"),
        }
    }
}

/// A declared parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// What it may hold.
    pub kind: Kind,
    /// The value where nobody gives one.
    pub default: Option<Node>,
    /// A regular expression that the whole value must match.
    pub pattern: Option<String>,
    /// The only values allowed, if not empty.
    pub allowed: Vec<String>,
    /// For a person.
    pub description: Option<String>,
    /// Where its name stands.
    pub key: Span,
    /// The value that an environment gives, without restating the declaration.
    pub given: Option<Node>,
}

impl Parameter {
    /// Something of its kind, so that the rest of the stack can be checked although the value is missing.
    fn placeholder(&self) -> Scalar {
        let text = self.allowed.first().map_or(
            match self.kind {
                Kind::String => "missing",
                Kind::Integer => "1",
                Kind::Boolean => "true",
            },
            String::as_str,
        );
        Scalar { plain: self.kind != Kind::String, text: text.into() }
    }
}

/// The parameters of a composed stack. Fields of the wrong shape are the decoder's to report.
#[must_use]
pub fn declared(root: &Node) -> IndexMap<String, Parameter> {
    let map = root.get("parameters").and_then(Node::as_map).into_iter().flatten();
    map.map(|(name, entry)| (name.to_string(), parameter(&entry.value, entry.key))).collect()
}

fn parameter(node: &Node, key: Span) -> Parameter {
    // An environment writes `NAME: value` over the declaration, which then is the beaten layer.
    if node.as_map().is_none() {
        let mut below = node.beat.as_deref();
        while let Some(layer) = below {
            if layer.as_map().is_some() {
                return Parameter { given: Some(node.clone()), ..parameter(layer, layer.span) };
            }
            below = layer.beat.as_deref();
        }
    }
    let text = |key: &str| node.get(key).and_then(Node::as_scalar).map(|it| it.text.to_string());
    Parameter {
        kind: text("type").and_then(|it| Kind::of(&it)).unwrap_or(Kind::String),
        default: node.get("default").cloned(),
        pattern: text("pattern"),
        allowed: super::load::strings(node.get("enum")).into_iter().map(|(text, _)| text).collect(),
        description: text("description"),
        key,
        given: None,
    }
}

/// The value of each parameter: `--set` beats the environment beats the default.
pub(super) fn values(
    declared: &IndexMap<String, Parameter>,
    set: &[(String, String)],
    sink: &mut Sink,
) -> IndexMap<String, Scalar> {
    for (name, _) in set.iter().filter(|(name, _)| !declared.contains_key(name)) {
        let message = format!("`--set {name}` names no parameter of the stack");
        let found = Diagnostic::new(&codes::BAD_PARAMETER, At::Nowhere, message);
        sink.push(match nearest(name, declared.keys().map(String::as_str)) {
            Some(near) => found.help(format!("a parameter `{near}` exists")),
            None => found.help("declare it under `parameters`"),
        });
    }
    let mut values = IndexMap::new();
    for (name, parameter) in declared {
        let from_set = set.iter().rev().find(|(it, _)| it == name).map(|(_, value)| value.clone());
        let node = parameter.given.as_ref().or(parameter.default.as_ref());
        let (text, at) = match (from_set, node.and_then(|it| Some((it.as_scalar()?, it.span)))) {
            (Some(text), _) => (text, At::Nowhere),
            (None, Some((scalar, span))) => (scalar.text.to_string(), At::Span(span)),
            (None, None) => {
                sink.push(missing(name, parameter));
                // Its references are not wrong: only the value is missing, which is said.
                values.insert(name.clone(), parameter.placeholder());
                continue;
            }
        };
        if let Some(why) = misfit(parameter, &text) {
            let by = if at == At::Nowhere { "`--set` makes parameter" } else { "parameter" };
            let is = if at == At::Nowhere { "" } else { "is " };
            let message = format!("{by} `{name}` {is}`{text}`, but {why}");
            let found = Diagnostic::new(&codes::BAD_PARAMETER, at, message);
            sink.push(found.also(At::Span(parameter.key), "declared here"));
        }
        values.insert(name.clone(), Scalar { plain: parameter.kind != Kind::String, text: text.into() });
    }
    values
}

fn missing(name: &str, parameter: &Parameter) -> Diagnostic {
    let message = format!("parameter `{name}` has no value");
    let found = Diagnostic::at_span(&codes::MISSING_PARAMETER, parameter.key, message);
    let found = match &parameter.description {
        Some(it) => found.note(format!("`{name}`: {it}")),
        None => found,
    };
    found.help(format!(
        "give it with `--set {name}=VALUE`, in the environment's `parameters`, or as `default`"
    ))
}

fn misfit(parameter: &Parameter, text: &str) -> Option<String> {
    if !parameter.kind.admits(text) {
        return Some(format!("its type is {}", parameter.kind.as_str()));
    }
    if !parameter.allowed.is_empty() && !parameter.allowed.iter().any(|it| it == text) {
        let allowed = crate::diag::and_list(parameter.allowed.iter().map(String::as_str));
        return Some(format!("its `enum` allows {allowed}"));
    }
    let pattern = parameter.pattern.as_deref()?;
    match regex_lite::Regex::new(&format!("^(?:{pattern})$")) {
        Ok(regex) if regex.is_match(text) => None,
        Ok(_) => Some(format!("its pattern is `{pattern}`")),
        Err(error) => Some(format!("its pattern `{pattern}` is no regular expression: {error}")),
    }
}
