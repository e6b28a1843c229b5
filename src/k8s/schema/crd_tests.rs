use serde_json::json;

use super::super::{Checked, Refused, Schemas, Verdict};
use super::*;

fn definition(spec: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "widgets.example.com" },
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": { "plural": "widgets", "kind": "Widget" },
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": { "openAPIV3Schema": { "type": "object", "properties": { "spec": spec } } },
            }],
        },
    })
}

fn check(schema: &Value, spec: &Value) -> Vec<String> {
    let mut schemas = Schemas::new(34);
    schemas.define(&definition(schema)).unwrap();
    let widget = json!({
        "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "a", "namespace": "b" }, "spec": spec,
    });
    match schemas.check(&widget) {
        Verdict::Checked(Checked { faults, namespaced: true, deprecated: None, .. }) => {
            faults.iter().map(|it| it.message("Widget")).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// A schema, what fits it, and what does not, with a word of what is said.
type Case = (Value, Value, Value, &'static str);

fn judge(cases: &[Case]) {
    for (schema, good, bad, word) in cases {
        assert_eq!(check(schema, good), Vec::<String>::new(), "{schema}");
        let found = check(schema, bad);
        assert!(found.len() == 1 && found[0].contains(word), "{found:?}: {word}, {schema}");
    }
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

#[test]
fn scalars_are_what_the_schema_says() {
    judge(&[
        (
            object(&json!({ "size": { "type": "integer", "format": "int32" } })),
            json!({ "size": 1 }),
            json!({ "size": 1.5 }),
            "32 bits",
        ),
        (
            object(&json!({ "size": { "type": "integer" } })),
            json!({ "size": 5_000_000_000_i64 }),
            json!({ "sise": 1 }),
            "no field `sise`",
        ),
        (
            object(&json!({ "kind": { "type": "string", "enum": ["a", "b"] } })),
            json!({ "kind": "b" }),
            json!({ "kind": "c" }),
            "none of `a` and `b`",
        ),
        (
            object(&json!({ "n": { "type": "number", "minimum": 1, "exclusiveMinimum": true } })),
            json!({ "n": 1.1 }),
            json!({ "n": 1 }),
            "a number, which is not more than 1",
        ),
        (
            object(&json!({ "n": { "type": "integer", "maximum": 3, "multipleOf": 2 } })),
            json!({ "n": 2 }),
            json!({ "n": 3 }),
            "which is no multiple of 2",
        ),
        (
            object(&json!({ "n": { "type": "number", "multipleOf": 0.1 } })),
            json!({ "n": 0.3 }),
            json!({ "n": 0.35 }),
            "which is no multiple of 0.1",
        ),
        (
            object(&json!({ "n": { "type": "integer", "enum": [1, 2] } })),
            json!({ "n": 2.0 }),
            json!({ "n": 3.0 }),
            "none of `1` and `2`",
        ),
        (
            object(&json!({ "s": { "type": "string", "pattern": "^[a-z]+$", "maxLength": 3 } })),
            json!({ "s": "abc" }),
            json!({ "s": "KEY" }),
            "a text, which does not match `^[a-z]+$`",
        ),
        (
            object(&json!({ "s": { "type": "string", "minLength": 1 } })),
            json!({ "s": "a" }),
            json!({ "s": "" }),
            "at least 1",
        ),
        (
            object(&json!({ "b": { "type": "string", "format": "byte" } })),
            json!({ "b": "aGk=" }),
            json!({ "b": "aGk" }),
            "a text, where one in Base64, on one line, belongs",
        ),
        (
            object(&json!({ "b": { "type": "string", "format": "byte" } })),
            json!({ "b": "aGk=" }),
            json!({ "b": "" }),
            "a text, where one in Base64, on one line, belongs",
        ),
        (
            object(&json!({ "b": { "type": "string", "format": "byte" } })),
            json!({ "b": "aGk=" }),
            json!({ "b": "aG\nk=" }),
            "a text, where one in Base64, on one line, belongs",
        ),
        (
            object(&json!({ "p": { "x-kubernetes-int-or-string": true } })),
            json!({ "p": "http" }),
            json!({ "p": true }),
            "whole number or a text",
        ),
    ]);
}

#[test]
fn lists_and_mappings_are_what_the_schema_says() {
    judge(&[
        (
            object(&json!({ "o": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } })),
            json!({ "o": { "any": [1] } }),
            json!({ "o": [] }),
            "a mapping belongs",
        ),
        (
            object(&json!({ "m": { "type": "object", "additionalProperties": { "type": "string" } } })),
            json!({ "m": { "any": "a" } }),
            json!({ "m": { "any": 1 } }),
            "spec.m.any",
        ),
        (
            object(&json!({ "o": { "type": "object" } })),
            json!({ "o": {} }),
            json!({ "o": { "a": 1 } }),
            "no field `a`",
        ),
        (
            object(
                &json!({ "l": { "type": "array", "x-kubernetes-list-type": "set", "items": { "type": "string" } } }),
            ),
            json!({ "l": ["a", "b"] }),
            json!({ "l": ["a", "a"] }),
            "already",
        ),
        (
            object(
                &json!({ "l": { "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"], "items": { "type": "object", "required": ["n"], "properties": { "n": { "type": "string" }, "v": { "type": "string" } } } } }),
            ),
            json!({ "l": [{ "n": "a" }, { "n": "b" }] }),
            json!({ "l": [{ "n": "a" }, { "n": "a", "v": "c" }] }),
            "with this `n`",
        ),
        (
            json!({ "type": "object", "required": ["a", "b"], "properties": { "a": { "type": "string" }, "b": { "type": "string", "default": "c" } } }),
            json!({ "a": "" }),
            json!({}),
            "lacks `a`",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string" }, "b": { "type": "string" } }, "oneOf": [{ "required": ["a"] }, { "required": ["b"] }] }),
            json!({ "a": "" }),
            json!({ "a": "", "b": "" }),
            "exactly one of `a` and `b`",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "integer" }, "b": { "type": "string" } }, "anyOf": [{ "properties": { "a": { "minimum": 3 } }, "required": ["a"] }, { "required": ["b"] }] }),
            json!({ "a": 3 }),
            json!({ "a": 2 }),
            "0 of its 2 alternatives",
        ),
        (
            json!({ "type": "object", "properties": { "a": { "type": "string" } }, "not": { "required": ["a"] } }),
            json!({}),
            json!({ "a": "" }),
            "`a` may not be there",
        ),
        (
            object(
                &json!({ "e": { "type": "object", "x-kubernetes-embedded-resource": true, "properties": { "spec": { "type": "string" } } } }),
            ),
            json!({ "e": { "apiVersion": "v1", "kind": "A", "metadata": { "name": "a" }, "spec": "" } }),
            json!({ "e": { "apiVersion": "v1", "kind": "A", "metadata": { "nam": "a" } } }),
            "no field `nam`",
        ),
        (
            object(&json!({ "l": { "type": "array", "items": { "type": "string", "nullable": true } } })),
            json!({ "l": [null] }),
            json!({ "l": [1] }),
            "spec.l.0",
        ),
    ]);
}

#[test]
fn what_is_not_evaluated_is_told() {
    let mut schemas = Schemas::new(34);
    let text = json!({ "type": "string", "pattern": r"\p{Greek}", "x-kubernetes-validations": [{ "rule": "self.isGreek()" }] });
    let placed = schemas.define(&definition(&text)).unwrap();
    let path = placed[0].path.as_ref().unwrap().join("/");
    assert_eq!(
        path,
        "spec/versions/0/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations/0/rule"
    );
    assert_eq!(placed[0].what, "the rule `self.isGreek()`: the function `isGreek` is not known here");
    let widget =
        json!({ "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "a" }, "spec": "a" });
    let Verdict::Checked(it) = schemas.check(&widget) else { panic!() };
    assert_eq!((it.faults.len(), it.gaps), (0, vec!["its patterns of another dialect".to_owned()]));
}

#[test]
fn another_version_of_a_defined_kind_is_told() {
    let mut schemas = Schemas::new(99);
    schemas.define(&definition(&json!({ "type": "object" }))).unwrap();
    let of = |version: &str| {
        schemas.check(&json!({ "apiVersion": version, "kind": "Widget", "metadata": { "name": "a" } }))
    };
    assert!(matches!(of("example.com/v2"), Verdict::Elsewhere(it) if it.api_versions == ["example.com/v1"]));
    assert!(matches!(of("example.com/v1"), Verdict::Checked(it) if it.faults.is_empty()));
    assert!(matches!(of("example.org/v1"), Verdict::Unknown));
}

#[test]
fn a_broken_definition_is_refused_at_its_place() {
    let refused = |definition: &Value| match Schemas::new(34).define(definition) {
        Err(Refused::Faulty(faults)) => {
            faults.iter().map(|it| (it.path.join("/"), it.message("it"))).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let spec = "spec/versions/0/schema/openAPIV3Schema/properties/spec";
    let found =
        refused(&definition(&json!({ "properties": { "a": { "type": "array" }, "b": { "type": "text" } } })));
    let paths: Vec<&str> = found.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(paths, [spec, &format!("{spec}/properties/a"), &format!("{spec}/properties/b/type")]);
    let mut other = definition(&json!({ "type": "object", "propertis": {} }));
    assert!(refused(&other)[0].1.contains("no field `propertis`"));
    other = definition(&json!({ "type": "object" }));
    other["metadata"]["name"] = "widget.example.com".into();
    other["spec"]["versions"][0]["storage"] = false.into();
    assert_eq!(
        refused(&other).iter().map(|it| it.0.as_str()).collect::<Vec<_>>(),
        ["metadata/name", "spec/versions"]
    );
    other["apiVersion"] = "apiextensions.k8s.io/v1beta1".into();
    assert!(matches!(
        Schemas::new(34).define(&other),
        Err(Refused::Elsewhere(it)) if it.api_versions == ["apiextensions.k8s.io/v1"]
    ));
    other["kind"] = "Widget".into();
    assert_eq!(Schemas::new(34).define(&other), Err(Refused::Other));
}

#[test]
fn what_is_not_structural_is_refused_at_its_place() {
    let refused = |spec: Value| match Schemas::new(34).define(&definition(&spec)) {
        Err(Refused::Faulty(faults)) => faults.iter().map(|it| it.path[7..].join("/")).collect::<Vec<_>>(),
        Ok(gaps) if gaps.is_empty() => Vec::new(),
        other => panic!("{other:?}"),
    };
    let text = json!({ "type": "string" });
    for (spec, path) in [
        (json!({ "type": "object", "additionalProperties": false }), "additionalProperties"),
        (json!({ "type": "array", "items": text, "uniqueItems": true }), "uniqueItems"),
        (json!({ "type": "object", "patternProperties": { "a": text } }), "patternProperties"),
        (json!({ "type": "string", "$ref": "#/a" }), "$ref"),
        (json!({ "type": "object", "definitions": { "a": text } }), "definitions"),
        (json!({ "type": "object", "dependencies": { "a": ["b"] } }), "dependencies"),
        (json!({ "type": "array", "items": text, "additionalItems": true }), "additionalItems"),
        (json!({ "type": "string", "id": "a" }), "id"),
        (json!({ "type": "string", "anyOf": [{ "type": "string" }] }), "anyOf/0/type"),
        (json!({ "type": "string", "oneOf": [{ "description": "a" }] }), "oneOf/0/description"),
        (json!({ "type": "string", "allOf": [{ "default": "" }] }), "allOf/0/default"),
        (json!({ "type": "string", "not": { "nullable": true } }), "not/nullable"),
        (
            json!({ "type": "object", "anyOf": [{ "properties": { "a": { "type": "string" } } }] }),
            "anyOf/0/properties/a/type",
        ),
        (
            json!({ "type": "object", "anyOf": [{ "additionalProperties": { "minLength": 1 } }] }),
            "anyOf/0/additionalProperties",
        ),
        (
            json!({ "type": "array", "items": object(&json!({ "a": text })), "x-kubernetes-list-type": "map" }),
            "x-kubernetes-list-type",
        ),
        (json!({ "type": "string", "default": 1 }), "default"),
        (
            json!({
                "type": "object", "required": ["a"], "default": {},
                "properties": { "a": { "type": "string", "default": "b" } },
            }),
            "default",
        ),
        (
            json!({
                "type": "object", "properties": { "a": { "type": "object", "properties": { "b": text } } },
                "x-kubernetes-validations": [
                    { "rule": "true", "fieldPath": ".a.b" }, { "rule": "true", "fieldPath": ".a.zz" },
                ],
            }),
            "x-kubernetes-validations/1/fieldPath",
        ),
        (
            json!({
                "type": "array", "items": text, "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["a"],
            }),
            "items/type",
        ),
        (
            json!({ "type": "object", "x-kubernetes-embedded-resource": true }),
            "x-kubernetes-embedded-resource",
        ),
        (
            json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": false }),
            "x-kubernetes-preserve-unknown-fields",
        ),
        (
            object(&json!({ "a": { "type": "array", "items": text, "default": ["", 1] } })),
            "properties/a/default/1",
        ),
    ] {
        assert_eq!(refused(spec.clone()), [path], "{spec}");
    }
    for spec in [
        json!({ "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }, { "type": "string" }], "default": 1 }),
        json!({ "x-kubernetes-int-or-string": true, "allOf": [{ "anyOf": [{ "type": "integer" }, { "type": "string" }] }] }),
        json!({ "type": "array", "items": text, "uniqueItems": false }),
        json!({ "type": "object", "additionalProperties": text, "default": { "a": "b" } }),
        json!({ "type": "integer", "nullable": true, "default": null }),
        json!({ "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true }),
    ] {
        assert_eq!(refused(spec.clone()), Vec::<String>::new(), "{spec}");
    }
}

#[test]
fn what_a_definition_says_of_what_every_object_has_narrows_it() {
    let mut definition = definition(&json!({ "type": "object" }));
    let name = json!({ "type": "object", "properties": { "name": { "type": "string", "maxLength": 3 } } });
    let schema = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    schema["metadata"] = name;
    schema["kind"] = json!({ "type": "string" });
    let mut schemas = Schemas::new(34);
    schemas.define(&definition).unwrap();
    let of = |metadata: Value| {
        let widget = json!({ "apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata });
        let Verdict::Checked(it) = schemas.check(&widget) else { panic!() };
        it.faults.iter().map(|it| it.message("Widget")).collect::<Vec<_>>()
    };
    assert_eq!(of(json!({ "name": "abc", "labels": { "a": "b" } })), Vec::<String>::new());
    assert_eq!(
        of(json!({ "name": "abcd" })),
        ["`metadata.name` of a Widget: 4 characters, and at most 3 may be there"]
    );
    assert_eq!(of(json!({ "name": 1 })), ["`metadata.name` of a Widget: a number, where a text belongs"]);
    assert_eq!(of(json!({ "name": "abc", "label": {} })), ["a Widget has no field `label` in `metadata`"]);
}

#[test]
fn an_object_in_another_says_what_it_is() {
    let embedded = json!({ "type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true });
    assert_eq!(
        check(&embedded, &json!({ "metadata": { "name": "a" } })),
        ["a Widget lacks `apiVersion` in `spec`", "a Widget lacks `kind` in `spec`"]
    );
    assert_eq!(check(&embedded, &json!({ "apiVersion": "v1", "kind": "A", "a": 1 })), Vec::<String>::new());
}

#[test]
fn a_kind_whose_definition_was_refused_is_not_its_controllers() {
    let mut schemas = Schemas::new(34);
    schemas.define(&definition(&json!({ "type": "text" }))).unwrap_err();
    let widget = json!({ "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "a" } });
    assert_eq!(schemas.check(&widget), Verdict::Unknown);
    assert_eq!(schemas.why_unknown("example.com", "Widget"), "its definition was refused");
    for (group, kind) in [("example.org", "Widget"), ("example.com", "Gear")] {
        assert!(schemas.why_unknown(group, kind).contains("own controller alone"));
    }
}

#[test]
fn defaults_are_there_before_anything_is_judged() {
    let list = json!({ "l": {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
        "items": { "type": "object", "required": ["port", "protocol"], "properties": {
            "port": { "type": "integer" }, "protocol": { "type": "string", "default": "TCP" },
        } },
    } });
    let chosen = |key: &str| {
        json!({
            "type": "object", "properties": { "a": { "type": "string", "default": "x" }, "b": { "type": "string" } },
            key: [{ "required": ["a"] }, { "required": ["b"] }],
        })
    };
    let deep = json!({
        "type": "object", "properties": { "o": {
            "type": "object", "default": {}, "properties": { "a": { "type": "integer", "default": 3 } },
        } },
        "not": { "properties": { "o": { "properties": { "a": { "maximum": 2 } } } } },
    });
    judge(&[
        (
            object(&list),
            json!({ "l": [{ "port": 1 }, { "port": 1, "protocol": "UDP" }] }),
            json!({ "l": [{ "port": 1 }, { "port": 1, "protocol": "TCP" }] }),
            "with this `port` and `protocol`",
        ),
        (chosen("oneOf"), json!({ "a": null }), json!({ "b": "" }), "exactly one of `a` and `b`"),
        (deep, json!({}), json!({ "o": { "a": 2 } }), "forbids by `not`"),
    ]);
    assert_eq!(check(&chosen("anyOf"), &json!({})), Vec::<String>::new());
}
