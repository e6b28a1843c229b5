//! A layer that chooses another of several exclusive keys replaces what a lower layer chose. Which mappings are such
//! choices is asked of the decoders, at every place of the language; what merging does with them, of the composed
//! document.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value, json};
use stackgen::compile::{Compilation, Project};
use stackgen::diag::Route;
use stackgen::document::{Document, FileError, Files};
use stackgen::layout::Form;

/// The choice that is checked where stores are resolved, not where they are decoded.
const RESOLVED: (&str, [&str; 3]) = ("stores.x.external-secrets", ["clusterStore", "store", "provider"]);

/// A mapping of the language.
#[derive(Clone, Debug)]
struct Mapping {
    /// Where it is; names that the user chooses are `x`, or what else is allowed.
    path: Vec<String>,
    /// The engine, in a tier.
    kind: Option<String>,
    keys: Vec<String>,
    /// Whether its schema wants exactly one key.
    takes_one: bool,
}

/// A stack in one file.
struct Stack(String);

impl Files for Stack {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        if path == "stack.yaml" { Ok(self.0.as_bytes().to_vec()) } else { Err(FileError::NotFound(None)) }
    }

    fn glob(&self, _: &str) -> Result<Vec<String>, FileError> {
        Ok(Vec::new())
    }
}

#[test]
fn another_choice_of_a_higher_layer_replaces_the_lower_one() {
    let schema: Value = serde_json::from_str(&crate::support::result(&["schema"])).unwrap();
    let mut mappings = Vec::new();
    let root = Mapping { path: Vec::new(), kind: None, keys: Vec::new(), takes_one: false };
    collect(&schema, &schema, &root, &mut mappings);
    let (mut choices, mut failures) = (BTreeMap::new(), Vec::new());
    for mapping in &mappings {
        let path = mapping.path.join(".");
        let alternatives =
            if path == RESOLVED.0 { RESOLVED.1.map(str::to_owned).to_vec() } else { alternatives(mapping) };
        let is_known = mapping.takes_one && mapping.keys.len() > 1;
        assert!(!is_known || alternatives == mapping.keys, "{path}: its decoder was not reached");
        if !alternatives.is_empty() {
            failures.extend(survivors(mapping, &alternatives));
            choices.insert(path, alternatives);
        }
    }
    assert!(failures.is_empty(), "forgotten in src/document/shape.rs:\n{}", failures.join("\n"));
    // One that is declared by macro, one that is decoded by hand, and one of engines alone.
    for known in [RESOLVED.0, "services.x.scale", "services.x.env.x", "stateful.x.unseal"] {
        assert!(choices.contains_key(known), "{known} is not among {:#?}", choices.keys());
    }
}

/// All mappings with fixed keys at and below a schema. Lists end the walk: a layer replaces them as a whole.
fn collect(schema: &Value, at: &Value, here: &Mapping, found: &mut Vec<Mapping>) {
    if let Some(name) = at["$ref"].as_str() {
        collect(schema, &schema["$defs"][name.strip_prefix("#/$defs/").unwrap()], here, found);
    }
    for alternative in at["anyOf"].as_array().into_iter().flatten() {
        collect(schema, alternative, here, found);
    }
    for engine in at["allOf"].as_array().into_iter().flatten() {
        // The last is for tiers that have their kind from a profile: those before, all over again.
        if let Some(kind) = engine["if"]["properties"]["kind"]["const"].as_str() {
            collect(schema, &engine["then"], &Mapping { kind: Some(kind.to_owned()), ..here.clone() }, found);
        }
    }
    let below =
        |key: &str| Mapping { path: [here.path.as_slice(), &[key.to_owned()]].concat(), ..here.clone() };
    for (pattern, value) in at["patternProperties"].as_object().into_iter().flatten() {
        if pattern == "\\$\\{" {
            continue;
        }
        let pattern = Regex::new(pattern).unwrap();
        let name =
            ["x", "X", "/x", "xyz", "config.d/x.xml", "Kind/x"].into_iter().find(|it| pattern.is_match(it));
        collect(schema, value, &below(name.unwrap_or_else(|| panic!("no name fits {pattern}"))), found);
    }
    let Some(properties) = at["properties"].as_object().filter(|_| at.get("allOf").is_none()) else { return };
    let takes_one = at["minProperties"] == 1 && at["maxProperties"] == 1;
    let keys = properties.keys().cloned().collect();
    // The sections themselves are no choice, and a stack with all of them reads files.
    if !here.path.is_empty() {
        found.push(Mapping { keys, takes_one, ..here.clone() });
    }
    for (key, value) in properties {
        // Both hold the same mappings as the sections of the stack.
        let is_layer = here.path.is_empty() && matches!(key.as_str(), "profiles" | "environments");
        if !is_layer {
            collect(schema, value, &below(key), found);
        }
    }
}

/// The keys that the decoder of a mapping says exclude each other.
fn alternatives(mapping: &Mapping) -> Vec<String> {
    let keys: Vec<&str> = mapping.keys.iter().map(String::as_str).collect();
    let help = exclusion(&stack(&[layer(mapping, &mapping.path, &keys)], &Map::new()));
    let quoted = help.as_deref().unwrap_or_default().split('`').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}

/// The pairs of alternatives that stand side by side after a higher layer chose the second one.
fn survivors(mapping: &Mapping, alternatives: &[String]) -> Vec<String> {
    let mut failures = Vec::new();
    let is_component = matches!(mapping.path.first().map(String::as_str), Some("services" | "stateful"));
    for (at, upper) in alternatives.iter().enumerate() {
        let lower = &alternatives[(at + 1) % alternatives.len()];
        let layer = |path: &[String], key: &str| layer(mapping, path, &[key]);
        let path = &mapping.path;
        let mut layered = vec![("environment", stack(&[layer(path, lower)], &layer(path, upper)))];
        if is_component {
            let profile = [&["profiles".to_owned()], &path[1..]].concat();
            let uses = nested(&path[..2], json!({ "profile": "x" }));
            layered.push((
                "component",
                stack(&[layer(&profile, lower), layer(path, upper), uses.clone()], &Map::new()),
            ));
            layered.push(("profile", stack(&[layer(&profile, lower), uses], &layer(&profile, upper))));
        }
        for (over, stack) in layered {
            let composed = compile(&stack).document.unwrap();
            assert!(writes(&composed, path, upper), "{path:?}: the {over} is not merged");
            if writes(&composed, path, lower) {
                let path = path.join(".");
                failures.push(format!("{path}: `{upper}` of the {over} does not replace `{lower}`"));
            }
        }
    }
    failures
}

/// The help of the finding that two keys exclude each other, if there is one.
fn exclusion(stack: &Stack) -> Option<String> {
    let findings = compile(stack).findings;
    let mut exclusions = findings.iter().filter(|it| it.message.ends_with("exclude each other"));
    exclusions.next().map(|it| it.helps[0].text.clone())
}

/// Whether the composed document has a key in the mapping at a path.
fn writes(composed: &Document, path: &[String], key: &str) -> bool {
    let steps: Vec<&str> = path.iter().map(String::as_str).chain([key]).collect();
    composed.find(&Route::of(&steps)).is_some()
}

fn compile(stack: &Stack) -> Compilation {
    let mut project = Project::open(stack, "stack.yaml");
    assert_eq!(project.findings, [], "{}", stack.0);
    project.compile(stack, "e", &[], Form::Count)
}

/// A mapping with some of its keys; what they hold is never right.
fn layer(mapping: &Mapping, path: &[String], keys: &[&str]) -> Map<String, Value> {
    let wrong = keys.iter().map(|it| ((*it).to_owned(), json!("x"))).collect();
    let mut layer = nested(path, Value::Object(wrong));
    if let Some(kind) = &mapping.kind {
        add(&mut layer, nested(&path[..2], json!({ "kind": kind })));
    }
    layer
}

fn nested(path: &[String], value: Value) -> Map<String, Value> {
    let value = path.iter().rev().fold(value, |value, key| json!({ key.as_str(): value }));
    value.as_object().unwrap().clone()
}

/// A stack of the parts, with one environment that changes it.
fn stack(parts: &[Map<String, Value>], environment: &Map<String, Value>) -> Stack {
    let mut all = Map::new();
    for part in parts {
        add(&mut all, part.clone());
    }
    let frame = json!({ "stackgen": 1, "stack": "x", "environments": { "e": environment } });
    add(&mut all, frame.as_object().unwrap().clone());
    // JSON is YAML.
    Stack(Value::Object(all).to_string())
}

fn add(all: &mut Map<String, Value>, part: Map<String, Value>) {
    for (key, value) in part {
        match (all.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => add(old, new),
            (_, value) => drop(all.insert(key, value)),
        }
    }
}
