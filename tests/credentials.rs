//! No report shows the value of a credential, whatever is found of it or beside it, in any format.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// What no report shows.
const VALUES: [&str; 2] = ["hunter2xx", "48151623"];

/// Objects with a value that no report shows, and something that is found of them.
const OBJECTS: &[&str] = &[
    "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { p: \"hunter2xx }\n",
    "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData:\n\tp: hunter2xx\n",
    "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { p: hunter2xx, p: hunter2xx }\n",
    "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { p: *hunter2xx }\n",
    "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringdata: { p: hunter2xx }\n",
    "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { password: 48151623 }\n",
    "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: hunter2xx\n",
    r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","labels":{"a":1}},"stringData":{"p":"hunter2xx"}}"#,
    r#"{"kind":"List","apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"stringData":{"p":"hunter2xx"}},{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}]}"#,
    "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [ { name: a, image: b:1, env: [ { name: DB_PASSWORD, value: hunter2xx } ] } ] }\n",
    "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [ { name: a, image: b:1, env: [ { name: DB_PASSWORD, value: hunter2xx }, { name: DB_PASSWORD, value: hunter2xx } ] } ] }\n",
    "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers:\n  - name: a\n    image: b:1\n    env:\n    - name: DB_PASSWORD\n      value: 48151623\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  password: 48151623\n",
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: ws.example.com }\nspec: { group: example.com, scope: Cluster, names: { plural: ws, kind: W }, versions: [ { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { password: { type: string }, roles: { type: object, additionalProperties: { type: string } } }, x-kubernetes-validations: [ { rule: \"false\", messageExpression: \"self.password\" } ] } } } } } ] }\n---\napiVersion: example.com/v1\nkind: W\nmetadata: { name: a }\nspec:\n  roles: { a: b }\n  password: hunter2xx\n",
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: { name: ws.example.com }\nspec: { group: example.com, scope: Cluster, names: { plural: ws, kind: W }, versions: [ { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { password: { type: string }, roles: { type: object, additionalProperties: { type: string } } }, x-kubernetes-validations: [ { rule: \"self.roles[self.password] == self.password\" } ] } } } } } ] }\n---\napiVersion: example.com/v1\nkind: W\nmetadata: { name: a }\nspec:\n  roles: { a: b }\n  password: hunter2xx\n",
];

#[test]
fn no_format_shows_a_credential() {
    let mut shown = Vec::new();
    for object in OBJECTS {
        for format in ["human", "short", "json", "github", "sarif"] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_stackgen"))
                .args(["check", "--diagnostics", format, "--manifests", "-"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(object.as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            let said = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap()).concat();
            assert!(said.contains("SG"), "{format}: {object}\n{said}");
            if VALUES.iter().any(|it| said.contains(it)) {
                shown.push(format!("{format}: {object}\n{said}"));
            }
        }
    }
    assert!(shown.is_empty(), "{} shown:\n{}", shown.len(), shown.join("\n"));
}
