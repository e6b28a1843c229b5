//! What a rule sees of a value: the fields that its schema declares, by names that CEL can have, in the types that the schema says.

use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString,
};
use cel::common::value::Val;
use serde_json::{Map, Value};

use super::time::{Instant, Span};
use crate::k8s::schema::bytes;
use crate::k8s::schema::shape::{Format, Kind, Minor, Shape};

/// Words of CEL that no field is called by.
const WORDS: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];
/// What a rule sees of `metadata`.
const OF_METADATA: [&str; 2] = ["name", "generateName"];

/// A value as rules see it.
pub(super) struct Seen<'v> {
    /// It.
    pub value: Box<dyn Val + 'v>,
    /// Whether there is a text in it that its format does not let be read here.
    pub unread: bool,
}

/// What rules see of a value.
pub(super) fn seen<'v>(shape: &Shape, value: &'v Value, minor: Minor) -> Seen<'v> {
    let mut reader = Reader { minor, unread: false };
    let value = reader.of(shape, value);
    Seen { value, unread: reader.unread }
}

struct Reader {
    minor: Minor,
    unread: bool,
}

impl Reader {
    fn of<'v>(&mut self, shape: &Shape, value: &'v Value) -> Box<dyn Val + 'v> {
        match (&shape.kind, value) {
            (Kind::Number, Value::Number(it)) => Box::new(CelDouble::from(it.as_f64().unwrap_or_default())),
            (Kind::Text, Value::String(text)) => {
                let format = shape.limits.as_deref().and_then(|it| it.format);
                self.text(format, text)
            }
            (Kind::List(each), Value::Array(items)) => {
                let items: Vec<_> = items.iter().map(|it| self.of(each, it)).collect();
                Box::new(CelList::from(items))
            }
            (Kind::Map(each), Value::Object(map)) => {
                mapping(map.iter().map(|(key, it)| (key.as_str().into(), self.of(each, it))))
            }
            (Kind::Fields(fields), Value::Object(map)) => {
                let known = given(map).filter_map(|(name, it)| {
                    let shape = &fields.get(name, self.minor)?.shape;
                    Some((escaped(name)?, shape, it))
                });
                let known: Vec<_> = known.collect();
                mapping(known.into_iter().map(|(name, shape, it)| (name.into(), self.of(shape, it))))
            }
            // What every object has of `metadata`.
            (Kind::Named(_), Value::Object(map)) => {
                let shown = given(map).filter(|(name, _)| OF_METADATA.contains(&name.as_str()));
                mapping(shown.map(|(name, it)| (name.as_str().into(), plain(it))))
            }
            _ => plain(value),
        }
    }

    fn text<'v>(&mut self, format: Option<Format>, text: &'v str) -> Box<dyn Val + 'v> {
        let read: Option<Box<dyn Val + 'v>> = match format {
            None => Some(Box::new(CelString::from(text))),
            Some(Format::Bytes) => bytes::decoded(text).map(|it| Box::new(CelBytes::from(it)) as _),
            Some(Format::Span) => Span::parse(text).map(|it| Box::new(it) as _),
            Some(Format::Time) => Instant::parse(text).map(|it| Box::new(it) as _),
        };
        read.unwrap_or_else(|| {
            self.unread = true;
            Box::new(CelNull)
        })
    }
}

/// A value whose schema says no more of it than itself.
fn plain(value: &Value) -> Box<dyn Val + '_> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(it) => Box::new(CelBool::from(*it)),
        Value::Number(it) => match whole(it) {
            Some(it) => Box::new(CelInt::from(it)),
            None => Box::new(CelDouble::from(it.as_f64().unwrap_or_default())),
        },
        Value::String(it) => Box::new(CelString::from(it.as_str())),
        Value::Array(items) => Box::new(CelList::from(items.iter().map(plain).collect::<Vec<_>>())),
        Value::Object(map) => mapping(map.iter().map(|(key, it)| (key.as_str().into(), plain(it)))),
    }
}

/// A whole number, which may be written with a fraction of nothing.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let plain = |it: f64| it.fract() == 0.0 && it.abs() < 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is a whole number below 2^53")]
    let of_float = |it: f64| it as i64;
    number.as_i64().or_else(|| number.as_f64().filter(|it| plain(*it)).map(of_float))
}

fn given(map: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    map.iter().filter(|(_, it)| !it.is_null())
}

#[expect(
    clippy::disallowed_types,
    reason = "the evaluator's mappings are such; no finding depends on their order"
)]
fn mapping<'v>(entries: impl Iterator<Item = (CelMapKey<'v>, Box<dyn Val + 'v>)>) -> Box<dyn Val + 'v> {
    Box::new(CelMap::from(entries.collect::<std::collections::HashMap<_, _>>()))
}

/// What a field is called in CEL; none where it can have no name (kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules).
pub(super) fn escaped(name: &str) -> Option<String> {
    let first = |it: char| it.is_ascii_alphabetic() || matches!(it, '_' | '.' | '-' | '/');
    if !name.starts_with(first) || !name.chars().all(|it| first(it) || it.is_ascii_digit()) {
        return None;
    }
    if WORDS.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let name = name.replace("__", "__underscores__");
    Some(name.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__"))
}
