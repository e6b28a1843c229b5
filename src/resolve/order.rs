//! The boot order: who must be there before whom.

use std::collections::BTreeMap;

use super::{Resolved, Target};
use crate::model::Name;

impl Resolved {
    /// The wave of each component: 1 for those that use no other, and one more than the last of those that it uses for
    /// each other one. Components that use each other in a circle share a wave.
    #[must_use]
    pub fn waves(&self) -> BTreeMap<Name, u32> {
        let mut walk = Walk {
            resolved: self,
            order: BTreeMap::new(),
            low: Vec::new(),
            open: Vec::new(),
            waves: BTreeMap::new(),
        };
        for name in self.components.keys() {
            if !walk.order.contains_key(name) {
                walk.from(name);
            }
        }
        walk.waves
    }

    /// The components that one uses.
    fn used(&self, name: &Name) -> impl Iterator<Item = &Name> {
        let edges = self.components.get(name).into_iter().flat_map(|it| &it.uses);
        edges.map(|it| &self.edges[*it]).filter(|it| it.awaited).filter_map(|it| match &it.to {
            Target::Component(name) => self.components.get_key_value(name).map(|(name, _)| name),
            Target::External(_) => None,
        })
    }
}

/// Tarjan's algorithm for circles, without recursion: a chain of uses may be as long as the stack is large.
struct Walk<'a> {
    resolved: &'a Resolved,
    /// The number of each component in the order of its first visit.
    order: BTreeMap<&'a Name, usize>,
    /// The lowest number that each reaches, by its own.
    low: Vec<usize>,
    /// Those that may yet turn out to be in a circle with the current one.
    open: Vec<&'a Name>,
    waves: BTreeMap<Name, u32>,
}

impl<'a> Walk<'a> {
    fn from(&mut self, start: &'a Name) {
        let mut path = vec![self.enter(start)];
        while let Some((name, number, targets)) = path.last_mut() {
            let (name, number) = (*name, *number);
            if let Some(target) = targets.next() {
                match self.order.get(target) {
                    None => path.push(self.enter(target)),
                    Some(seen) if self.open.contains(&target) => {
                        self.low[number] = self.low[number].min(*seen);
                    }
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            if let Some((_, above, _)) = path.last() {
                self.low[*above] = self.low[*above].min(self.low[number]);
            }
            if self.low[number] == number {
                self.close(name);
            }
        }
    }

    fn enter(&mut self, name: &'a Name) -> (&'a Name, usize, std::vec::IntoIter<&'a Name>) {
        let number = self.low.len();
        self.order.insert(name, number);
        self.low.push(number);
        self.open.push(name);
        let targets: Vec<&Name> = self.resolved.used(name).collect();
        (name, number, targets.into_iter())
    }

    /// Gives a wave to a circle, or to the one component that is in none. What it uses has its wave already.
    fn close(&mut self, first: &Name) {
        let start = self.open.iter().position(|it| *it == first).unwrap_or_default();
        let circle = self.open.split_off(start);
        let below = circle.iter().flat_map(|it| self.resolved.used(it)).filter_map(|it| self.waves.get(it));
        let wave = below.max().copied().unwrap_or_default() + 1;
        self.waves.extend(circle.into_iter().map(|it| (it.clone(), wave)));
    }
}
