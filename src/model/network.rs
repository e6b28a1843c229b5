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

model! {
    /// Who may reach whom on the network.
    pub struct Network {
        /// Which NetworkPolicies are rendered.
        "policies" policies: Policies = Policies::FromUses,
    }
}
