//! Jobs that a container beside them keeps from ending.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::k8s::Object;
use crate::mesh;
use crate::resolve::{Component, NATIVE_SIDECARS};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Object(check) };

static CODE: Code = Code {
    id: "SG456",
    name: "job-kept-alive",
    severity: Error,
    docs: "\
## What it finds
A Job or CronJob, of the stack or of a tier, in a mesh of sidecars whose Istio is older than 1.24; or with `sidecars` on a Kubernetes older than 1.29.

## Why it matters
There, a proxy or sidecar is a container like the others: it goes on when the job is done, and the Job never ends. What waits for it waits for ever. From these versions on it is a native sidecar, which ends with the others.

## Example
```yaml
cluster: { istio: \"1.23\" }
mesh: { istio: { mode: sidecar } }
jobs: { migrate: { run: { before-rollout: [ api ] } } }
```

## What to do
Use Istio 1.24 and Kubernetes 1.29 or newer, or Istio's ambient mode, where pods have no proxy. Or keep the job out of the mesh, `labels: { sidecar.istio.io/inject: \"false\" }`, where what it calls lets in callers without an identity.
",
};

/// The label by which a pod keeps Istio's proxy away (istio.io, "Installing the Sidecar").
const INJECT: &str = "sidecar.istio.io/inject";

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    let (Object::Job(_) | Object::CronJob(_), Some(component)) = (object, component) else { return };
    let Some(template) = object.pod_template() else { return };
    let cluster = &facts.resolved.stack.cluster;
    let labels = template.metadata.as_ref().and_then(|it| it.labels.as_ref());
    let refuses = labels.and_then(|it| it.get(INJECT)).is_some_and(|it| it == "false");
    if mesh::late_proxy(facts.resolved, component) && !refuses {
        let message = format!("the Job of `{}` never ends on Istio {}", component.name, cluster.istio);
        sink.push(
            Diagnostic::at_key(&CODE, component.route(), message)
                .note("the proxy goes on when the job is done")
                .help("use Istio 1.24 or newer or its ambient mode, or keep the job out of the mesh"),
        );
    }
    let several = template.spec.as_ref().is_some_and(|it| it.containers.len() > 1);
    if several && cluster.kubernetes < NATIVE_SIDECARS {
        let at = component.route().join("sidecars");
        let message =
            format!("the Job of `{}` never ends on Kubernetes {}", component.name, cluster.kubernetes);
        sink.push(
            Diagnostic::at_key(&CODE, &at, message)
                .note("a sidecar goes on when the job is done")
                .help(format!("use Kubernetes {NATIVE_SIDECARS} or newer, or leave the sidecar out")),
        );
    }
}
