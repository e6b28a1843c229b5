//! What must be there before what.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Route;
use crate::model::{Moment, Name};
use crate::resolve::{Component, Resolved, Target};

/// What starts before what.
#[derive(Debug, Default)]
pub struct Order<'a> {
    /// Who waits for whom.
    pub waits: BTreeMap<&'a Name, Vec<&'a Name>>,
    /// Edges that would close a circle, which Compose refuses: who calls does not wait.
    pub circles: Vec<(&'a Name, &'a Name, &'a Route)>,
}

impl<'a> Order<'a> {
    /// The order of a stack: jobs before what waits for them, what is used before what uses it, jobs after all else.
    #[must_use]
    pub fn of(resolved: &'a Resolved) -> Self {
        let mut order = Self::default();
        let all = || resolved.components.values();
        for component in all() {
            for job in &component.waits_for {
                order.add(&component.name, job, component.route());
            }
        }
        for component in all() {
            for edge in component.uses.iter().map(|it| &resolved.edges[*it]).filter(|it| it.awaited) {
                let Target::Component(to) = &edge.to else { continue };
                if edge.from == component.name {
                    order.add(&component.name, to, &edge.at);
                }
            }
        }
        for job in all().filter(|it| is_after(resolved, it)) {
            for other in all().filter(|it| !is_after(resolved, it) && !is_scheduled(resolved, it)) {
                order.add(&job.name, &other.name, job.route());
            }
        }
        order
    }

    fn add(&mut self, from: &'a Name, to: &'a Name, at: &'a Route) {
        if self.waits.get(from).is_some_and(|it| it.contains(&to)) || from == to {
            return;
        }
        if self.leads(to, from) {
            self.circles.push((from, to, at));
        } else {
            self.waits.entry(from).or_default().push(to);
        }
    }

    /// Whether one waits for the other, by whatever is between them.
    fn leads(&self, from: &Name, to: &Name) -> bool {
        let (mut open, mut seen) = (vec![from], BTreeSet::new());
        while let Some(next) = open.pop() {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                open.extend(self.waits.get(next).into_iter().flatten());
            }
        }
        false
    }
}

/// Whether a component is a job that runs once everything is there.
fn is_after(resolved: &Resolved, component: &Component) -> bool {
    resolved.job(component).is_some_and(|it| matches!(it.fields.run, Moment::After))
}

/// Whether a component is a job that runs again and again, which Compose does not.
#[must_use]
pub fn is_scheduled(resolved: &Resolved, component: &Component) -> bool {
    resolved.job(component).is_some_and(|it| matches!(it.fields.run, Moment::Scheduled(_)))
}
