//! The objects of a Compose project: its services, networks, volumes and secrets, and the files that services mount.

use std::collections::BTreeMap;

use super::value::value;
use super::{Unreadable, document};
use crate::diff::object::Item;
use crate::layout::COMPOSE_FILE;
use crate::provenance::{Found, compose};

/// The objects of a project; none where the files are not those of one.
pub(super) fn project(name: &str, files: &BTreeMap<String, String>) -> Result<Option<Vec<Item>>, Unreadable> {
    let Some(text) = files.get(COMPOSE_FILE) else { return Ok(None) };
    // Says where it is no YAML.
    document(&format!("{name}/{COMPOSE_FILE}"), text, 1)?;
    let beside = compose::files(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let item = |Found { node, folder, .. }: Found| Item::new(value(&node), node, &folder);
    Ok(Some(compose::objects(text).into_iter().chain(beside).filter_map(item).collect()))
}
