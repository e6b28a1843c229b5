//! Values that are bytes, which JSON has in Base64.

use serde_json::Value;

use super::fault::{Fault, FaultKind};

/// What is wrong with a text that is not in Base64, and not on one line, where it must be.
pub(super) const EXPECTED_ON_ONE_LINE: &str = "a text, where one in Base64, on one line, belongs";
/// What is wrong with a text that is not in Base64.
const EXPECTED: &str = "a text, where one in Base64 belongs";
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
            kind: FaultKind::Wrong(EXPECTED.to_owned()),
        })
        .collect()
}

/// Whether the API server takes it for `format: byte` of a custom resource: nothing is no text in Base64, and lines are not.
pub(super) fn is_base64_on_one_line(text: &str) -> bool {
    !text.is_empty() && !text.contains(['\r', '\n']) && is_base64(text)
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

/// The bytes that a text in Base64 stands for.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    let value = |it: u8| match it {
        b'A'..=b'Z' => it - b'A',
        b'a'..=b'z' => it - b'a' + 26,
        b'0'..=b'9' => it - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let symbols: Vec<u8> = text.bytes().filter(|it| !matches!(it, b'\r' | b'\n' | b'=')).collect();
    let decode = |four: &[u8]| {
        let bits = four.iter().fold(0_u32, |bits, it| bits << 6 | u32::from(value(*it)));
        let bytes = (bits << (6 * (4 - four.len()))).to_be_bytes();
        bytes[1..four.len()].to_vec()
    };
    is_base64(text).then(|| symbols.chunks(4).flat_map(decode).collect())
}
