//! What `docker compose up` does with a change of a project. What makes it replace a container is what it hashes of a service
//! (`ServiceHash` in `pkg/compose/hash.go` of docker/compose): all but what is listed in [`NOT_HASHED`].

use super::{Effect, Impact};
use crate::diff::object::Item;
use crate::layout::ENV_FILE;
use crate::provenance::compose::{PROFILES, VARIABLES, VERSION};

/// What a container is not replaced for.
const NOT_HASHED: [&str; 2] = ["depends_on", "profiles"];

/// Whether an object is of a Compose project.
pub(super) fn is_one(item: &Item) -> bool {
    item.id.version == VERSION
}

/// What a change does to one that is on both sides.
pub(super) fn changed(item: &Item, words: &[&str]) -> Effect {
    match &*item.id.kind {
        "service" if words.first().is_some_and(|it| NOT_HASHED.contains(it)) => {
            Effect::new(Impact::Hot, "for the next start")
        }
        "service" => Effect::new(Impact::Downtime, "its container is made anew"),
        "network" => Effect::new(Impact::Downtime, "it is made anew, and with it all containers in it"),
        "volume" => Effect::new(Impact::Data, "Compose asks whether to make it anew, without what it keeps"),
        "secret" => Effect::new(
            Impact::Hot,
            "containers keep the old one until `docker compose up --force-recreate NAME`",
        ),
        _ if item.id.name == ENV_FILE && words == [VARIABLES, PROFILES] => {
            Effect::new(Impact::Hot, "for the next start")
        }
        _ if item.id.name == ENV_FILE => {
            Effect::new(Impact::Downtime, "containers that have a changed value are made anew")
        }
        // The label of the service says so, too: Docker mounts what was there before until the container is made anew.
        _ => Effect::new(Impact::Downtime, "the containers that mount it are made anew"),
    }
}

/// What one that is new does.
pub(super) fn new(item: &Item) -> Effect {
    match &*item.id.kind {
        "service" => Effect::new(Impact::Scale, "a container more"),
        _ => Effect::new(Impact::Hot, "it is made; what runs is left alone"),
    }
}

/// What the loss of one does.
pub(super) fn gone(item: &Item) -> Effect {
    match &*item.id.kind {
        "service" => {
            Effect::new(Impact::Downtime, "its container stops with `--remove-orphans`, and runs on without")
        }
        "network" => Effect::new(Impact::Downtime, "the containers that were in it are made anew"),
        "volume" => Effect::new(
            Impact::Data,
            "it stays with what it keeps until somebody removes it, and nothing uses it",
        ),
        _ => Effect::new(Impact::Hot, "nothing reads it any more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::compare::compare;
    use crate::diff::read::tree;
    use crate::diff::{Cache, Item};
    use crate::layout::COMPOSE_FILE;

    fn items(text: &str) -> Vec<Item> {
        let files = [(COMPOSE_FILE.to_owned(), text.to_owned())].into();
        tree("dev", &files, &mut Cache::default()).unwrap()
    }

    #[test]
    fn what_replaces_a_container_is_told_from_what_does_not() {
        let before = items("services: { web: { image: a, profiles: [x] } }\nvolumes: { data: {} }\n");
        let after = items("services: { web: { image: b, profiles: [y] } }\nvolumes: { data: {} }\n");
        let changes = compare("service", before[0].value(), after[0].value());
        let impacts: Vec<Impact> =
            changes.iter().map(|it| changed(&after[0], &it.path.words()).impact).collect();
        assert_eq!(impacts, [Impact::Downtime, Impact::Hot]);
        assert!(is_one(&before[1]));
        let env = [(COMPOSE_FILE.to_owned(), "{}".to_owned()), (ENV_FILE.to_owned(), "A=1\n".to_owned())];
        let env = tree("dev", &env.into(), &mut Cache::default()).unwrap();
        assert_eq!(changed(&env[0], &[VARIABLES, "A"]).impact, Impact::Downtime);
        assert_eq!(changed(&env[0], &[VARIABLES, PROFILES]).impact, Impact::Hot);
        assert_eq!(gone(&before[1]).impact, Impact::Data);
        assert_eq!(new(&after[0]).impact, Impact::Scale);
    }
}
