//! Services that end: `docker compose up --wait` takes an end for a failure unless something waits for it.

use std::collections::BTreeSet;

use super::Builder;
use super::file::{Condition, Dependency, Service};
use super::profile::SCHEDULED;
use super::workload::{ALWAYS, NO, PROBES};

/// The service that waits for what nothing else does. Names of components have no `.`.
const DONE: &str = "stackgen.done";

impl Builder<'_> {
    /// Adds a service that waits for those that end and that nothing waits for, in one of their profiles at least.
    pub(super) fn await_ends(&mut self) {
        self.place_probes();
        let Some(image) = &self.resolved.stack.compose.probes else { return };
        let services = &self.file.services;
        let ends = |it: &Service| it.restart == NO || it.restart.starts_with("on-failure");
        let starts = |it: &Service| it.profiles.is_empty() || it.profiles.iter().any(|it| it != SCHEDULED);
        let open: Vec<String> = services
            .iter()
            .filter(|(name, it)| ends(it) && starts(it) && !self.is_awaited(name, it))
            .map(|(name, _)| name.clone())
            .collect();
        if open.is_empty() {
            return;
        }
        let of: Vec<&[String]> = open.iter().map(|it| services[it].profiles.as_slice()).collect();
        let everywhere = of.iter().any(|it| it.is_empty());
        let mut profiles = Vec::new();
        for profile in of.into_iter().flatten().filter(|it| !everywhere && *it != SCHEDULED) {
            if !profiles.contains(profile) {
                profiles.push(profile.clone());
            }
        }
        let on = |name: &String| {
            let all = services[name].profiles.is_empty() || services[name].profiles == profiles;
            let how = Dependency { condition: Condition::Completed, required: (!all).then_some(false) };
            (name.clone(), how)
        };
        let service = Service {
            image: self.images.of_probes(&image.to_string()),
            depends_on: open.iter().map(on).collect(),
            profiles,
            command: Some(["sleep", "2147483647"].map(str::to_owned).into()),
            network_mode: Some("none".to_owned()),
            restart: ALWAYS.to_owned(),
            // It does nothing that could be lost.
            stop_grace_period: Some("0s".to_owned()),
            ..Service::default()
        };
        self.file.services.insert(DONE.to_owned(), service);
    }

    /// Whether something waits for a service in each profile that starts it.
    fn is_awaited(&self, name: &str, service: &Service) -> bool {
        let waits =
            |it: &&Service| it.depends_on.get(name).is_some_and(|it| it.condition == Condition::Completed);
        let waiting: Vec<&Service> = self.file.services.values().filter(waits).collect();
        let always = waiting.iter().any(|it| it.profiles.is_empty());
        let in_profile = |profile: &String| waiting.iter().any(|it| it.profiles.contains(profile));
        always || !service.profiles.is_empty() && service.profiles.iter().all(in_profile)
    }

    /// Gives the program of the probes the profiles of those that have it.
    fn place_probes(&mut self) {
        let users = self.file.services.values().filter(|it| it.depends_on.contains_key(PROBES));
        let all: Vec<&[String]> = users.map(|it| it.profiles.as_slice()).collect();
        let everywhere = all.iter().any(|it| it.is_empty());
        let different: BTreeSet<String> =
            all.into_iter().filter(|_| !everywhere).flatten().cloned().collect();
        if let Some(probes) = self.file.services.get_mut(PROBES) {
            probes.profiles = different.into_iter().collect();
        }
    }
}
