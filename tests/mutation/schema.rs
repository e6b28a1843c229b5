//! What the JSON Schema of the language says of a place: which keys are fields, which words and numbers are meant.

use serde_json::Value;

/// The schema.
pub(super) struct Schema(Value);

/// What a value may be: every alternative, with references followed.
pub(super) type Leaves<'a> = Vec<&'a Value>;

impl Schema {
    pub(super) fn load() -> Self {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("stack.schema.json");
        Self(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    /// What a file of a stack may be.
    pub(super) fn root(&self) -> Leaves<'_> {
        self.leaves([&self.0])
    }

    /// What the entries of a mapping of the user's own names may be.
    pub(super) fn entries<'a>(&'a self, at: &[&'a Value]) -> Leaves<'a> {
        let patterns =
            at.iter().filter_map(|it| it["patternProperties"].as_object()).flat_map(|it| it.values());
        let others = at.iter().map(|it| &it["additionalProperties"]).filter(|it| it.is_object());
        self.leaves(patterns.chain(others))
    }

    /// What stands under a field; none where it is no field.
    pub(super) fn field<'a>(&'a self, at: &[&'a Value], key: &str) -> Option<Leaves<'a>> {
        let found: Vec<&Value> = at.iter().filter_map(|it| it["properties"].get(key)).collect();
        (!found.is_empty()).then(|| self.leaves(found))
    }

    /// What the items of a list may be.
    pub(super) fn items<'a>(&'a self, at: &[&'a Value]) -> Leaves<'a> {
        self.leaves(at.iter().filter_map(|it| it.get("items")))
    }

    fn leaves<'a>(&'a self, all: impl IntoIterator<Item = &'a Value>) -> Leaves<'a> {
        let mut found = Vec::new();
        let mut open: Vec<&Value> = all.into_iter().collect();
        while let Some(one) = open.pop() {
            if let Some(name) = one["$ref"].as_str() {
                open.push(self.0.pointer(name.trim_start_matches('#')).unwrap());
            }
            for several in ["anyOf", "allOf", "oneOf"] {
                open.extend(one[several].as_array().into_iter().flatten());
            }
            open.extend(one.get("then"));
            found.push(one);
        }
        found
    }
}

/// Whether a value may be of a type.
pub(super) fn is_a(at: &[&Value], wanted: &str) -> bool {
    at.iter().any(|it| match &it["type"] {
        Value::String(own) => own == wanted,
        Value::Array(own) => own.iter().any(|it| it == wanted),
        _ => false,
    })
}

/// Whether any text will do.
pub(super) fn is_free(at: &[&Value]) -> bool {
    let text =
        |it: &&&Value| is_a(&[it], "string") && it.get("pattern").is_none() && it.get("enum").is_none();
    at.iter().any(|it| text(&it))
        || at.iter().all(|it| it.as_object().is_some_and(|it| it.keys().all(|it| it == "description")))
}

/// The words that are meant.
pub(super) fn words<'a>(at: &[&'a Value]) -> Vec<&'a str> {
    at.iter().filter_map(|it| it["enum"].as_array()).flatten().filter_map(Value::as_str).collect()
}

/// Whether a pattern is meant, other than that of a reference.
pub(super) fn has_pattern(at: &[&Value]) -> bool {
    at.iter().filter_map(|it| it["pattern"].as_str()).any(|it| it != "\\$\\{")
}
