//! Images whose content can change under their name.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::Pin;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG320",
    name: "unpinned-image",
    severity: Error,
    docs: "\
## What it finds
An image without tag and digest, or with the tag `latest`.

## Why it matters
Two pods of one Deployment may run different programs, and a rollback changes nothing.

## Example
```yaml
services: { web: { image: nginx } }
```

## What to do
Name a version (`nginx:1.29`), or better a digest.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for one in facts.resolved.containers(component) {
        let image = &one.container.image;
        let message = match image.pin() {
            Pin::None => format!("image `{image}` has neither tag nor digest"),
            Pin::Tag("latest") => format!("image `{image}` is whatever is newest"),
            Pin::Tag(_) | Pin::Digest(_) => continue,
        };
        sink.push(
            Diagnostic::at_value(&CODE, &one.at().join("image"), message)
                .note("a pod that restarts may run another program than its neighbour")
                .help("name a version or a digest"),
        );
    }
}
