//! `stack.schema.json` is what `stackgen schema` prints; `UPDATE_SCHEMA=1 cargo test schema` rewrites it.
//! That the shipped stacks pass it and broken ones do not is checked by an independent validator in `.ci/run`.

use serde_json::Value;

#[test]
fn the_file_is_what_the_program_prints() {
    crate::support::up_to_date("stack.schema.json", &crate::support::result(&["schema"]), "UPDATE_SCHEMA");
}

#[test]
fn the_schema_of_a_comparison_is_what_the_program_prints() {
    let printed = crate::support::result(&["schema", "--of", "diff"]);
    crate::support::up_to_date("diff.schema.json", &printed, "UPDATE_SCHEMA");
}

#[test]
fn the_schema_of_a_finding_is_what_the_program_prints() {
    let printed = crate::support::result(&["schema", "--of", "diagnostic"]);
    crate::support::up_to_date("diagnostic.schema.json", &printed, "UPDATE_SCHEMA");
}

#[test]
fn every_mapping_is_closed_and_every_definition_exists() {
    let schema: Value = serde_json::from_str(&crate::support::result(&["schema"])).unwrap();
    let (mut open, mut missing) = (Vec::new(), Vec::new());
    walk(&schema, &mut |at| {
        let is_mapping =
            at["type"] == "object" && (at["properties"].is_object() || at.get("allOf").is_none());
        if is_mapping && at.get("additionalProperties").is_none() && at.get("allOf").is_none() {
            open.push(at.to_string());
        }
        if let Some(name) = at["$ref"].as_str().and_then(|it| it.strip_prefix("#/$defs/"))
            && schema["$defs"].get(name).is_none()
        {
            missing.push(name.to_owned());
        }
    });
    assert!(open.is_empty() && missing.is_empty(), "open: {open:?}, missing: {missing:?}");
}

/// Two types of one name: the generator counts them, and a reader cannot tell which is which.
#[test]
fn no_two_types_share_a_name() {
    let schema: Value = serde_json::from_str(&crate::support::result(&["schema"])).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    let counted =
        |name: &&String| definitions.contains_key(name.trim_end_matches(|it: char| it.is_ascii_digit()));
    let ends = |name: &&String| name.ends_with(|it: char| it.is_ascii_digit());
    let twice: Vec<_> = definitions.keys().filter(ends).filter(counted).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn every_field_is_described() {
    let schema: Value = serde_json::from_str(&crate::support::result(&["schema"])).unwrap();
    let mut silent = Vec::new();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for (field, it) in definition["properties"].as_object().into_iter().flatten() {
            // The sections of an environment are those of the stack, described there; a tier's kind by its engine.
            if it.get("description").is_none() && name != "Environment" && name != "Tier" {
                silent.push(format!("{name}.{field}"));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
}

fn walk(value: &Value, visit: &mut dyn FnMut(&Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|it| walk(it, visit)),
        Value::Object(map) => map.values().for_each(|it| walk(it, visit)),
        _ => {}
    }
}
