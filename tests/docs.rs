//! `docs/rules.md` and `docs/language.md` are made from the catalogue and the schema, so that they cannot lag behind.
//! `UPDATE_DOCS=1 cargo test docs` rewrites them.

use std::collections::VecDeque;
use std::fmt::Write;

use serde_json::{Map, Value};

#[test]
fn rules() {
    crate::support::up_to_date("docs/rules.md", &rules_page(), "UPDATE_DOCS");
}

#[test]
fn language() {
    let schema: Value = serde_json::from_str(&crate::support::result(&["schema"])).unwrap();
    crate::support::up_to_date("docs/language.md", &Language::new(&schema).page(), "UPDATE_DOCS");
}

#[test]
fn engines() {
    crate::support::up_to_date("docs/engines/README.md", &engines_page(), "UPDATE_DOCS");
}

fn engines_page() -> String {
    let intro = std::fs::read_to_string(crate::support::project().join("docs/engines/intro.md")).unwrap();
    let mut out = intro;
    out.push_str(
        "\n## Images\n\n\
        | kind | image | default | user:group | on Alpine | ports | configuration | ready when | seconds to stop |\n\
        |---|---|---|---|---|---|---|---|---|\n",
    );
    for (kind, table) in stackgen::stateful::tables() {
        let Some(it) = table else { continue };
        let user = |user: stackgen::stateful::release::User| format!("{}:{}", user.uid, user.gid);
        let ports: Vec<String> = it.ports.iter().map(|(name, number)| format!("{name} {number}")).collect();
        let (ports, alpine) = (ports.join(", "), it.alpine.map(user).unwrap_or_default());
        let page = format!("docs/engines/{kind}.md");
        assert!(crate::support::project().join(&page).exists(), "{page} is missing");
        writeln!(
            out,
            "| [`{kind}`]({kind}.md) | `{}` | `{}` | {} | {alpine} | {ports} | `{}` | {} | {} |",
            it.image,
            it.default,
            user(it.user),
            it.config,
            it.ready,
            it.drain
        )
        .unwrap();
    }
    out.push_str(
        "\n## Network file systems\n\n\
        What the makers say of data on a file server, by NFS or SMB. What they rule out is an error (SG317), the rest a warning.\n\n\
        | kind | SG317 is | known | source |\n|---|---|---|---|\n",
    );
    for (kind, table) in stackgen::stateful::tables() {
        let Some(it) = table.map(|it| it.network_storage) else { continue };
        let level = if it.ruled_out { "an error" } else { "a warning" };
        writeln!(
            out,
            "| [`{kind}`]({kind}.md#on-a-network-file-system) | {level} | {} | {} |",
            it.known, it.source
        )
        .unwrap();
    }
    out.push_str(
        "\n## Release lines\n\n\
        A version that no line knows is refused.\n\n\
        | kind | line | data is mounted at | last release |\n|---|---|---|---|\n",
    );
    for (kind, table) in stackgen::stateful::tables() {
        for line in table.map(|it| it.lines).unwrap_or_default() {
            let end = line.end_of_life.unwrap_or("not fixed");
            writeln!(out, "| `{kind}` | {} | `{}` | {end} |", line.version, line.mount).unwrap();
        }
    }
    out
}

/// What the first digit of a code means.
const BANDS: [(char, &str); 10] = [
    ('0', "Syntax and files"),
    ('1', "Shape"),
    ('2', "References and environments"),
    ('3', "Availability and data safety"),
    ('4', "Security and secrets"),
    ('5', "Network and mesh"),
    ('6', "Generated objects and platform versions"),
    ('7', "Output"),
    ('8', "Other"),
    ('9', "Inside stackgen"),
];

fn rules_page() -> String {
    let mut out = "# Findings\n\n\
        Everything that stackgen can report. `stackgen explain CODE` prints the same. Codes keep their meaning for ever.\n\
        A finding that a stack may live with is *acceptable*: `accept:` names it, with a reason.\n\
        It is then counted, and listed with its reason by `-v` and `--diagnostics json`.\n"
        .to_owned();
    let all = stackgen::catalogue::all();
    for (digit, title) in BANDS {
        let band: Vec<_> = all.iter().filter(|it| it.id.as_bytes()[2] == digit as u8).collect();
        if band.is_empty() {
            continue;
        }
        write!(out, "\n## {title}\n\n| code | name | level | acceptable |\n|---|---|---|---|\n").unwrap();
        for it in &band {
            let acceptable = if it.acceptable() { "yes" } else { "no" };
            writeln!(
                out,
                "| [{0}](#{1}) | `{2}` | {3} | {acceptable} |",
                it.id,
                anchor(it.id),
                it.name,
                it.severity
            )
            .unwrap();
        }
        for it in &band {
            let page: String = it.docs.trim().lines().map(|line| deeper(line) + "\n").collect();
            write!(out, "\n### {}\n`{}`, {}\n\n{page}", it.id, it.name, it.severity).unwrap();
        }
    }
    out
}

/// Headings of a rule's page below the rule's own.
fn deeper(line: &str) -> String {
    if line.starts_with("## ") { format!("##{line}") } else { line.to_owned() }
}

fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

/// The schema as tables.
struct Language<'a> {
    root: &'a Value,
    types: &'a Map<String, Value>,
}

impl<'a> Language<'a> {
    fn new(root: &'a Value) -> Self {
        Self { root, types: root["$defs"].as_object().unwrap() }
    }

    fn page(&self) -> String {
        let intro =
            std::fs::read_to_string(crate::support::project().join("docs/language-intro.md")).unwrap();
        let mut out = intro.trim_end().to_owned();
        out.push_str("\n\n## The stack file\n\n");
        self.table(self.root, &mut out);
        for name in self.order() {
            let it = &self.types[&name];
            write!(out, "\n### {name}\n\n{}\n\n", text(it)).unwrap();
            if it["properties"].is_object() && it.get("allOf").is_none() {
                self.table(it, &mut out);
            } else {
                let kind = self.body(it);
                writeln!(out, "Written as: {kind}.").unwrap();
            }
        }
        out
    }

    fn table(&self, schema: &Value, out: &mut String) {
        out.push_str("| field | holds | default | meaning |\n|---|---|---|---|\n");
        for (name, field) in schema["properties"].as_object().unwrap() {
            let default = field.get("default").map(|it| format!("`{it}`")).unwrap_or_default();
            // An environment's sections are those of the stack.
            let meaning = field.get("description").map_or("As in the stack.".to_owned(), |_| text(field));
            let row =
                format!("| `{name}` | {} | {default} | {meaning} |", self.kind(field).replace('|', "\\|"));
            writeln!(out, "{}", row.replace("|  |", "| |")).unwrap();
        }
    }

    /// Every type in the order in which a reader meets it, but environments, which repeat the stack, at the end.
    fn order(&self) -> Vec<String> {
        let (mut found, mut queue) = (Vec::new(), VecDeque::from([self.root]));
        while let Some(next) = queue.pop_front() {
            let without = next.as_object().map(|it| it.iter().filter(|(key, _)| *key != "$defs"));
            let below = without.into_iter().flatten().map(|(_, it)| it);
            if let Some(name) = next["$ref"].as_str().map(own_name)
                && !found.contains(&name)
            {
                queue.push_back(&self.types[&name]);
                found.push(name);
            }
            queue.extend(below.chain(next.as_array().into_iter().flatten()));
        }
        assert_eq!(found.len(), self.types.len(), "types that nothing refers to");
        found.sort_by_key(|it| it == "Environment");
        found
    }

    /// A type in words, for a cell.
    fn kind(&self, schema: &Value) -> String {
        match schema["$ref"].as_str().map(own_name) {
            Some(name) => format!("[{name}](#{})", anchor(&name)),
            None => self.body(schema),
        }
    }

    fn body(&self, schema: &Value) -> String {
        if let Some(alternatives) = schema["anyOf"].as_array() {
            let mut kinds: Vec<String> = Vec::new();
            for it in alternatives.iter().filter(|it| !is_reference(it) && it["type"] != "null") {
                let kind = self.kind(it);
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            return kinds.join(" or ");
        }
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<String> = words.iter().map(|it| format!("`{}`", it.as_str().unwrap())).collect();
            return words.join(", ");
        }
        if let Some(kinds) = schema["allOf"].as_array() {
            let kinds: Vec<String> = kinds
                .iter()
                .filter_map(|it| {
                    Some((it["if"]["properties"]["kind"]["const"].as_str()?, self.kind(&it["then"])))
                })
                .map(|(kind, it)| format!("`kind: {kind}` {it}"))
                .collect();
            return kinds.join(", ");
        }
        if let Some(entries) = schema["patternProperties"].as_object() {
            let value = entries.values().next().unwrap();
            return format!("map of {}", self.kind(value));
        }
        let words = match &schema["type"] {
            Value::Array(words) => {
                words.iter().map(|it| it.as_str().unwrap()).filter(|it| *it != "null").collect()
            }
            word => vec![word.as_str().unwrap_or("anything")],
        };
        match words.as_slice() {
            ["array"] => format!("list of {}", self.kind(&schema["items"])),
            ["string"] => schema["pattern"].as_str().map_or("text".to_owned(), |it| format!("text `{it}`")),
            ["object"] => "mapping".to_owned(),
            ["boolean"] => "true or false".to_owned(),
            ["string", "number", "boolean"] => "text".to_owned(),
            words => words.join(" or "),
        }
    }
}

fn own_name(reference: &str) -> String {
    reference.rsplit('/').next().unwrap_or_default().to_owned()
}

/// A reference may stand for almost any scalar; the introduction says so once.
fn is_reference(schema: &Value) -> bool {
    schema["pattern"] == "\\$\\{"
}

/// The description on one line.
fn text(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
