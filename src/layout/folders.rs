//! Folders of the tree that several components share.

use std::collections::BTreeMap;

use crate::lower::Unit;
use crate::model::Name;
use crate::resolve::{Component, Resolved};

/// Their units wait for each other, all others go on at once.
#[derive(Debug)]
pub struct Folders<'a> {
    /// The last component of each folder.
    last: BTreeMap<&'a str, &'a Name>,
    waiting: BTreeMap<String, Unit>,
}

impl<'a> Folders<'a> {
    /// None waits yet.
    #[must_use]
    pub fn new(resolved: &'a Resolved) -> Self {
        let all = resolved.components.values();
        let last = all.map(|it| (resolved.folder(it).as_str(), &it.name)).collect();
        Self { last, waiting: BTreeMap::new() }
    }

    /// Takes the unit of a component; gives the whole folder once there is nothing to wait for.
    pub fn put(&mut self, component: &Component, unit: Unit) -> Option<Unit> {
        let unit = match self.waiting.remove(&unit.folder) {
            Some(mut first) => {
                first.join(unit);
                first
            }
            None => unit,
        };
        if self.last.get(unit.folder.as_str()).copied() == Some(&component.name) {
            return Some(unit);
        }
        self.waiting.insert(unit.folder.clone(), unit);
        None
    }
}
