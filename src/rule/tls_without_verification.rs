//! TLS that trusts everybody.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG567",
    name: "tls-without-verification",
    severity: Warning,
    docs: "\
## What it finds
A DestinationRule with TLS of the mode `SIMPLE` or `MUTUAL` and neither `caCertificates` nor, for the pods of a `workloadSelector`, `credentialName`.

## Why it matters
The certificate of the other side is not checked: whoever is between them reads and changes everything.

## Example
```yaml
kind: DestinationRule
spec: { host: db.example.com, trafficPolicy: { tls: { mode: SIMPLE } } }
```

## What to do
Give `caCertificates`: a file of the proxy, or `system`.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if object.kind != "DestinationRule" {
        return;
    }
    let policy = object.root.below("spec.trafficPolicy");
    let chosen = object.root.below("spec.workloadSelector").is_written();
    let ports = policy.below("portLevelSettings").items();
    let own = std::iter::once((policy.below("tls"), "all ports"));
    for (tls, of) in own.chain(ports.iter().map(|it| (it.below("tls"), "one port"))) {
        let mode = tls.below("mode");
        let checked = !tls.below("caCertificates").text().is_empty()
            || (chosen && tls.below("credentialName").is_written());
        if matches!(mode.text(), "SIMPLE" | "MUTUAL") && !checked {
            sink.push(
                mode.found(&CODE, format!("the certificate of the other side is not checked, of {of}"))
                    .help("give `caCertificates`"),
            );
        }
    }
}
