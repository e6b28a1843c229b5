//! How a component is reached from another: what references and templates may ask for.

use super::{Component, Resolved};
use crate::model::Name;
use crate::workload::{Endpoint, Endpoints, Login, Seed};

/// One Service of a component, as seen from a namespace.
pub(super) struct Address<'a> {
    /// Its DNS name.
    pub(super) host: String,
    /// What a URL names instead, where clients choose a pod by themselves.
    seeds: Vec<String>,
    /// Its ports.
    pub(super) ports: &'a [Endpoint],
    /// The component.
    target: &'a Component,
    scheme: Option<&'static str>,
}

impl<'a> Address<'a> {
    /// The component's own Service, or the alternative of that name. From nowhere, the name that holds everywhere.
    pub(super) fn of(
        resolved: &Resolved,
        target: &'a Component,
        alternative: Option<&str>,
        seen_from: Option<&Name>,
    ) -> Option<Self> {
        let endpoints = &target.endpoints;
        let seen_from = seen_from.filter(|_| !endpoints.full_name);
        let (suffix, ports, scheme) = match alternative {
            None => ("", &endpoints.ports, endpoints.scheme),
            Some(word) => {
                let found = endpoints.alternatives.iter().find(|it| it.word == word)?;
                (found.suffix, &found.ports, found.scheme)
            }
        };
        let service = |name: &str| resolved.service_host(name, &target.namespace, seen_from);
        let host = match alternative {
            None => service(target.service.as_str()),
            Some(_) => service(&format!("{}{suffix}", target.called)),
        };
        let seeds = endpoints.seeds.iter().filter(|_| alternative.is_none());
        let named = |it: &Seed| match &it.headless {
            Some(headless) => format!("{}.{}", it.pod, service(headless)),
            None => it.pod.clone(),
        };
        let seeds = seeds.map(named).collect();
        Some(Self { host, seeds, ports, target, scheme })
    }

    /// Host and port of the first port.
    pub(super) fn address(&self) -> Option<String> {
        Some(format!("{}:{}", self.host, self.ports.first()?.service))
    }

    /// Hosts and ports of the pods that clients ask first; none where they call the Service.
    pub(super) fn hosts(&self) -> Option<String> {
        let port = self.ports.first()?.number;
        let hosts: Vec<_> = self.seeds.iter().map(|it| format!("{it}:{port}")).collect();
        (!hosts.is_empty()).then(|| hosts.join(","))
    }

    /// The URL; with the variable of the password where Kubernetes will expand it, named after what the caller calls it.
    pub(super) fn url(&self, called: Option<&str>) -> Option<String> {
        let login = match (&self.target.endpoints.login, called) {
            (Some(it), Some(called)) => {
                let variable = Endpoints::password_variable(called);
                format!("{}:$({variable})@", it.user)
            }
            (Some(it), None) if !it.user.is_empty() => format!("{}@", it.user),
            _ => String::new(),
        };
        let (scheme, path) = (self.scheme.unwrap_or("tcp"), &self.target.endpoints.path);
        let hosts = self.hosts().or_else(|| self.address())?;
        Some(format!("{scheme}://{login}{hosts}{path}"))
    }

    /// Who logs in, where the URL says it.
    pub(super) fn login(&self) -> Option<&'a Login> {
        self.target.endpoints.login.as_ref()
    }
}
