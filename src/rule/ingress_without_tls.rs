//! Ways in that nothing encrypts.

use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Info, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG591",
    name: "ingress-without-tls",
    severity: Info,
    docs: "\
## What it finds
An Ingress without `tls` and without an annotation that gives a load balancer of AWS or Google its certificate.

## Why it matters
Whoever is between a browser and the cluster reads what is sent, cookies and passwords among it, and may change it.

## Example
```yaml
kind: Ingress
spec: { rules: [ { host: shop.example.com } ] }
```

## What to do
Write `tls` with the hosts and the name of a Secret, which cert-manager may fill. Where something before the cluster ends TLS, there is nothing to do.
",
};

/// What load balancers of clouds take certificates from: <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/>,
/// <https://cloud.google.com/kubernetes-engine/docs/concepts/ingress-xlb>.
const CERTIFICATES: [&str; 3] = [
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
];

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let spec = object.root.below("spec");
    let annotations = object.root.below("metadata.annotations");
    let none = spec.below("tls").items().is_empty()
        && CERTIFICATES.iter().all(|it| annotations.key(it).text().is_empty());
    if matches!((object.group, object.kind), ("networking.k8s.io" | "extensions", "Ingress")) && none {
        sink.push(
            spec.found(&CODE, format!("nothing encrypts what the {} takes", object.title()))
                .help("write `tls` with the hosts and the name of a Secret"),
        );
    }
}
