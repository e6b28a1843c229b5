//! Text for the configuration of a proxy that all share.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG592",
    name: "ingress-snippet",
    severity: Warning,
    docs: "\
## What it finds
An annotation of an Ingress that puts text into the configuration of NGINX (`nginx.ingress.kubernetes.io/server-snippet` and the like).

## Why it matters
The controller runs the text with its own rights: it reads all Secrets with certificates of the cluster (CVE-2021-25742), and one broken line takes down the hosts of all. Newer controllers refuse such objects unless they are told otherwise.

## Example
```yaml
kind: Ingress
metadata: { annotations: { nginx.ingress.kubernetes.io/server-snippet: \"location /x { return 204; }\" } }
```

## What to do
Use the annotation that is for it, or let the program answer.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if object.kind != "Ingress" {
        return;
    }
    for (key, at) in object.root.below("metadata.annotations").entries() {
        // Controllers have a prefix of their own; the words are the same.
        if key.ends_with("-snippet") || key.ends_with("-snippets") {
            sink.push(
                at.found(&CODE, format!("`{key}` is run with the rights of the controller"))
                    .help("use the annotation that is for it, or let the program answer"),
            );
        }
    }
}
