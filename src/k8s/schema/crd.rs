//! The kinds of a `CustomResourceDefinition`, as its structural schema says
//! (kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions).

use serde_json::{Map, Value};

use super::fault::{Fault, FaultKind};
use super::shape::{Bound, Field, Fields, Kind, Limits, Minor, Shape, Versions};
use super::walk;

/// What no structural schema has.
const NOWHERE: [&str; 6] =
    ["$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];
/// What a structural schema says itself, and none of its branches.
const NO_BRANCH: [&str; 6] = ["additionalProperties", "default", "description", "nullable", "title", "type"];

/// A kind in an API version, as a definition has it.
#[derive(Clone, Debug)]
pub(super) struct Custom {
    pub api_version: String,
    pub kind: String,
    pub namespaced: bool,
    pub deprecated: bool,
    pub shape: Shape,
    /// What of the schema nobody here can check, in words.
    pub gaps: Vec<&'static str>,
}

/// The kinds of a definition whose fields are those of its type, for Kubernetes 1.`minor`.
///
/// # Errors
/// What the API server would not take.
pub(super) fn read(definition: &Value, minor: Minor) -> Result<Vec<Custom>, Vec<Fault>> {
    let mut reader = Reader { minor, ..Reader::default() };
    let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
    let name = format!("{}.{group}", text("/spec/names/plural"));
    if text("/metadata/name") != name {
        reader.refuse(&["metadata", "name"], format!("it is called `{name}`, by its plural and group"));
    }
    let none = Vec::new();
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array).unwrap_or(&none);
    let is = |version: &Value, key: &str| version.get(key) == Some(&Value::Bool(true));
    if versions.iter().filter(|it| is(it, "storage")).count() != 1 {
        reader.refuse(&["spec", "versions"], "exactly one version has `storage: true`".to_owned());
    }
    let mut found = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        reader.path = ["spec", "versions", &index.to_string()].map(str::to_owned).into();
        let Some(schema) = version.pointer("/schema/openAPIV3Schema").and_then(Value::as_object) else {
            reader.faults.push(Fault {
                path: reader.path.clone(),
                kind: FaultKind::Missing("schema.openAPIV3Schema".to_owned()),
            });
            continue;
        };
        reader.path.extend(["schema", "openAPIV3Schema"].map(str::to_owned));
        reader.gaps.clear();
        let shape = reader.root(schema);
        if is(version, "served") {
            let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
            found.push(Custom {
                api_version: format!("{group}/{name}"),
                kind: kind.to_owned(),
                namespaced: text("/spec/scope") == "Namespaced",
                deprecated: is(version, "deprecated"),
                shape,
                gaps: reader.gaps.clone(),
            });
        }
    }
    if reader.faults.is_empty() { Ok(found) } else { Err(reader.faults) }
}

/// What an object may be by the schema of its kind, and what of that nobody here can check.
///
/// # Errors
/// What the API server would not take.
pub(super) fn shape(
    schema: &Map<String, Value>,
    minor: Minor,
) -> Result<(Shape, Vec<&'static str>), Vec<Fault>> {
    let mut reader = Reader { minor, ..Reader::default() };
    let shape = reader.root(schema);
    if reader.faults.is_empty() { Ok((shape, reader.gaps)) } else { Err(reader.faults) }
}

/// Where in the definition it is read, and what was found.
#[derive(Debug, Default)]
struct Reader {
    path: Vec<String>,
    faults: Vec<Fault>,
    gaps: Vec<&'static str>,
    /// Whether the branches of this schema may say types, as those of a whole number or a text do.
    typed: bool,
    minor: Minor,
}

impl Reader {
    fn refuse(&mut self, below: &[&str], why: String) {
        let path = self.path.iter().cloned().chain(below.iter().map(|it| (*it).to_owned())).collect();
        self.faults.push(Fault { path, kind: FaultKind::Wrong(why) });
    }

    fn gap(&mut self, what: &'static str) {
        if !self.gaps.contains(&what) {
            self.gaps.push(what);
        }
    }

    /// The schema of a whole object, which has what every object has.
    fn root(&mut self, schema: &Map<String, Value>) -> Shape {
        let mut shape = self.shape(schema, false);
        match &mut shape.kind {
            Kind::Fields(fields) => whole(fields, false),
            Kind::Map(_) => {}
            _ => self.refuse(&["type"], "an object's schema is of the type `object`".to_owned()),
        }
        shape
    }

    fn below<T>(&mut self, steps: &[&str], read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        self.path.extend(steps.iter().map(|it| (*it).to_owned()));
        let read = read(self);
        self.path.truncate(before);
        read
    }

    /// What the API server forbids in a schema, and more of it in a `branch`.
    fn forbidden(&mut self, schema: &Map<String, Value>, branch: bool) {
        let is = |key: &str| {
            schema.get(key).is_some_and(|it| if key == "default" { !it.is_null() } else { !is_empty(it) })
        };
        for key in NOWHERE.iter().filter(|it| is(it)) {
            self.refuse(&[key], "no structural schema has it".to_owned());
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            self.refuse(
                &["uniqueItems"],
                "it may not be `true`: write `x-kubernetes-list-type: set`".to_owned(),
            );
        }
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            let why = "it may not be `false`: fields that `properties` does not name are taken away anyway";
            self.refuse(&["additionalProperties"], why.to_owned());
        }
        if schema.get("x-kubernetes-list-type").is_some_and(|it| it == "map")
            && !is("x-kubernetes-list-map-keys")
        {
            self.refuse(
                &["x-kubernetes-list-type"],
                "a list of the type `map` has `x-kubernetes-list-map-keys`".to_owned(),
            );
        }
        let typed = self.typed;
        for key in NO_BRANCH.iter().filter(|it| branch && is(it) && !(typed && **it == "type")) {
            self.refuse(
                &[key],
                "it is not in `allOf`, `anyOf`, `oneOf` or `not`, but beside them".to_owned(),
            );
        }
    }

    /// A schema; `branch`: of an alternative (`anyOf` …), which says nothing of what else there is.
    fn shape(&mut self, schema: &Map<String, Value>, branch: bool) -> Shape {
        let flag = |key: &str| schema.get(key) == Some(&Value::Bool(true));
        let open = branch || flag("x-kubernetes-preserve-unknown-fields");
        self.forbidden(schema, branch);
        if !branch {
            self.typed = flag("x-kubernetes-int-or-string");
        }
        let mut limits = self.limits(schema);
        limits.default = schema.get("default").filter(|it| !branch && !it.is_null()).cloned();
        let kind = match schema.get("type").and_then(Value::as_str) {
            _ if flag("x-kubernetes-int-or-string") => Kind::IntOrText,
            Some("boolean") => Kind::Boolean,
            Some("integer") if schema.get("format").and_then(Value::as_str) == Some("int32") => Kind::Int32,
            Some("integer") => Kind::Int64,
            Some("number") => Kind::Number,
            Some("string") => Kind::Text,
            Some("array") => {
                let items = schema.get("items").and_then(Value::as_object);
                if items.is_none() && !open {
                    self.refuse(&[], "a list has `items`".to_owned());
                }
                let items = items.map(|it| self.below(&["items"], |reader| reader.shape(it, branch)));
                Kind::List(Box::new(items.unwrap_or_default()))
            }
            Some("object") => self.object(schema, branch, &mut limits),
            Some(other) => {
                self.refuse(&["type"], format!("`{other}` is no type: it is `object`, `array`, `string`, `integer`, `number` or `boolean`"));
                Kind::Any
            }
            None => {
                if !open {
                    let why = "a structural schema has a `type`, `x-kubernetes-int-or-string` or `x-kubernetes-preserve-unknown-fields`";
                    self.refuse(&[], why.to_owned());
                }
                if schema.contains_key("properties") {
                    self.object(schema, branch, &mut limits)
                } else {
                    Kind::Any
                }
            }
        };
        let shape = Shape { kind, limits: Some(Box::new(limits)) };
        if let Some(default) = shape.limits.as_ref().and_then(|it| it.default.as_ref()) {
            for mut fault in walk::faults(&shape, &shape.filled(default), self.minor) {
                fault.path.splice(0..0, self.path.iter().cloned().chain(["default".to_owned()]));
                self.faults.push(fault);
            }
        }
        shape
    }

    fn object(&mut self, schema: &Map<String, Value>, branch: bool, limits: &mut Limits) -> Kind {
        if let Some(values) = schema.get("additionalProperties") {
            if schema.contains_key("properties") {
                self.refuse(&["additionalProperties"], "it is not beside `properties`".to_owned());
            }
            let values = values.as_object();
            let read = |it| self.below(&["additionalProperties"], |reader| reader.shape(it, branch));
            return Kind::Map(Box::new(values.map(read).unwrap_or_default()));
        }
        let open = branch || schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
        let mut fields = Fields { others: open.then(|| Box::new(Shape::default())), ..Fields::default() };
        for (name, it) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let Some(it) = it.as_object() else { continue };
            let shape = self.below(&["properties", name], |reader| reader.shape(it, branch));
            let nullable = it.get("nullable") == Some(&Value::Bool(true));
            // What may be null may be left out here.
            let required = limits.required.contains(name) && !nullable;
            let field = Field { shape, required, versions: Versions::ALL };
            fields.known.insert(name.clone().into(), vec![field]);
        }
        limits.required.retain(|it| !fields.known.contains_key(it.as_str()));
        if schema.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
            whole(&mut fields, true);
        }
        Kind::Fields(fields)
    }

    fn limits(&mut self, schema: &Map<String, Value>) -> Limits {
        if schema.contains_key("x-kubernetes-validations") {
            self.gap("rules in CEL");
        }
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        let flag = |key: &str| schema.get(key) == Some(&Value::Bool(true));
        let texts = |key: &str| -> Vec<String> {
            let all = schema.get(key).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let bound = |key: &str, exclusive: &str| {
            let at = schema.get(key)?.as_f64()?;
            Some(Bound { at, exclusive: flag(exclusive) })
        };
        let count = |end: &str| {
            let keys = ["Length", "Items", "Properties"].map(|it| format!("{end}{it}"));
            keys.iter().find_map(|it| schema.get(it)?.as_u64())
        };
        let pattern = text("pattern").and_then(|it| {
            let read = regex_lite::Regex::new(it).ok();
            if read.is_none() {
                self.gap("patterns of another dialect");
            }
            read
        });
        Limits {
            default: None,
            nullable: flag("nullable"),
            values: schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            minimum: bound("minimum", "exclusiveMinimum"),
            maximum: bound("maximum", "exclusiveMaximum"),
            multiple_of: schema.get("multipleOf").and_then(Value::as_f64),
            count: (count("min"), count("max")),
            pattern,
            keys: match text("x-kubernetes-list-type") {
                Some("set") => Some(Vec::new()),
                Some("map") => Some(texts("x-kubernetes-list-map-keys")),
                _ => None,
            },
            required: texts("required"),
            all_of: self.branches(schema, "allOf"),
            any_of: self.branches(schema, "anyOf"),
            one_of: self.branches(schema, "oneOf"),
            not: schema
                .get("not")
                .and_then(Value::as_object)
                .map(|it| Box::new(self.below(&["not"], |reader| reader.shape(it, true)))),
        }
    }

    fn branches(&mut self, schema: &Map<String, Value>, key: &str) -> Vec<Shape> {
        let all = schema.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        let all = all.filter_map(|(index, it)| Some((index.to_string(), it.as_object()?)));
        all.map(|(index, it)| self.below(&[key, &index], |reader| reader.shape(it, true))).collect()
    }
}

/// Whether a word of a schema is as good as not there.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(it) => it.is_empty(),
        Value::Array(it) => it.is_empty(),
        Value::Object(it) => it.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// Adds what every object has; what the definition says of it narrows it. `typed`: whether it must say what it is.
fn whole(fields: &mut Fields, typed: bool) {
    for name in ["apiVersion", "kind"] {
        let text = || Field { shape: Kind::Text.into(), required: false, versions: Versions::ALL };
        let given = fields.known.entry(name.into()).or_insert_with(|| vec![text()]);
        for field in given {
            field.required |= typed;
        }
    }
    let given = fields.known.remove("metadata").and_then(|mut all| all.pop());
    let required = given.as_ref().is_some_and(|it| it.required);
    let narrower = given.map(|mut it| {
        // It names some fields of it, and not what else there is.
        if let Kind::Fields(named) = &mut it.shape.kind {
            named.others = Some(Box::default());
        }
        it.shape
    });
    let limits = Limits { all_of: narrower.into_iter().collect(), ..Limits::default() };
    let shape = Shape { kind: Kind::Named("meta.v1.ObjectMeta"), limits: Some(Box::new(limits)) };
    fields.known.insert("metadata".into(), vec![Field { shape, required, versions: Versions::ALL }]);
}

#[cfg(test)]
#[path = "crd_tests.rs"]
mod tests;
