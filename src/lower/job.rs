//! Jobs of the stack.

use crate::model::Moment;
use crate::resolve::{Component, Resolved};
use crate::stateful::{Bound, Plan};
use crate::workload::{Budget, Controller, Part, Pod, Run, Workload};

/// What a job of the stack needs in the cluster; nothing where its container runs in the pods of others.
pub(super) fn plan(resolved: &Resolved, component: &Component, bound: Bound) -> Plan {
    let Some(job) = resolved.job(component) else { return Plan::default() };
    let fields = &job.fields;
    let run = Run { retries: fields.retries, deadline: fields.deadline, restart: fields.restart };
    let controller = match &fields.run {
        Moment::Scheduled(schedule) => Controller::CronJob { schedule: (&**schedule).into(), run },
        Moment::Before(_) | Moment::After => Controller::Job(run),
    };
    let workload = Workload {
        name: component.called.to_string(),
        part: None,
        controller,
        pod: Pod {
            automount_token: job.pod.token(),
            annotations: bound.annotations,
            security: bound.security,
            grace: job.pod.grace,
            volumes: bound.volumes,
            init: bound.init,
            containers: std::iter::once(bound.container).chain(bound.sidecars).collect(),
            ..Pod::default()
        },
    };
    let part = Part { workload, services: Vec::new(), budget: Budget::None };
    Plan { parts: vec![part], files: bound.files, ..Plan::default() }
}
