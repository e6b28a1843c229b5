//! Values that are bytes, which JSON has in Base64.

use serde_json::Value;

use super::fault::{Fault, FaultKind};

/// Where objects of the core group have bytes by name (kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources).
const FIELDS: [(&str, &str); 2] = [("Secret", "data"), ("ConfigMap", "binaryData")];

/// Texts of an object that the API server cannot read as bytes.
pub(super) fn faults(api_version: &str, kind: &str, object: &Value) -> Vec<Fault> {
    let fields = FIELDS.iter().filter(|it| api_version == "v1" && it.0 == kind);
    let values = fields.flat_map(|(_, field)| {
        let map = object.get(field).and_then(Value::as_object).into_iter().flatten();
        map.map(move |(key, value)| (*field, key, value))
    });
    let wrong = values.filter(|(_, _, value)| value.as_str().is_some_and(|it| !is_base64(it)));
    wrong
        .map(|(field, key, _)| Fault {
            path: vec![field.to_owned(), key.clone()],
            kind: FaultKind::Wrong("a text, where one in Base64 belongs".to_owned()),
        })
        .collect()
}

/// Whether Go reads it (`base64.StdEncoding`): padded, in lines or not.
fn is_base64(text: &str) -> bool {
    let symbols: Vec<char> = text.chars().filter(|it| !matches!(it, '\r' | '\n')).collect();
    let padding = symbols.iter().rev().take_while(|it| **it == '=').count();
    let is_symbol = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '+' | '/');
    symbols.len().is_multiple_of(4)
        && padding <= 2
        && symbols[..symbols.len() - padding].iter().all(is_symbol)
}
