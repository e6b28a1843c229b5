//! ConfigMaps that the API server refuses.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink};
use crate::resolve::Component;
use crate::workload::ConfigFiles;

/// What the values of a ConfigMap may come to, in bytes (`MaxSecretSize` in Kubernetes' validation).
const MOST: usize = 1 << 20;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Files(check) };

static CODE: Code = Code {
    id: "SG610",
    name: "config-too-large",
    severity: Error,
    docs: "\
## What it finds
Files of a component, a folder of files, or a config, that come to more than 1 MiB.

## Why it matters
They become one ConfigMap, and the API server refuses one that is larger.

## Example
```yaml
services: { web: { files: { /srv/cities.json: { file: cities.json } } } }      # 4 MB
```

## What to do
Put the data into the image or a bucket; or mount it in several folders, each of which is a ConfigMap of its own.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, files: &ConfigFiles, sink: &mut Sink) {
    let size: usize = files.files.values().map(String::len).sum();
    if size <= MOST {
        return;
    }
    let written = component.map(|it| it.route().join("files")).filter(|it| facts.is_written(it));
    let owner = component.map(|it| it.route().clone());
    let at = written.or(owner).unwrap_or_else(|| Route::of(&["configs", &files.name]));
    let message = format!("the ConfigMap `{}` has {size} bytes, {MOST} are possible", files.name);
    sink.push(
        Diagnostic::at_key(&CODE, &at, message)
            .note("the API server refuses it")
            .help("put the data into the image or a bucket, or into several folders"),
    );
}
