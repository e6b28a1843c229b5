use serde_json::{Value, json};

use crate::k8s::schema::{Checked, Gap, Schemas, Verdict};

/// A definition of Widgets with a schema of `spec`.
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

/// What is said of the definition, and of a Widget: what is wrong, and what is not checked.
fn check(schema: &Value, spec: &Value) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut schemas = Schemas::new(34);
    let unread: Vec<Gap> = schemas.define(&definition(schema)).unwrap();
    let widget = json!({ "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "a" }, "spec": spec });
    let Verdict::Checked(Checked { faults, gaps, .. }) = schemas.check(&widget) else { panic!() };
    let faults = faults.iter().map(|it| it.message("Widget")).collect();
    (unread.into_iter().map(|it| it.what).collect(), faults, gaps)
}

/// A schema with one rule.
fn ruled(schema: &Value, rule: &str) -> Value {
    let mut schema = schema.clone();
    schema["x-kubernetes-validations"] = json!([{ "rule": rule }]);
    schema
}

/// What a rule says of a value: that it holds, or not, or why it is not known.
fn verdict(schema: &Value, rule: &str, value: &Value) -> String {
    let (unread, faults, gaps) = check(&ruled(schema, rule), value);
    match (unread.first(), faults.first(), gaps.first()) {
        (None, None, None) => "holds".to_owned(),
        (None, Some(it), None) if it.contains("breaks a rule of its definition") => "broken".to_owned(),
        (None, Some(it), None) => it.clone(),
        (it, _, gap) => it.or(gap).unwrap().clone(),
    }
}

fn object(properties: &Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

/// A schema, a rule, a value for which it holds and one for which it does not.
type Case = (Value, &'static str, Value, Value);

fn judge(cases: &[Case]) {
    for (schema, rule, good, bad) in cases {
        assert_eq!(verdict(schema, rule, good), "holds", "{rule} {good}");
        assert_eq!(verdict(schema, rule, bad), "broken", "{rule} {bad}");
    }
}

/// The rules that kubernetes.io/docs shows as examples.
#[test]
fn the_examples_of_kubernetes_hold() {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let counts = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
    let whole = json!({ "type": "integer" });
    let text = json!({ "type": "string" });
    judge(&[
        (
            object(&json!({ "minReplicas": whole, "replicas": whole, "maxReplicas": whole })),
            "self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas",
            json!({ "minReplicas": 1, "replicas": 2, "maxReplicas": 2 }),
            json!({ "minReplicas": 3, "replicas": 2, "maxReplicas": 2 }),
        ),
        (
            object(&json!({ "stateCounts": counts })),
            "'Available' in self.stateCounts",
            json!({ "stateCounts": { "Available": 1 } }),
            json!({ "stateCounts": {} }),
        ),
        (
            object(&json!({ "list1": texts, "list2": texts })),
            "(self.list1.size() == 0) != (self.list2.size() == 0)",
            json!({ "list1": [], "list2": ["a"] }),
            json!({ "list1": ["a"], "list2": ["a"] }),
        ),
        (
            object(
                &json!({ "envars": { "type": "array", "items": object(&json!({ "name": text, "value": text })) } }),
            ),
            "self.envars.filter(e, e.name == 'MY_ENV').all(e, e.value.matches('^[a-zA-Z]*$'))",
            json!({ "envars": [{ "name": "MY_ENV", "value": "a" }, { "name": "B", "value": "1" }] }),
            json!({ "envars": [{ "name": "MY_ENV", "value": "1" }] }),
        ),
        (
            object(
                &json!({ "expired": { "type": "string", "format": "date-time" }, "ttl": { "type": "string", "format": "duration" } }),
            ),
            "has(self.expired) && self.expired > timestamp('2024-01-01T00:00:00Z') && self.ttl <= duration('1h')",
            json!({ "expired": "2024-01-01T01:00:00+00:30", "ttl": "60m" }),
            json!({ "expired": "2024-01-01T01:00:00+01:00", "ttl": "60m" }),
        ),
        (
            object(&json!({ "health": text, "widget": object(&json!({ "component": text })) })),
            "self.health.startsWith('ok') && self.widget.component.contains('a')",
            json!({ "health": "ok", "widget": { "component": "bar" } }),
            json!({ "health": "ok", "widget": { "component": "b" } }),
        ),
        (
            object(&json!({ "set1": texts, "set2": texts })),
            "self.set1.all(e, !(e in self.set2))",
            json!({ "set1": ["a"], "set2": ["b"] }),
            json!({ "set1": ["a"], "set2": ["a"] }),
        ),
        (
            object(&json!({ "names": texts, "details": counts })),
            "self.names.size() == self.details.size() && self.names.all(n, n in self.details)",
            json!({ "names": ["a"], "details": { "a": 1 } }),
            json!({ "names": ["a"], "details": { "b": 1 } }),
        ),
        (
            object(&json!({ "foo": { "x-kubernetes-int-or-string": true } })),
            "type(self.foo) == string ? self.foo == '5%' : self.foo == 5",
            json!({ "foo": "5%" }),
            json!({ "foo": 6 }),
        ),
        (
            counts.clone(),
            "self.all(key, self[key] > 0) && self.a == 1",
            json!({ "a": 1 }),
            json!({ "a": 1, "b": 0 }),
        ),
        (texts, "self.exists_one(it, it == 'a') && self[0] == 'a'", json!(["a", "b"]), json!(["a", "a"])),
    ]);
}

#[test]
fn functions_of_kubernetes_are_known() {
    let text = json!({ "type": "string" });
    let numbers = json!({ "type": "array", "items": { "type": "integer" } });
    judge(&[
        (
            text.clone(),
            "isURL(self) && url(self).getScheme() == 'https' && url(self).getHostname() == 'a'",
            json!("https://a:1/b"),
            json!("http://a"),
        ),
        (text.clone(), "isIP(self)", json!("10.0.0.1"), json!("10.0.0.01")),
        (text.clone(), "isCIDR(self)", json!("10.0.0.0/8"), json!("10.0.0.0/33")),
        (text.clone(), "self.find('[0-9]+') == '12'", json!("a12b3"), json!("a")),
        (
            text.clone(),
            "self.split('/').size() == 2 && self.lowerAscii() == self",
            json!("a/b"),
            json!("A/b"),
        ),
        (text.clone(), "self.replace('a', 'b').substring(1) == 'bc'", json!("aac"), json!("aaa")),
        (text.clone(), "self.trim().charAt(0) == 'x' && self.indexOf('y') == 2", json!(" xy"), json!(" zy")),
        (text, "'%s!'.format([self]) == 'a!' && ['a', 'b'].join('-') == 'a-b'", json!("a"), json!("b")),
        (
            numbers.clone(),
            "self.isSorted() && self.sum() == 6 && self.max() == 3 && self.min() == 1",
            json!([1, 2, 3]),
            json!([2, 1, 3]),
        ),
        (
            numbers.clone(),
            "self.indexOf(2) == 1 && self.lastIndexOf(2) == 2",
            json!([1, 2, 2]),
            json!([2, 1, 2]),
        ),
        (numbers, "self[?1].orValue(7) == 7 && math.greatest(self) == 1", json!([1]), json!([1, 2])),
        (
            object(&json!({ "a": { "type": "integer" } })),
            "self.?a.orValue(1) == 1",
            json!({}),
            json!({ "a": 2 }),
        ),
    ]);
}

/// A name for each that the table of names has: a rule that calls it is read, and what is no name is not.
#[test]
fn fields_are_called_what_cel_can_call_them() {
    for (field, name) in [
        ("a.b", "a__dot__b"),
        ("a-b", "a__dash__b"),
        ("a/b", "a__slash__b"),
        ("a__b", "a__underscores__b"),
        ("namespace", "__namespace__"),
        ("in", "__in__"),
        ("inner", "inner"),
        ("self", "self"),
    ] {
        let schema = object(&json!({ field: { "type": "integer" } }));
        assert_eq!(verdict(&schema, &format!("self.{name} == 1"), &json!({ field: 1 })), "holds", "{field}");
    }
    let open = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": { "a": { "type": "string" } } });
    assert_eq!(verdict(&open, "!has(self.b)", &json!({ "b": 1 })), "holds");
    let map = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    assert_eq!(verdict(&map, "self['a-b'] == 'c'", &json!({ "a-b": "c" })), "holds");
}

#[test]
fn what_is_not_there_is_absent_and_what_has_a_default_is_there() {
    let schema = object(&json!({
        "a": { "type": "integer" }, "b": { "type": "integer", "default": 3 },
        "c": { "type": "string", "nullable": true }, "d": { "type": "number" },
    }));
    for (rule, value, expected) in [
        ("!has(self.a)", json!({}), "holds"),
        ("!has(self.c)", json!({ "c": null }), "holds"),
        ("self.b == 3", json!({}), "holds"),
        ("self.d == 1.0 && self.d < 1.5", json!({ "d": 1 }), "holds"),
        ("self.a > 0 || self.b == 3", json!({}), "holds"),
        (
            "self.a > 0",
            json!({}),
            "`spec` of a Widget: a rule of its definition cannot be applied to it: there is no `a` (`self.a > 0`)",
        ),
        (
            "1 / self.a == 1",
            json!({ "a": 0 }),
            "`spec` of a Widget: a rule of its definition cannot be applied to it: it divides by zero (`1 / self.a == 1`)",
        ),
        (
            "duration(self.c) == duration('1s')",
            json!({ "c": "1 s" }),
            "`spec` of a Widget: a rule of its definition cannot be applied to it: `duration` does not take this (`duration(self.c) == duration('1s')`)",
        ),
    ] {
        assert_eq!(verdict(&schema, rule, &value), expected, "{rule}");
    }
}

/// Each item of a list and each value of a mapping is `self` of the rules at it, and the finding is at it.
#[test]
fn a_rule_is_of_the_place_where_it_is() {
    let item = json!({
        "type": "object", "properties": { "n": { "type": "string" }, "p": object(&json!({ "a.b": { "type": "integer" } })) },
        "x-kubernetes-validations": [{ "rule": "self.n != 'x'", "message": "x is taken", "fieldPath": ".n" }],
    });
    let schema = object(&json!({
        "list": { "type": "array", "items": item },
        "map": { "type": "object", "additionalProperties": item },
    }));
    let (unread, faults, gaps) =
        check(&schema, &json!({ "list": [{ "n": "a" }, { "n": "x" }], "map": { "k": { "n": "x" } } }));
    assert_eq!((unread.len(), gaps.len()), (0, 0));
    assert_eq!(
        faults,
        [
            "`spec.list.1.n` of a Widget: it breaks a rule of its definition: x is taken",
            "`spec.map.k.n` of a Widget: it breaks a rule of its definition: x is taken",
        ]
    );
}

#[test]
fn a_broken_rule_says_what_its_definition_makes_it_say() {
    let said = |rule: Value| {
        let mut schema = object(
            &json!({ "a": { "type": "integer" }, "m": { "type": "object", "additionalProperties": { "type": "string" } } }),
        );
        schema["x-kubernetes-validations"] = json!([rule]);
        let (_, faults, _) = check(&schema, &json!({ "a": 1, "m": { "k": "v" } }));
        let [one] = faults.as_slice() else { panic!("{faults:?}") };
        one.split_once("definition: ").unwrap().1.to_owned()
    };
    let no = "self.a > 1";
    assert_eq!(said(json!({ "rule": no })), "`self.a > 1`");
    assert_eq!(said(json!({ "rule": no, "message": "too\u{202e} few" })), "too\u{fffd} few");
    let reckoned = |it: &str| said(json!({ "rule": no, "message": "few", "messageExpression": it }));
    assert_eq!(reckoned("'only ' + string(self.a)"), "only 1");
    for none in ["''", "'a\\nb'", "self.b", "1", "nonsense(", "self.m.map(k, k).join('')"] {
        assert_eq!(reckoned(none), "few", "{none}");
    }
    assert_eq!(reckoned("has(self.a) ? self.m.k + self.m['k'] : string(self.m.size())"), "vv");
    let at = |path: &str| {
        let mut schema = object(
            &json!({ "a": { "type": "integer" }, "b.c": object(&json!({ "d": { "type": "integer" } })) }),
        );
        schema["x-kubernetes-validations"] = json!([{ "rule": no, "fieldPath": path }]);
        check(&schema, &json!({ "a": 1 })).1[0].split_once(" of a").unwrap().0.to_owned()
    };
    assert_eq!(
        (at(".a"), at("['b.c'].d"), at("a[")),
        ("`spec.a`".into(), "`spec.b.c.d`".into(), "`spec.a`".into())
    );
}

/// Whatever a definition of others asks for.
#[test]
fn what_may_be_a_credential_is_not_told() {
    let text = json!({ "type": "string" });
    let roles = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let mut schema = object(
        &json!({ "password": text, "apiKey": text, "api-key": text, "value": text, "all": { "type": "array", "items": text }, "roles": roles }),
    );
    let spec = json!({
        "password": "hunter2", "apiKey": "hunter2", "api-key": "hunter2", "value": "hunter2", "all": ["hunter2"],
        "roles": { "a": "b", "token": "hunter2" },
    });
    for (rule, why) in [
        ("self.roles[self.password] == 'x'", "there is no such key"),
        ("self.roles[self.all[0]] == 'hunter2'", "there is no such key"),
        ("self.roles['c'] == 'x'", "there is no `c`"),
        ("self.c == 'x'", "there is no `c`"),
    ] {
        let found = verdict(&schema, rule, &spec);
        assert!(found.contains(&format!("cannot be applied to it: {why} (`{rule}`)")), "{found}");
    }
    for told in [
        "self.password",
        "self['password']",
        "self.apiKey",
        "self.api__dash__key",
        "self.value",
        "self.roles.token",
        "self.roles[self.all[0] == 'hunter2' ? 'token' : 'a']",
        "self.?password.orValue('')",
        "'%s'.format([self.roles])",
        "'%s'.format([self])",
        "dyn(self).password",
        "self.all.map(it, it).join('')",
        "true ? 'it is ' + self.password : ''",
    ] {
        schema["x-kubernetes-validations"] =
            json!([{ "rule": "false", "message": "no", "messageExpression": told }]);
        let (_, faults, _) = check(&schema, &spec);
        assert_eq!(faults, ["`spec` of a Widget: it breaks a rule of its definition: no"], "{told}");
    }
    // A long rule is shown as far as it is told of, and a field that it names at its end is known.
    let long = format!("{}self.zz == 'a'", "1 == 1 && ".repeat(20));
    let found = verdict(&schema, &long, &spec);
    assert!(found.contains("there is no `zz`") && found.ends_with("1 == 1 && …`)"), "{found}");
}

/// Nothing was there before, when an object is made anew.
#[test]
fn rules_of_a_change_are_left() {
    let schema = object(&json!({ "a": { "type": "integer" } }));
    assert_eq!(verdict(&schema, "self.a == oldSelf.a", &json!({ "a": 1 })), "holds");
    let mut schema = schema;
    schema["x-kubernetes-validations"] =
        json!([{ "rule": "oldSelf.hasValue() || self.a == 1", "optionalOldSelf": true }]);
    assert_eq!(check(&schema, &json!({ "a": 1 })).1.len(), 0);
    assert_eq!(check(&schema, &json!({ "a": 2 })).1.len(), 1);
}

/// What is wrong is told by the schema; a field too many is taken away, and the rules are asked all the same.
#[test]
fn rules_are_not_asked_of_what_is_wrong_anyhow() {
    let schema = object(&json!({ "a": { "type": "integer", "maximum": 3 }, "b": { "type": "integer" } }));
    let mut schema = ruled(&schema, "self.a > 1");
    schema["properties"]["b"]["x-kubernetes-validations"] = json!([{ "rule": "self > 1" }]);
    let found = |value: Value| check(&schema, &value).1.len();
    assert_eq!(found(json!({ "a": 4, "b": 2 })), 1);
    assert_eq!(found(json!({ "a": "x", "b": 1 })), 2);
    assert_eq!(found(json!({ "a": 1, "b": 1, "c": 1 })), 3);
}

#[test]
fn what_cannot_be_evaluated_is_told() {
    let text = json!({ "type": "string" });
    let deep = format!("{}self != ''{}", "(".repeat(100), ")".repeat(100));
    let long = format!("self != '{}'", "a".repeat(4096));
    for (rule, why) in [
        ("self.isGreek()", "the function `isGreek` is not known here"),
        ("quantity(self).isGreaterThan(quantity('1'))", "the function `isGreaterThan` is not known here"),
        ("other != self", "`other` is not known here"),
        ("self.matches('\\\\p{Greek}')", "is of another dialect"),
        ("self ==", "it cannot be read: "),
        ("[1].all(i, v, v > 0)", "the function `all` is not known here"),
        ("Widget{a: 1} == self", "it makes an object of a type"),
        ("self > 1", "what it calls is not known here for such values"),
        ("self", "it answers neither `true` nor `false`"),
        ("", "it cannot be read: "),
        (&deep, "it is nested too deeply"),
        (&long, "it has more than 4096 bytes"),
    ] {
        let found = verdict(&text, rule, &json!("a"));
        assert!(found.starts_with("the rule `") && found.contains(why), "{rule}: {found}");
    }
    let time = json!({ "type": "string", "format": "duration" });
    let found = verdict(&time, "self > duration('1s')", &json!("2 weeks"));
    assert!(found.ends_with("a text that it is about cannot be read here"), "{found}");
    let branch =
        json!({ "type": "string", "anyOf": [{ "x-kubernetes-validations": [{ "rule": "self == 'a'" }] }] });
    assert_eq!(check(&branch, &json!("b")).0, ["the rule `self == 'a'`: it is of an alternative"]);
}

/// What the API server can reckon with, and nobody here, is no finding.
#[test]
fn functions_that_take_more_than_is_known_say_nothing() {
    let schema = object(&json!({ "d": { "type": "string", "format": "duration" } }));
    for rule in ["[duration('1s'), duration('2s')].sum() == duration('3s')", "'%s'.format([self.d]) == '1s'"]
    {
        let found = verdict(&schema, rule, &json!({ "d": "1s" }));
        assert!(found.ends_with("what it calls is not known here for such values"), "{rule}: {found}");
    }
}

/// Whoever writes a definition, the program ends, and says what it did not do.
#[test]
fn a_hostile_rule_ends() {
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let many = Value::from(vec!["a"; 2000]);
    let double = format!("['a']{} == []", ".map(x, x + x)".repeat(200));
    let nest = format!("['a']{} == []", ".map(x, [x, x])".repeat(200));
    let nine = format!("{}true{}", "self.all(x, ".repeat(9), ")".repeat(9));
    for rule in [
        "self.all(a, self.all(b, self.all(c, a == b && b == c)))",
        "self.map(a, self).map(b, self.map(c, self)).size() > 0",
        "self.all(a, self == self)",
        "!self.exists(a, self.exists(b, self.exists(c, a != b))) || true",
        "self.map(a, self.join('')).join('').replace('a', self.join('')) == ''",
        &double,
        &nest,
        &nine,
    ] {
        let found = verdict(&texts, rule, &many);
        assert!(found.ends_with("it does too much"), "{found}");
    }
    // What is optional is copied; and what is spent is not gone through for each turn that is left.
    let found = object(&json!({ "l": texts }));
    let many_more = json!({ "l": vec!["a"; 20_000] });
    for rule in [
        "self.l.all(x, self.?l.orValue([]).size() > 0)",
        "self.l.all(x, self[?'l'].hasValue())",
        "!self.l.exists(x, self.l.join('') == 'b')",
        "self.l.all(x, self.l == self.l)",
    ] {
        let said = verdict(&found, rule, &many_more);
        assert!(said.ends_with("it does too much"), "{rule}: {said}");
    }
    // Each item is little, and all are too much.
    let each = json!({ "type": "array", "items": ruled(&texts, "self.all(a, self.all(b, a == b))") });
    let (_, faults, gaps) = check(&each, &Value::from(vec![vec!["a"; 100]; 500]));
    assert_eq!((faults.len(), gaps.len()), (0, 1));
    assert!(gaps[0].ends_with("it does too much"), "{gaps:?}");
    // As deep as a rule of that length can be.
    for (rule, expected) in [
        (format!("1{} > self.size()", "+1".repeat(2030)), "holds"),
        (format!("{}(self.size() == 2000)", "!".repeat(4000)), "holds"),
        (format!("self{}.size() == 1", "[0]".repeat(1350)), "the rule"),
        (format!("self{} == 1", ".a".repeat(2000)), "the rule"),
        (format!("{}self.size() > 0", "self.size() > 0 && ".repeat(200)), "holds"),
    ] {
        let found = verdict(&texts, &rule, &many);
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn numbers_of_a_list_are_pairwise_compared_within_the_limits() {
    let list = json!({ "type": "array", "items": object(&json!({ "name": { "type": "string" }, "port": { "type": "integer" } })) });
    let rule = "self.all(l1, self.exists_one(l2, l1.name == l2.name && l1.port == l2.port))";
    let items: Vec<Value> = (0..64).map(|it| json!({ "name": format!("n{it}"), "port": it })).collect();
    let twice = [items.as_slice(), &items[..1]].concat();
    judge(&[(list, rule, json!(items), json!(twice))]);
}

#[test]
fn lists_whose_order_does_not_count_are_not_compared() {
    let set = json!({ "type": "array", "x-kubernetes-list-type": "set", "items": { "type": "string" } });
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let schema = object(&json!({
        "a-b": set, "l": list, "o": object(&json!({ "s": set })),
        "each": { "type": "array", "items": object(&json!({ "s": set, "t": { "type": "string" } })) },
    }));
    let value = json!({ "a-b": ["x", "y"], "l": ["x", "y"], "o": { "s": ["x"] }, "each": [{ "s": ["x"], "t": "x" }] });
    for rule in [
        "self.a__dash__b == self.l",
        "self.o != {'s': ['x']}",
        "(self.a__dash__b + ['z']).size() == 3",
        "self.each.all(it, it.s == ['x'])",
        "self.each[0].s == ['x']",
        "(self.l.size() > 5 ? self.l : self.o.s) == ['x']",
    ] {
        let found = verdict(&schema, rule, &value);
        assert!(found.ends_with("whose order does not count"), "{rule}: {found}");
    }
    for rule in [
        "self.l == ['x', 'y']",
        "self.a__dash__b.size() == 2 && 'y' in self.a__dash__b && self.a__dash__b[0] == 'x'",
        "self.a__dash__b != []",
        "self.each.all(it, it.t == 'x' && it.s.exists(s, s == it.t))",
    ] {
        assert_eq!(verdict(&schema, rule, &value), "holds", "{rule}");
    }
}
