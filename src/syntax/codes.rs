//! What the readers of YAML and `.env` files report: the band SG001 to SG019.

use crate::diag::{Code, Severity};

/// Every code of this band, in order.
pub const ALL: &[&Code] = &[
    &SYNTAX,
    &DUPLICATE_KEY,
    &FILE_TOO_LARGE,
    &NOT_TEXT,
    &NESTED_TOO_DEEP,
    &TOO_MANY_NODES,
    &SEVERAL_DOCUMENTS,
    &KEY_NOT_A_STRING,
    &UNSUPPORTED_TAG,
    &MERGE_KEY,
    &UNDEFINED_ALIAS,
    &CONTROL_CHARACTER,
    &EMPTY_DOCUMENT,
    &NOT_AN_ASSIGNMENT,
];

/// The text is not YAML.
pub static SYNTAX: Code = Code {
    id: "SG001",
    name: "invalid-yaml",
    severity: Severity::Error,
    docs: r#"## What it finds
Text that is not YAML: a tab used for indentation, a quote or bracket that is never closed, a line whose
indentation fits no level above it, a second `: ` in an unquoted value.

## Why it matters
Past such a place it is not known what the rest of the file means, so the file is read no further. What was
found before it is reported as well.

## Example
```yaml
services:
  iam:
    command: run: fast
```

## What to do
Correct the place that is marked. Most values that break YAML are sound once quoted: `command: "run: fast"`.
"#,
};

/// A key stands twice in one mapping.
pub static DUPLICATE_KEY: Code = Code {
    id: "SG002",
    name: "duplicate-key",
    severity: Severity::Error,
    docs: r"## What it finds
A key that stands twice in one mapping of a YAML file, or twice in a `.env` file. Keys are compared as text,
so `1` and `'1'` are the same.

## Why it matters
Readers disagree on which of the two counts, and most of them drop one in silence. The change that someone made
to the other one then never happens.

## Example
```yaml
iam:
  replicas: 2
  image: iam:1.4
  replicas: 3
```

## What to do
Keep one of them. The rest of the file is checked with the first.
",
};

/// The file is larger than anything a person writes.
pub static FILE_TOO_LARGE: Code = Code {
    id: "SG003",
    name: "file-too-large",
    severity: Severity::Error,
    docs: r"## What it finds
A file of more than 4 MiB.

## Why it matters
A stack of a thousand services takes about 1 MB. Something larger is the wrong file: a dump, an archive, a
rendered tree. Reading stops here so that such a file costs neither time nor memory.

## Example
```sh
stackgen render database-dump.yaml
```

## What to do
Name the right file. Move large data out of the stack into a file that the stack refers to, or split the stack.
",
};

/// Bytes that are not UTF-8 text.
pub static NOT_TEXT: Code = Code {
    id: "SG004",
    name: "not-text",
    severity: Severity::Error,
    docs: r"## What it finds
A file that is not UTF-8 text: a byte sequence that UTF-8 does not have, UTF-16, or a NUL byte, which only
binary files have.

## Why it matters
Guessing an encoding changes names and passwords in silence.

## Example
```text
a stack saved as UTF-16 by a Windows editor
```

## What to do
Save the file as UTF-8, or name the right file.
",
};

/// Nesting beyond the limit.
pub static NESTED_TOO_DEEP: Code = Code {
    id: "SG005",
    name: "nested-too-deep",
    severity: Severity::Error,
    docs: r"## What it finds
Mappings and lists nested more than 64 levels deep, counted after every alias is replaced by what it stands for.

## Why it matters
No stack needs a fifth of it. Such depth comes from a broken generator, or is meant to exhaust a reader.

## Example
```yaml
value: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
```

## What to do
Flatten the value, or mend what generates the file.
",
};

/// More values than the limit, aliases expanded.
pub static TOO_MANY_NODES: Code = Code {
    id: "SG006",
    name: "too-many-nodes",
    severity: Severity::Error,
    docs: r"## What it finds
A file that holds more than 1,000,000 keys and values once every alias is replaced by what it stands for.

## Why it matters
Aliases of aliases grow exponentially: a file of 300 bytes can stand for billions of values (a 'YAML bomb') and
would exhaust every later stage.

## Example
```yaml
a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
# … and so on
```

## What to do
Use fewer aliases of aliases. A stack that truly is this large is better split.
",
};

/// More than one document in a file.
pub static SEVERAL_DOCUMENTS: Code = Code {
    id: "SG007",
    name: "several-documents",
    severity: Severity::Error,
    docs: r"## What it finds
A second YAML document in one file, begun by `---` or after `...`.

## Why it matters
A file is one layer of the stack. It is not defined how several documents would combine, and most readers take
the first and drop the rest in silence.

## Example
```yaml
services: {}
---
services: {}
```

## What to do
Put each document into a file of its own, and remove a trailing `---`.
",
};

/// A key that is a mapping, a list or null.
pub static KEY_NOT_A_STRING: Code = Code {
    id: "SG008",
    name: "key-not-a-string",
    severity: Severity::Error,
    docs: r#"## What it finds
A key that is a mapping, a list, or null. Numbers and booleans are taken as their text.

## Why it matters
JSON, and so every Kubernetes object, has string keys only. Most often such a key was not meant at all: an
unquoted `{{ name }}` is a mapping whose key is a mapping.

## Example
```yaml
image: {{ registry }}
```

## What to do
Quote the value, `image: "{{ registry }}"`, or write the key as a string.
"#,
};

/// A tag beyond those of the core schema, or one that its value contradicts.
pub static UNSUPPORTED_TAG: Code = Code {
    id: "SG009",
    name: "unsupported-tag",
    severity: Severity::Error,
    docs: r"## What it finds
A tag other than `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map`, or one of these on a value
that is not of its type.

## Why it matters
Tags such as `!vault` or `!Ref` are instructions to another program. Here they would have no effect, and the value
would be taken for what it is not.

## Example
```yaml
password: !vault secret/data/iam#password
replicas: !!int three
```

## What to do
Remove the tag. Use `!!str` or quotes to make a string of something that looks like a number.
",
};

/// `<<`.
pub static MERGE_KEY: Code = Code {
    id: "SG010",
    name: "merge-key",
    severity: Severity::Error,
    docs: r"## What it finds
A key `<<`.

## Why it matters
Merge keys are an extension of YAML 1.1 that readers treat differently, and Kustomize drops a key `<<`. A value
that comes out of a merge also has no single place that a message could show.

## Example
```yaml
base: &base { replicas: 2 }
iam:
  <<: *base
  image: iam:1.4
```

## What to do
Use a profile for what several services share, or an anchor on the whole value (`resources: *small`).
",
};

/// `*name` without `&name` before it.
pub static UNDEFINED_ALIAS: Code = Code {
    id: "SG011",
    name: "undefined-alias",
    severity: Severity::Error,
    docs: r"## What it finds
An alias `*name` with no anchor `&name` before it in the same file, or inside the very value that it names.

## Why it matters
It stands for nothing. Often it is not meant as an alias: an unquoted value cannot begin with `*`.

## Example
```yaml
iam:
  resources: *smal
```

## What to do
Define the anchor earlier in the same file, correct the name, or quote a value that begins with `*`.
",
};

/// A character that Kustomize or the API server would change or refuse.
pub static CONTROL_CHARACTER: Code = Code {
    id: "SG012",
    name: "control-character",
    severity: Severity::Error,
    docs: r#"## What it finds
U+0000 to U+001F (except tab, line feed and carriage return), U+007F to U+009F, U+FFFE and U+FFFF, written as such
anywhere in the file, or as an escape in a double-quoted key or value.

## Why it matters
Kustomize fails on most of these characters and turns U+0085 into a blank, so the value that arrives in the cluster
is not the one that was written.

## Example
```yaml
prompt: "\e[1m$ "
```

## What to do
Remove the character. Give binary content in base64, as a file, or let the program unescape it.
"#,
};

/// Nothing but blanks and comments.
pub static EMPTY_DOCUMENT: Code = Code {
    id: "SG013",
    name: "empty-document",
    severity: Severity::Error,
    docs: r"## What it finds
A file that holds nothing but blanks and comments.

## Why it matters
It says nothing about the stack, so it is a file that was not saved, the wrong file, or one left over.

## Example
```yaml
# services:
#   iam: {}
```

## What to do
Write the document, or remove the file from the stack. `{}` is an empty mapping.
",
};

/// A line of a `.env` file that assigns nothing.
pub static NOT_AN_ASSIGNMENT: Code = Code {
    id: "SG014",
    name: "not-an-assignment",
    severity: Severity::Error,
    docs: r#"## What it finds
A line of a `.env` file that is not `KEY=value`: no `=`, a key with characters that the name of an environment
variable cannot have, a quote that is never closed, or text after a closed quote.

## Why it matters
Readers of `.env` files skip or truncate such lines in silence, each in its own way.

## Example
```sh
DATABASE_URL
2FA=on
GREETING="hello" world
```

## What to do
Write `KEY=value`. A key has letters, digits, `_`, `.` and `-`, and does not begin with a digit. Quote values that
hold `#` after a blank, quotes or line breaks.
"#,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_documented() {
        for (at, code) in ALL.iter().enumerate() {
            assert_eq!(code.id, format!("SG{:03}", at + 1));
            assert!(code.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", code.name);
            assert!(!code.acceptable(), "{} is syntax", code.id);
            let sections: Vec<&str> = code.docs.lines().filter(|line| line.starts_with("## ")).collect();
            let expected = ["## What it finds", "## Why it matters", "## Example", "## What to do"];
            assert_eq!(sections, expected, "{}", code.id);
        }
        let mut names: Vec<&str> = ALL.iter().map(|code| code.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
