//! What a value may be.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::Value;

use super::cel::Rule;

/// A minor version of Kubernetes: 37 of 1.37.
pub type Minor = u16;

/// What a value may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Its type.
    pub kind: Kind,
    /// What narrows it, if anything does.
    pub limits: Option<Box<Limits>>,
}

/// The type of a value.
#[derive(Clone, Debug, Default)]
pub(super) enum Kind {
    /// Anything.
    #[default]
    Any,
    Boolean,
    Int32,
    Int64,
    Number,
    Text,
    IntOrText,
    /// An amount, as a text or a number.
    Quantity,
    List(Box<Shape>),
    /// Fields with names that nobody knows before.
    Map(Box<Shape>),
    Fields(Fields),
    /// Those of a definition.
    Named(&'static str),
}

/// The fields of an object, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    /// What a field may be; different versions may say different things.
    pub known: BTreeMap<Cow<'static, str>, Vec<Field>>,
    /// What fields of other names may be; none where there are none.
    pub others: Option<Box<Shape>>,
}

/// What a field may be in some versions.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    pub versions: Versions,
}

/// A range of versions, both ends among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Versions {
    pub from: Minor,
    pub to: Minor,
}

/// What narrows a type: the words of structural schemas (kubernetes.io/docs/tasks/extend-kubernetes/custom-resources).
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    /// What the API server fills in where there is nothing.
    pub default: Option<Value>,
    pub nullable: bool,
    pub values: Vec<Value>,
    pub minimum: Option<Bound>,
    pub maximum: Option<Bound>,
    pub multiple_of: Option<f64>,
    /// How many characters, items or fields.
    pub count: (Option<u64>, Option<u64>),
    pub pattern: Option<Regex>,
    pub format: Option<Format>,
    /// The keys that tell the items of a list apart; empty for a list whose items are what they are, once each.
    pub keys: Option<Vec<String>>,
    /// Fields that must be there, and of which nothing else is known here.
    pub required: Vec<String>,
    pub all_of: Vec<Shape>,
    pub any_of: Vec<Shape>,
    pub one_of: Vec<Shape>,
    pub not: Option<Box<Shape>>,
    /// Rules in CEL.
    pub rules: Vec<Rule>,
}

/// What a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Bytes, in Base64.
    Bytes,
    /// A span of time.
    Span,
    /// A point in time.
    Time,
}

/// The end of a range of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub at: f64,
    /// Whether the end itself is out.
    pub exclusive: bool,
}

impl From<Kind> for Shape {
    fn from(kind: Kind) -> Self {
        Self { kind, limits: None }
    }
}

impl Shape {
    /// Whether a field may be below a value, as far as the schema says. What every object has is known elsewhere.
    pub(super) fn has(&self, field: &[String]) -> bool {
        let Some((step, below)) = field.split_first() else { return true };
        match &self.kind {
            Kind::Map(each) => each.has(below),
            Kind::Fields(fields) => match fields.known.get(step.as_str()) {
                Some(all) => all.iter().any(|it| it.shape.has(below)),
                None => ["apiVersion", "kind", "metadata"].contains(&step.as_str()),
            },
            Kind::Named(_) => true,
            _ => false,
        }
    }

    /// The value with what the API server fills in before it judges it: a default where a field is not there, or is null
    /// and may not be.
    pub(super) fn filled(&self, value: &Value) -> Value {
        match (&self.kind, value) {
            (Kind::List(each), Value::Array(items)) => items.iter().map(|it| each.filled(it)).collect(),
            (Kind::Map(each), Value::Object(map)) => {
                map.iter().map(|(key, it)| (key.clone(), each.filled(it))).collect()
            }
            (Kind::Fields(fields), Value::Object(map)) => {
                let mut filled = map.clone();
                for (name, field) in fields.known.iter().filter_map(|(name, all)| Some((name, all.first()?)))
                {
                    let limits = field.shape.limits.as_deref();
                    let default = limits.and_then(|it| it.default.as_ref());
                    let nullable = limits.is_some_and(|it| it.nullable);
                    let given = filled.get(name.as_ref()).filter(|it| nullable || !it.is_null());
                    if let Some(value) = given.or(default) {
                        filled.insert(name.to_string(), field.shape.filled(value));
                    }
                }
                Value::Object(filled)
            }
            _ => value.clone(),
        }
    }
}

impl Versions {
    /// All there are.
    pub(super) const ALL: Self = Self { from: 0, to: Minor::MAX };

    pub(super) fn has(self, minor: Minor) -> bool {
        (self.from..=self.to).contains(&minor)
    }

    /// Since and until when there is something, of some ranges; none of none.
    pub(super) fn around(all: impl Iterator<Item = Self>) -> Option<Self> {
        all.reduce(|a, b| Self { from: a.from.min(b.from), to: a.to.max(b.to) })
    }
}

impl Fields {
    /// What a field may be in a version.
    pub(super) fn get(&self, name: &str, minor: Minor) -> Option<&Field> {
        self.known.get(name)?.iter().find(|it| it.versions.has(minor))
    }

    /// The names in a version.
    pub(super) fn names(&self, minor: Minor) -> Vec<String> {
        let there = self.known.iter().filter(|(_, all)| all.iter().any(|it| it.versions.has(minor)));
        there.map(|(name, _)| name.to_string()).collect()
    }

    /// The fields that must be there.
    pub(super) fn required(&self, minor: Minor) -> impl Iterator<Item = &str> {
        let must = move |all: &[Field]| all.iter().any(|it| it.required && it.versions.has(minor));
        self.known.iter().filter(move |(_, all)| must(all)).map(|(name, _)| name.as_ref())
    }
}
