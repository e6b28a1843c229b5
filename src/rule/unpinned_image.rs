//! Images whose content can change under their name.

use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::{Image, Pin};
use crate::resolve::Component;

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Component(check), Check::Written(written)]) };

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
        let at = one.at().join("image");
        sink.extend(judge(image).map(|it| complete(Diagnostic::at_value(&CODE, &at, it))));
    }
}

fn judge(image: &Image) -> Option<String> {
    match image.pin() {
        Pin::None => Some(format!("image `{image}` has neither tag nor digest")),
        Pin::Tag("latest") => Some(format!("image `{image}` is whatever is newest")),
        Pin::Tag(_) | Pin::Digest(_) => None,
    }
}

fn complete(found: Diagnostic) -> Diagnostic {
    found
        .note("a pod that restarts may run another program than its neighbour")
        .help("name a version or a digest")
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let at = container.spot.below("image");
        let Ok(image) = Image::parse(at.text()) else { continue };
        sink.extend(judge(&image).map(|it| complete(at.found(&CODE, it))));
    }
}
