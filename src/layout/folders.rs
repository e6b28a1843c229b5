//! Folders of the tree that several components share.

use std::collections::{BTreeMap, BTreeSet};

use crate::lower::Unit;
use crate::model::Name;
use crate::resolve::{Component, Resolved};

/// Their units wait for each other, all others go on at once.
#[derive(Debug)]
pub struct Folders<'a> {
    /// The last component of each folder that has several.
    last: BTreeMap<&'a str, &'a Name>,
    waiting: BTreeMap<String, Unit>,
}

impl<'a> Folders<'a> {
    /// None waits yet.
    #[must_use]
    pub fn new(resolved: &'a Resolved) -> Self {
        let (mut first, mut last) = (BTreeSet::new(), BTreeMap::new());
        for component in resolved.components.values() {
            let folder = resolved.folder(component).as_str();
            if !first.insert(folder) {
                last.insert(folder, &component.name);
            }
        }
        Self { last, waiting: BTreeMap::new() }
    }

    /// The folders that several components share.
    #[must_use]
    pub fn shared(&self) -> BTreeSet<&'a str> {
        self.last.keys().copied().collect()
    }

    /// Takes the unit of a component that shares its folder; gives the whole folder once there is nothing to wait for.
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
