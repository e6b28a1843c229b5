//! A value against what it may be.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::bytes;
use super::fault::{Fault, FaultKind};
use super::shape::{Bound, Fields, Format, Kind, Limits, Minor, Shape, Versions};
use super::table::table;
use crate::diag::and_list;

/// How long a text may be to be told.
const TOLD: usize = 40;
/// Up to here a number of 64 bits with a fraction holds every whole number: 2^53.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// How far from a multiple a number may be, relative to how many times it is: what sums of binary fractions are off.
const NEAR: f64 = 1e-9;

/// What a value has, or lacks, that it may not, in a version of Kubernetes.
pub(super) fn faults(shape: &Shape, value: &Value, minor: Minor) -> Vec<Fault> {
    let mut walk = Walk { minor, path: Vec::new(), faults: Vec::new() };
    walk.value(shape, value);
    walk.faults
}

struct Walk {
    minor: Minor,
    path: Vec<String>,
    faults: Vec<Fault>,
}

impl Walk {
    fn wrong(&mut self, why: String) {
        self.faults.push(Fault { path: self.path.clone(), kind: FaultKind::Wrong(why) });
    }

    fn below(&mut self, step: String, shape: &Shape, value: &Value) {
        self.path.push(step);
        self.value(shape, value);
        self.path.pop();
    }

    fn value(&mut self, shape: &Shape, value: &Value) {
        let limits = shape.limits.as_deref();
        if value.is_null() && limits.is_some_and(|it| it.nullable) {
            return;
        }
        if let Some(expected) = mismatch(&shape.kind, value) {
            return self.wrong(format!("{}, where {expected} belongs", told(value)));
        }
        match (&shape.kind, value) {
            (Kind::Named(name), _) => self.value(table().definition(name), value),
            (Kind::List(each), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(index.to_string(), each, item);
                }
            }
            (Kind::Map(each), Value::Object(map)) => {
                for (key, item) in given(map) {
                    self.below(key.clone(), each, item);
                }
            }
            (Kind::Fields(fields), Value::Object(map)) => self.fields(fields, map),
            _ => {}
        }
        if let Some(limits) = limits {
            self.limits(limits, value);
        }
    }

    fn fields(&mut self, fields: &Fields, map: &Map<String, Value>) {
        for (name, value) in given(map) {
            match (fields.get(name, self.minor), &fields.others) {
                (Some(field), _) => self.below(name.clone(), &field.shape, value),
                (None, Some(others)) => self.below(name.clone(), others, value),
                (None, None) => {
                    let mut path = self.path.clone();
                    path.push(name.clone());
                    let other = fields.known.get(name.as_str());
                    let versions = Versions::around(other.into_iter().flatten().map(|it| it.versions));
                    let when = versions.map(|it| (it.from, it.to));
                    let kind = FaultKind::Unknown { known: fields.names(self.minor), when };
                    self.faults.push(Fault { path, kind });
                }
            }
        }
        let required: Vec<String> = fields.required(self.minor).map(str::to_owned).collect();
        self.required(&required, map);
    }

    fn required(&mut self, names: &[String], map: &Map<String, Value>) {
        for name in names.iter().filter(|it| !is_there(map, it)) {
            self.faults.push(Fault { path: self.path.clone(), kind: FaultKind::Missing(name.clone()) });
        }
    }

    fn limits(&mut self, limits: &Limits, value: &Value) {
        if !limits.values.is_empty() && !limits.values.iter().any(|it| same(it, value)) {
            let values: Vec<String> = limits.values.iter().map(plain).filter(|it| !it.is_empty()).collect();
            let values = and_list(values.iter().map(String::as_str));
            self.wrong(format!("{}, which is none of {values}", chosen(value)));
        }
        if let Some(number) = value.as_f64() {
            self.number(limits, number);
        }
        let counted = match value {
            Value::String(text) => Some((text.chars().count(), "characters")),
            Value::Array(items) => Some((items.len(), "items")),
            Value::Object(map) => Some((given(map).count(), "fields")),
            _ => None,
        };
        if let Some((count, what)) = counted {
            let (least, most) = limits.count;
            if least.is_some_and(|it| (count as u64) < it) {
                self.wrong(format!(
                    "{count} {what}, and at least {} must be there",
                    least.unwrap_or_default()
                ));
            }
            if most.is_some_and(|it| (count as u64) > it) {
                self.wrong(format!("{count} {what}, and at most {} may be there", most.unwrap_or_default()));
            }
        }
        if let (Some(pattern), Value::String(text)) = (&limits.pattern, value)
            && !pattern.is_match(text)
        {
            self.wrong(format!("{}, which does not match `{pattern}`", told(value)));
        }
        if let (Some(Format::Bytes), Value::String(text)) = (limits.format, value)
            && !bytes::is_base64_on_one_line(text)
        {
            self.wrong(bytes::EXPECTED_ON_ONE_LINE.to_owned());
        }
        if let (Some(keys), Value::Array(items)) = (&limits.keys, value) {
            self.twice(keys, items);
        }
        if let Value::Object(map) = value {
            self.required(&limits.required, map);
        }
        self.choices(limits, value);
    }

    fn number(&mut self, limits: &Limits, number: f64) {
        let out =
            |bound: Bound, beyond: bool| beyond || (bound.exclusive && number.total_cmp(&bound.at).is_eq());
        if let Some(bound) = limits.minimum.filter(|it| out(*it, number < it.at)) {
            let words = if bound.exclusive { "more than" } else { "at least" };
            self.wrong(format!("a number, which is not {words} {}", bound.at));
        }
        if let Some(bound) = limits.maximum.filter(|it| out(*it, number > it.at)) {
            let words = if bound.exclusive { "less than" } else { "at most" };
            self.wrong(format!("a number, which is not {words} {}", bound.at));
        }
        if let Some(of) = limits.multiple_of.filter(|it| !is_multiple(number, *it)) {
            self.wrong(format!("a number, which is no multiple of {of}"));
        }
    }

    /// Items that cannot be told apart.
    fn twice(&mut self, keys: &[String], items: &[Value]) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let of = |key: &String| item.get(key).unwrap_or(&Value::Null).to_string();
            let own = if keys.is_empty() { vec![item.to_string()] } else { keys.iter().map(of).collect() };
            if !seen.insert(own) {
                let what = if keys.is_empty() {
                    "an item".to_owned()
                } else {
                    format!("an item with this {}", and_list(keys.iter().map(String::as_str)))
                };
                let why = format!("{what} is in the list already");
                let path = self.path.iter().cloned().chain([index.to_string()]).collect();
                self.faults.push(Fault { path, kind: FaultKind::Wrong(why) });
            }
        }
    }

    fn choices(&mut self, limits: &Limits, value: &Value) {
        for shape in &limits.all_of {
            let before = self.faults.len();
            self.value(shape, value);
            // What is wrong for several reasons is told once of each.
            for fault in self.faults.split_off(before) {
                if !self.faults.contains(&fault) {
                    self.faults.push(fault);
                }
            }
        }
        let fit = |all: &[Shape]| all.iter().filter(|it| faults(it, value, self.minor).is_empty()).count();
        let found = match (fit(&limits.any_of), fit(&limits.one_of)) {
            (0, _) if !limits.any_of.is_empty() => Some((&limits.any_of, "at least one", 0)),
            (_, count) if !limits.one_of.is_empty() && count != 1 => {
                Some((&limits.one_of, "exactly one", count))
            }
            _ => None,
        };
        if let Some((all, how_many, count)) = found {
            let named: Vec<&str> = all.iter().filter_map(only_required).collect();
            self.wrong(if named.len() == all.len() {
                format!("{how_many} of {} must be there", and_list(named))
            } else {
                format!("{count} of its {} alternatives fit, and {how_many} must", all.len())
            });
        }
        if let Some(not) = &limits.not
            && faults(not, value, self.minor).is_empty()
        {
            self.wrong(match only_required(not) {
                Some(name) => format!("`{name}` may not be there"),
                None => "it is what its definition forbids by `not`".to_owned(),
            });
        }
    }
}

/// The one field that a shape asks for, where it asks for nothing else.
fn only_required(shape: &Shape) -> Option<&str> {
    let limits = shape.limits.as_deref()?;
    match limits.required.as_slice() {
        [name] if matches!(shape.kind, Kind::Any) => Some(name),
        _ => None,
    }
}

/// The fields that have a value: the API server takes away a null where it is not allowed, and takes it for none where it is.
fn given(map: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    map.iter().filter(|(_, it)| !it.is_null())
}

fn is_there(map: &Map<String, Value>, name: &str) -> bool {
    map.get(name).is_some_and(|it| !it.is_null())
}

/// What belongs where something else is; none where the type is right.
fn mismatch(kind: &Kind, value: &Value) -> Option<&'static str> {
    let whole = || {
        let float = value.as_f64().filter(|_| value.is_f64());
        value.is_i64() || value.is_u64() || float.is_some_and(|it| it.fract() == 0.0 && it.abs() <= EXACT)
    };
    let narrow =
        || value.as_f64().is_some_and(|it| (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&it));
    let (fits, expected) = match kind {
        Kind::Any | Kind::Named(_) => return None,
        Kind::Boolean => (value.is_boolean(), "`true` or `false`"),
        Kind::Int32 => (whole() && narrow(), "a whole number of 32 bits"),
        Kind::Int64 => (whole(), "a whole number"),
        Kind::Number => (value.is_number(), "a number"),
        Kind::Text => (value.is_string(), "a text"),
        Kind::IntOrText => (value.is_string() || whole(), "a whole number or a text"),
        Kind::Quantity => (value.is_string() || value.is_number(), "an amount"),
        Kind::List(_) => (value.is_array(), "a list"),
        Kind::Map(_) | Kind::Fields(_) => (value.is_object(), "a mapping"),
    };
    (!fits).then_some(expected)
}

/// Whether a number is a whole number of times another, as the API server reckons it (`IsMultipleOf` of kube-openapi).
fn is_multiple(number: f64, of: f64) -> bool {
    let times = if of < 1.0 { 1.0 / of * number } else { number / of };
    (times - times.round()).abs() <= NEAR * times.abs().max(1.0)
}

/// Whether two values are one; a number is what it is in whatever form.
fn same(a: &Value, b: &Value) -> bool {
    let numbers = a.as_f64().zip(b.as_f64());
    a == b || numbers.is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
}

/// The type of a value, in words. Never the value: it may be a credential.
fn told(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
        Value::String(_) => "a text",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(_) => "a number",
    }
}

/// What somebody chose where there are words to choose from, which are nobody's secret.
fn chosen(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= TOLD => format!("the text `{text}`"),
        Value::Number(_) => format!("`{value}`"),
        _ => told(value).to_owned(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
