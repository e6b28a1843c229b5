//! Typed inputs of a stack: declarations, and the value each gets.

use indexmap::IndexMap;

use super::codes;
use super::load::Loaded;
use crate::diag::{At, Diagnostic, Sink, Span, and_list, nearest};
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
            // As it is put into names, where `+7` and `007` would be others than 7.
            Self::Integer => text.parse::<i64>().is_ok_and(|it| it.to_string() == text),
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
    /// The least and the greatest number, of an integer.
    pub bounds: (Option<i64>, Option<i64>),
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
    /// Whether each call has to give it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.given.is_none() && self.default.is_none()
    }

    /// Something of its kind, so that the rest of the stack can be checked although the value is missing.
    fn placeholder(&self) -> Scalar {
        let text = match (self.allowed.first(), self.kind) {
            (Some(first), _) => first.clone(),
            (None, Kind::String) => "missing".to_owned(),
            (None, Kind::Integer) => match self.bounds {
                (Some(least), _) => least.to_string(),
                (None, greatest) => greatest.map_or(1, |it| it.min(1)).to_string(),
            },
            (None, Kind::Boolean) => "true".to_owned(),
        };
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
    let bound = |key: &str| node.get(key).and_then(Node::as_scalar).and_then(|it| it.text.parse().ok());
    let text = |key: &str| node.get(key).and_then(Node::as_scalar).map(|it| it.text.to_string());
    Parameter {
        kind: text("type").and_then(|it| Kind::of(&it)).unwrap_or(Kind::String),
        default: node.get("default").cloned(),
        pattern: text("pattern"),
        bounds: (bound("minimum"), bound("maximum")),
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
    loaded: &Loaded,
    environment: &str,
    sink: &mut Sink,
) -> IndexMap<String, Scalar> {
    for (name, _) in set.iter().filter(|(name, _)| !declared.contains_key(name)) {
        sink.push(undeclared(name, declared, loaded, environment));
    }
    let mut values = IndexMap::new();
    for (name, parameter) in declared {
        let from_set = set.iter().rev().find(|(it, _)| it == name).map(|(_, value)| value.clone());
        let node = parameter.given.as_ref().or(parameter.default.as_ref());
        let (text, at) = match (from_set, node.and_then(|it| Some((it.as_scalar()?, it.span)))) {
            (Some(text), _) => (text, At::Nowhere),
            (None, Some((scalar, span))) => (scalar.text.to_string(), At::Span(span)),
            (None, None) => {
                sink.push(missing(name, parameter, environment));
                // Its references are not wrong: only the value is missing, which is said.
                values.insert(name.clone(), parameter.placeholder());
                continue;
            }
        };
        sink.extend(bound_of_no_number(name, parameter));
        if let Some(why) = misfit(parameter, &text) {
            let by = if at == At::Nowhere { "`--set` makes parameter" } else { "parameter" };
            let is = if at == At::Nowhere { "" } else { "is " };
            let message = format!("{by} `{name}` {is}`{text}`, but {why}");
            let from_outside = at == At::Nowhere;
            let found = Diagnostic::new(&codes::BAD_PARAMETER, at, message);
            let found = found.also(At::Span(parameter.key), "declared here");
            let example = parameter.placeholder().text;
            sink.push(if from_outside && misfit(parameter, &example).is_none() {
                found.help(format!("give it a value such as `--set {name}={example}`"))
            } else {
                found
            });
            // What it would make of names and hosts follows from this one mistake.
            values.insert(name.clone(), parameter.placeholder());
            continue;
        }
        values.insert(name.clone(), Scalar { plain: parameter.kind != Kind::String, text: text.into() });
    }
    values
}

fn bound_of_no_number(name: &str, parameter: &Parameter) -> Option<Diagnostic> {
    let key = match parameter.bounds {
        _ if parameter.kind == Kind::Integer => return None,
        (Some(_), _) => "minimum",
        (None, Some(_)) => "maximum",
        (None, None) => return None,
    };
    let message = format!("parameter `{name}` has a `{key}`, but its type is {}", parameter.kind.as_str());
    Some(
        Diagnostic::at_span(&codes::BAD_PARAMETER, parameter.key, message)
            .help("add `type: integer`, or remove it"),
    )
}

/// `--set` of what the environment does not have.
fn undeclared(
    name: &str,
    declared: &IndexMap<String, Parameter>,
    loaded: &Loaded,
    environment: &str,
) -> Diagnostic {
    let environments = loaded.root.get("environments").and_then(Node::as_map).into_iter().flatten();
    let has = |it: &Node| it.get("parameters").is_some_and(|it| it.get(name).is_some());
    let others: Vec<&str> =
        environments.filter(|(_, it)| has(&it.value)).map(|(other, _)| &**other).collect();
    let message = format!("`--set {name}` names no parameter of `{environment}`");
    let found = Diagnostic::new(&codes::BAD_PARAMETER, At::Nowhere, message);
    match nearest(name, declared.keys().map(String::as_str)) {
        _ if !others.is_empty() => {
            found.help(format!("it is one of {}: leave it out here", and_list(others)))
        }
        Some(near) => found.help(format!("a parameter `{near}` exists")),
        None => found.help("declare it under `parameters`"),
    }
}

fn missing(name: &str, parameter: &Parameter, environment: &str) -> Diagnostic {
    let message = format!("parameter `{name}` has no value");
    let found = Diagnostic::at_span(&codes::MISSING_PARAMETER, parameter.key, message);
    let found = match &parameter.description {
        Some(it) => found.note(format!("`{name}`: {it}")),
        None => found,
    };
    found.help(format!(
        "give it with `--set {name}=VALUE`, as in `stackgen render {environment} --set {name}={}`, in the environment's `parameters`, or as `default`",
        parameter.placeholder().text
    ))
}

fn misfit(parameter: &Parameter, text: &str) -> Option<String> {
    if !parameter.kind.admits(text) {
        return Some(format!("its type is {}", parameter.kind.as_str()));
    }
    if let (Kind::Integer, Ok(number)) = (parameter.kind, text.parse::<i64>()) {
        match parameter.bounds {
            (Some(least), _) if number < least => return Some(format!("its `minimum` is {least}")),
            (_, Some(greatest)) if number > greatest => return Some(format!("its `maximum` is {greatest}")),
            _ => {}
        }
    }
    if !parameter.allowed.is_empty() && !parameter.allowed.iter().any(|it| it == text) {
        let allowed = and_list(parameter.allowed.iter().map(String::as_str));
        return Some(format!("its `enum` allows {allowed}"));
    }
    let pattern = parameter.pattern.as_deref()?;
    match regex_lite::Regex::new(&format!("^(?:{pattern})$")) {
        Ok(regex) if regex.is_match(text) => None,
        Ok(_) => Some(format!("its pattern is `{pattern}`")),
        Err(error) => Some(format!("its pattern `{pattern}` is no regular expression: {error}")),
    }
}
