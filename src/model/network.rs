//! Network policies.

use super::macros::{model, words};

words! {
    /// Which NetworkPolicies are rendered.
    pub enum Policies {
        /// Default deny, and exactly the declared paths.
        "from-uses" FromUses,
        /// None.
        "none" None,
    }
}

words! {
    /// What lets calls out to hosts by name.
    pub enum Fqdn {
        /// Cilium, where it is the cluster's network plugin and its L7 proxy is on.
        "cilium" Cilium,
    }
}

model! {
    /// Who may reach whom on the network.
    pub struct Network {
        /// Which NetworkPolicies are rendered.
        "policies" policies: Policies = Policies::FromUses,
        /// What lets components out to externals that have a host and no `cidrs`; nothing unless given.
        "fqdn" fqdn: Option<Fqdn>,
    }
}
