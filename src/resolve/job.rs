//! Jobs: how each comes to run, what waits for it, and what comes when.

use std::collections::BTreeSet;

use super::{Component, Edge, Resolved, Section, codes};
use crate::diag::{At, Diagnostic, Part, Sink, nearest};
use crate::model::{Gitops, Job, Moment, Name, Volume};

/// How a job comes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The tool that applies the stack runs it, and deletes the one before: its name stays.
    Hook(Hook),
    /// As any object, at the right time: it is named after its content.
    Applied,
    /// Not by itself: its container runs first in each pod that waits for it.
    Gate,
    /// By a `CronJob`.
    Scheduled,
}

/// A tool with hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Argo CD.
    ArgoCd,
    /// Helm.
    Helm,
}

/// When a component is applied, where a tool runs jobs before others. Without such jobs, all is [`Phase::Base`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// First: what jobs need, and all that waits for none. What no component owns belongs here, too.
    #[default]
    Base,
    /// A job that others wait for.
    Before,
    /// What waits for a job, and what uses that.
    Rollout,
    /// A job that runs once everything is there.
    After,
}

impl Resolved {
    /// The job behind a component, if it is one.
    #[must_use]
    pub fn job(&self, component: &Component) -> Option<&Job> {
        (component.section == Section::Jobs).then(|| &self.stack.jobs[component.index])
    }

    /// How a job comes to run; none for other components.
    #[must_use]
    pub fn delivery(&self, component: &Component) -> Option<Delivery> {
        let moment = &self.job(component)?.fields.run;
        Some(match (moment, &self.stack.gitops) {
            (Moment::Scheduled(_), _) => Delivery::Scheduled,
            (_, Some(Gitops::ArgoCd(_))) => Delivery::Hook(Hook::ArgoCd),
            (_, Some(Gitops::Helm(_))) => Delivery::Hook(Hook::Helm),
            (_, Some(Gitops::Flux(_))) | (Moment::After, None) => Delivery::Applied,
            (Moment::Before(_), None) if self.is_compose() => Delivery::Applied,
            (Moment::Before(_), None) => Delivery::Gate,
        })
    }

    /// The components whose pods mount a claim of the stack.
    pub fn mounting<'a>(&'a self, claim: &'a str) -> impl Iterator<Item = &'a Component> {
        let mounts = move |component: &&Component| {
            let pod = self.pod(component);
            let mut volumes = pod.into_iter().flat_map(|(_, pod)| pod.volumes.values());
            volumes.any(|it| matches!(it, Volume::Shared(it) if it.claim.as_str() == claim))
        };
        self.components.values().filter(mounts)
    }

    /// When a claim of the stack is applied: with the first pods that mount it, because it may wait for them. A hook of Argo
    /// CD is no part of its stage: what it mounts is there before.
    #[must_use]
    pub fn phase_of_claim(&self, claim: &str) -> Phase {
        let first = self.mounting(claim).map(|it| it.phase).min().unwrap_or_default();
        let hooked = first == Phase::Before && matches!(self.stack.gitops, Some(Gitops::ArgoCd(_)));
        if hooked { Phase::Base } else { first }
    }

    /// Whether a component is in a phase: where none is in one but [`Phase::Base`], everything is applied at once.
    #[must_use]
    pub fn has_phase(&self, phase: Phase) -> bool {
        self.components.values().any(|it| it.phase == phase)
    }

    /// What a component waits for: the jobs before its rollout, and what it says that it uses.
    fn waits_for<'a>(&'a self, component: &'a Component) -> impl Iterator<Item = &'a Name> {
        component.waits_for.iter().chain(self.common(component).uses.0.keys())
    }

    /// How a component comes to wait for itself by a job, from the job back to it: the job, what it needs, and what waits
    /// for the job again. None where it does not.
    #[must_use]
    pub fn circle<'a>(&'a self, job: &'a Component) -> Option<Vec<&'a Component>> {
        let (mut path, mut seen) = (vec![(job, self.waits_for(job))], BTreeSet::new());
        loop {
            let (_, next) = path.last_mut()?;
            let Some(name) = next.next() else {
                path.pop();
                continue;
            };
            if *name == job.name {
                return Some(path.into_iter().map(|(it, _)| it).collect());
            }
            if let Some(component) = self.components.get(name).filter(|_| seen.insert(name)) {
                path.push((component, self.waits_for(component)));
            }
        }
    }
}

/// Lets components wait for the jobs that run before them; reports names that name nothing.
pub(super) fn connect(resolved: &mut Resolved, sink: &mut Sink) {
    let mut waiting: Vec<(Name, Name)> = Vec::new();
    for component in resolved.components.values() {
        let Some(Job { fields, .. }) = resolved.job(component) else { continue };
        let Moment::Before(names) = &fields.run else { continue };
        for name in names {
            match resolved.components.get(name) {
                Some(it) if it.section != Section::Jobs => {
                    waiting.push((name.clone(), component.name.clone()));
                }
                found => sink.extend(unknown(resolved, component, name, found)),
            }
        }
    }
    // What waits for a job does so in both of its versions.
    let second = |(name, job): &(Name, Name)| {
        let variant = resolved.components.get(name)?.variant.clone()?;
        Some((variant, job.clone()))
    };
    let seconds: Vec<_> = waiting.iter().filter_map(second).collect();
    waiting.extend(seconds);
    for (name, job) in waiting {
        let waiting = resolved.components.get_mut(&name).map(|it| &mut it.waits_for);
        if let Some(waiting) = waiting.filter(|it| !it.contains(&job)) {
            waiting.push(job);
        }
    }
}

/// A name that a job cannot run before.
fn unknown(
    resolved: &Resolved,
    job: &Component,
    name: &Name,
    found: Option<&Component>,
) -> Option<Diagnostic> {
    let at = job.route().join("run").join("before-rollout").join(name.as_str());
    if let Some(found) = found {
        let message = format!("`{name}` is a job, and no rollout waits for another job");
        let declared = At::Node(found.route().clone(), Part::Key);
        return Some(
            Diagnostic::at_value(&codes::UNKNOWN_NAME, &at, message)
                .also(declared, "declared here")
                .help("name services and tiers"),
        );
    }
    let sections = ["services", "stateful"];
    if sections.iter().any(|it| resolved.is_written(it, name.as_str())) {
        return None;
    }
    if let Some(found) = sections.iter().find_map(|it| resolved.removed(it, name.as_str(), &at)) {
        return Some(found);
    }
    let known = resolved.components.values().filter(|it| it.section != Section::Jobs);
    let found = Diagnostic::at_value(
        &codes::UNKNOWN_NAME,
        &at,
        format!("`{}` runs before `{name}`, which this stack does not declare", job.name),
    );
    Some(match nearest(name.as_str(), known.map(|it| it.name.as_str())) {
        Some(near) => found.help(format!("write `{near}`")),
        None => found.help("declare it under `services` or `stateful`"),
    })
}

/// Gives the edges of jobs without pods of their own to the pods that their containers run in.
pub(super) fn lend(resolved: &Resolved, edges: &mut Vec<Edge>) {
    let gate = |it: &&Component| resolved.delivery(it) == Some(Delivery::Gate);
    let gates: BTreeSet<&Name> = resolved.components.values().filter(gate).map(|it| &it.name).collect();
    if gates.is_empty() {
        return;
    }
    let (lent, mut kept): (Vec<Edge>, Vec<Edge>) =
        std::mem::take(edges).into_iter().partition(|it| gates.contains(&it.from));
    for component in resolved.components.values().filter(|it| !it.waits_for.is_empty()) {
        for edge in lent.iter().filter(|it| component.waits_for.contains(&it.from)) {
            let same = |it: &&mut Edge| it.from == component.name && it.to == edge.to;
            match kept.iter_mut().find(same) {
                Some(own) => {
                    for port in &edge.ports {
                        if own.ports.iter().all(|it| it.name != port.name) {
                            own.ports.push(port.clone());
                        }
                    }
                }
                None => kept.push(Edge { from: component.name.clone(), ..edge.clone() }),
            }
        }
    }
    *edges = kept;
}

/// Says of each component when it is applied.
pub(super) fn order(resolved: &mut Resolved) {
    if resolved.stack.gitops.is_none() || resolved.stack.jobs.is_empty() {
        return;
    }
    let mut phases: Vec<(Name, Phase)> = Vec::new();
    let mut rollout: BTreeSet<&Name> = BTreeSet::new();
    let mut found: Vec<&Component> =
        resolved.components.values().filter(|it| !it.waits_for.is_empty()).collect();
    while let Some(component) = found.pop() {
        if rollout.insert(&component.name) {
            let callers = component.used_by.iter().map(|it| &resolved.edges[*it].from);
            found.extend(callers.filter_map(|it| resolved.components.get(it)));
        }
    }
    for component in resolved.components.values() {
        let phase = match resolved.job(component).map(|it| &it.fields.run) {
            Some(Moment::Before(_)) => Phase::Before,
            Some(Moment::After) => Phase::After,
            Some(Moment::Scheduled(_)) | None if rollout.contains(&component.name) => Phase::Rollout,
            Some(Moment::Scheduled(_)) | None => continue,
        };
        phases.push((component.name.clone(), phase));
    }
    for (name, phase) in phases {
        if let Some(component) = resolved.components.get_mut(&name) {
            component.phase = phase;
        }
    }
}
