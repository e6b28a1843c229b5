//! The kinds of a `CustomResourceDefinition`, as its structural schema says
//! (kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions).

use serde_json::{Map, Value};

use super::cel::{self, Read, Rule};
use super::fault::{Fault, FaultKind, Gap};
use super::shape::{Bound, Field, Fields, Format, Kind, Limits, Minor, Shape, Versions};
use super::walk;

/// What no structural schema has.
const NOWHERE: [&str; 6] =
    ["$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];
/// What a structural schema says itself, and none of its branches.
const NO_BRANCH: [&str; 6] = ["additionalProperties", "default", "description", "nullable", "title", "type"];

/// The words of a schema that takes fields it does not declare, and of one of a whole object.
const OPEN: &str = "x-kubernetes-preserve-unknown-fields";
const EMBEDDED: &str = "x-kubernetes-embedded-resource";

/// A kind in an API version, as a definition has it.
#[derive(Clone, Debug)]
pub(super) struct Custom {
    pub api_version: String,
    pub kind: String,
    pub namespaced: bool,
    pub deprecated: bool,
    pub shape: Shape,
    /// Whether it has rules in CEL.
    pub ruled: bool,
    /// What of the schema nobody here can check.
    pub gaps: Vec<Gap>,
}

impl Custom {
    /// What is wrong with an object, and what nobody here can say of it, in words.
    pub(super) fn judge(&self, object: &Value, minor: Minor) -> (Vec<Fault>, Vec<String>) {
        let object = self.shape.filled(object);
        let mut faults = walk::faults(&self.shape, &object, minor);
        let mut gaps: Vec<String> = self.gaps.iter().map(|it| it.what.clone()).collect();
        if self.ruled {
            let judged = cel::judge(&self.shape, &object, &faults, minor);
            faults.extend(judged.faults);
            gaps.extend(judged.gaps);
        }
        (faults, gaps)
    }
}

/// The kinds of a definition whose fields are those of its type, for Kubernetes 1.`minor`.
///
/// # Errors
/// What the API server would not take.
pub(super) fn read(definition: &Value, minor: Minor) -> Result<Vec<Custom>, Vec<Fault>> {
    with_room(definition, |room| kinds(definition, minor, room))
}

/// Whether there is a rule in CEL.
fn has_rules(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_rules),
        Value::Object(map) => map.iter().any(|(key, it)| key == cel::WORD || has_rules(it)),
        _ => false,
    }
}

/// The kinds; `room`: whether there is enough for rules.
fn kinds(definition: &Value, minor: Minor, room: bool) -> Result<Vec<Custom>, Vec<Fault>> {
    let mut reader = Reader { room, minor, ..Reader::default() };
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
        reader.ruled = false;
        let shape = reader.root(schema);
        if is(version, "served") {
            let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
            found.push(Custom {
                api_version: format!("{group}/{name}"),
                kind: kind.to_owned(),
                namespaced: text("/spec/scope") == "Namespaced",
                deprecated: is(version, "deprecated"),
                shape,
                ruled: reader.ruled,
                gaps: reader.gaps.clone(),
            });
        }
    }
    if reader.faults.is_empty() { Ok(found) } else { Err(reader.faults) }
}

/// What the schema of a kind says.
pub(super) struct Said {
    /// What an object may be.
    pub shape: Shape,
    /// Whether it has rules in CEL.
    pub ruled: bool,
    /// What of it nobody here can check.
    pub gaps: Vec<Gap>,
}

/// What the schema of a kind says.
///
/// # Errors
/// What the API server would not take.
pub(super) fn said(schema: &Value, minor: Minor) -> Result<Said, Vec<Fault>> {
    with_room(schema, |room| {
        let mut reader = Reader { room, minor, ..Reader::default() };
        let shape = reader.root(schema.as_object().unwrap_or(&Map::new()));
        let Reader { faults, ruled, gaps, .. } = reader;
        if faults.is_empty() { Ok(Said { shape, ruled, gaps }) } else { Err(faults) }
    })
}

/// Reads something of a definition, and says whether there is room for its rules.
fn with_room<T: Send>(definition: &Value, read: impl Fn(bool) -> T + Sync) -> T {
    let roomy = has_rules(definition).then(|| cel::roomy(|| read(true)));
    roomy.flatten().unwrap_or_else(|| read(!has_rules(definition)))
}

/// Where in the definition it is read, and what was found.
#[derive(Debug, Default)]
struct Reader {
    path: Vec<String>,
    faults: Vec<Fault>,
    gaps: Vec<Gap>,
    /// Whether a rule in CEL was read.
    ruled: bool,
    /// Whether there is room to read rules.
    room: bool,
    /// Whether the branches of this schema may say types, as those of a whole number or a text do.
    typed: bool,
    minor: Minor,
}

impl Reader {
    fn refuse(&mut self, below: &[&str], why: String) {
        let path = self.path.iter().cloned().chain(below.iter().map(|it| (*it).to_owned())).collect();
        self.faults.push(Fault { path, kind: FaultKind::Wrong(why) });
    }

    /// What cannot be checked wherever it is.
    fn gap(&mut self, what: &str) {
        let gap = Gap { what: what.to_owned(), path: None };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// The rules in CEL that can be evaluated; a `branch` has none that can.
    fn rules(&mut self, schema: &Map<String, Value>, branch: bool, shape: &Shape) -> Vec<Rule> {
        let mut found = Vec::new();
        let all = schema.get(cel::WORD).and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, rule) in all.filter_map(|(index, it)| Some((index, it.as_object()?))) {
            let read = match branch {
                true => Read::Unknown("it is of an alternative".to_owned()),
                false if !self.room => Read::Unknown("the system gives no thread for it".to_owned()),
                false => Read::of(rule, shape),
            };
            match read {
                Read::Evaluated(rule) => {
                    if !shape.has(&rule.field) {
                        let below = [cel::WORD, &index.to_string(), "fieldPath"];
                        self.refuse(&below, "its schema declares no such field".to_owned());
                    }
                    found.push(rule);
                }
                Read::OfChange => {}
                Read::Unknown(why) => {
                    let text = rule.get("rule").and_then(Value::as_str).unwrap_or_default();
                    let what = format!("the rule `{}`: {why}", cel::shortened(text));
                    let more = [cel::WORD, &index.to_string(), "rule"].map(str::to_owned);
                    self.gaps.push(Gap { what, path: Some(self.path.iter().cloned().chain(more).collect()) });
                }
            }
        }
        self.ruled |= !found.is_empty();
        found
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
        if schema.get("x-kubernetes-list-type").is_some_and(|it| it == "map")
            && schema.get("items").is_some_and(|it| it.get("type").is_none_or(|it| it != "object"))
        {
            let why = "the items of a list of the type `map` are of the type `object`";
            self.refuse(&["items", "type"], why.to_owned());
        }
        if schema.get(OPEN) == Some(&Value::Bool(false)) {
            self.refuse(&[OPEN], "it is `true`, or not there".to_owned());
        }
        if is(EMBEDDED) && !is("properties") && !is(OPEN) {
            self.refuse(&[EMBEDDED], format!("it has `properties`, or `{OPEN}`"));
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
        let open = branch || flag(OPEN);
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
        let mut shape = Shape { kind, limits: None };
        limits.rules = self.rules(schema, branch, &shape);
        shape.limits = Some(Box::new(limits));
        if let Some(default) = shape.limits.as_ref().and_then(|it| it.default.as_ref()) {
            for mut fault in walk::faults(&shape, default, self.minor) {
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
        let open = branch || schema.get(OPEN) == Some(&Value::Bool(true));
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
        if schema.get(EMBEDDED) == Some(&Value::Bool(true)) {
            whole(&mut fields, true);
        }
        Kind::Fields(fields)
    }

    fn limits(&mut self, schema: &Map<String, Value>) -> Limits {
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
                self.gap("its patterns of another dialect");
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
            format: match text("format").filter(|_| text("type") == Some("string")) {
                Some("byte") => Some(Format::Bytes),
                Some("duration") => Some(Format::Span),
                Some("date" | "date-time" | "datetime") => Some(Format::Time),
                _ => None,
            },
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
            rules: Vec::new(),
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
