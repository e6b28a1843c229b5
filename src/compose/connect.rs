//! Which service is in which network, by which names.

use super::Builder;
use super::file::{Attachment, Ipam, Network, Subnet};
use super::network::{self, Blocks};
use super::workload::Role;
use crate::model::Name;

/// A network with the services in it.
struct Meeting {
    network: network::Network,
    services: Vec<(String, Attachment)>,
}

impl Builder<'_> {
    /// Puts services into networks.
    pub(super) fn connect(&mut self) {
        let meetings = self.meetings();
        let subnets = blocks(&meetings).subnets(self.resolved);
        for (Meeting { network, services }, subnet) in meetings.into_iter().zip(subnets) {
            for (name, attachment) in services {
                if let Some(service) = self.file.services.get_mut(&name) {
                    service.networks.insert(network.name.clone(), attachment);
                }
            }
            let ipam = Ipam { config: vec![Subnet { subnet }] };
            self.file.networks.insert(network.name, Network { internal: !network.open, ipam });
        }
        if !self.file.networks.is_empty() {
            // Compose would put it into one with all others of its kind.
            let alone = |it: &&mut super::Service| it.networks.is_empty() && it.network_mode.is_none();
            for service in self.file.services.values_mut().filter(alone) {
                service.network_mode = Some("none".to_owned());
            }
        }
    }

    /// The addresses that the networks take, as a power of two.
    #[must_use]
    pub fn addresses(&self) -> u64 {
        blocks(&self.meetings()).whole()
    }

    fn meetings(&self) -> Vec<Meeting> {
        let mut found = network::networks(self.resolved);
        let meets = |name: &Name| found.iter().any(|it| it.is_shared() && it.members.contains(name));
        let connected =
            |name: &Name| self.members.get(name).into_iter().flatten().filter(|it| it.connected).count();
        // A container in another network finds itself by its name there; without any it would not.
        let alone = |it: &network::Network| {
            it.members.iter().any(|name| connected(name) > 1 || connected(name) == 1 && !meets(name))
        };
        let kept: Vec<bool> = found.iter().map(|it| it.is_shared() || alone(it)).collect();
        let mut kept = kept.into_iter();
        found.retain(|_| kept.next().unwrap_or_default());
        let meeting = |network| Meeting { services: self.attached(&network), network };
        found.into_iter().map(meeting).collect()
    }

    /// The services in a network.
    fn attached(&self, network: &network::Network) -> Vec<(String, Attachment)> {
        let mut found = Vec::new();
        for name in &network.members {
            let members = self.members.get(name).map(Vec::as_slice).unwrap_or_default();
            let has_server = members.iter().any(|it| it.role == Role::Serves);
            let endpoints = self.resolved.components.get(name).map(|it| &it.endpoints);
            let alternatives: Vec<String> = endpoints
                .into_iter()
                .flat_map(|it| &it.alternatives)
                .map(|it| format!("{name}{}", it.suffix))
                .filter(|it| members.iter().all(|member| !member.aliases.contains(it)))
                .collect();
            for member in members.iter().filter(|it| it.connected) {
                // What sets a tier up talks to nobody else.
                if has_server && member.role == Role::Ends && network.members.len() > 1 {
                    continue;
                }
                let mut aliases = member.aliases.clone();
                if member.role == Role::Serves {
                    aliases.extend(alternatives.iter().cloned());
                }
                found.push((member.service.clone(), Attachment { aliases }));
            }
        }
        found
    }
}

fn blocks(meetings: &[Meeting]) -> Blocks {
    Blocks::of(&meetings.iter().map(|it| it.services.len()).collect::<Vec<_>>())
}
