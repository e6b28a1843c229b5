//! What every component has, whatever runs in it.

use std::sync::Arc;

use indexmap::IndexMap;

use super::decode::OneOrMany;
use super::macros::model;
use super::{Adopt, Binding, Disruption, LabelKey, Name, Named, Resources, Uses, WhenBound};

model! {
    /// What services and stateful tiers have in common.
    pub struct Common {
        /// The profiles it merges over; a later one wins.
        "profile" profile: OneOrMany<Name>,
        /// The namespace, by its name in the stack; needed where the stack has several.
        "namespace" namespace: Option<Name>,
        /// Where it may run: a name under `affinity`.
        "affinity" affinity: Option<Name>,
        /// What it calls: services, tiers and externals, each with `:port` where not all ports are meant.
        "uses" uses: Uses,
        /// What each role of it is bound to: a service, tier or external, with `:port` where not all ports are meant. It is called as
        /// if `uses` named it; `${bind.ROLE.url}` and `{ bind: ROLE }` are its address and password.
        "bind" bind: Named<Binding>,
        /// What it has because a role is bound to a target of a kind: `ROLE: { KIND: { env: … } }`, a tier's kind or `service` or
        /// `external`. It is merged over the profiles and under the component itself.
        "whenBound" when_bound: WhenBound,
        /// Whether it is there only in environments where a role is bound to it, or `uses` names it.
        "onDemand" on_demand: bool = false,
        /// Who outside the stack may call it: names of `clients`, each with `:port` where not all ports are meant. A tier also
        /// knows ports by number, for those that it serves to nobody else.
        "usedBy" used_by: Uses,
        /// The ServiceAccount's name, where another than the component's.
        "serviceAccount" service_account: Option<Name>,
        /// What a container asks for and may use.
        "resources" resources: Option<Arc<Resources>>,
        /// How many pods a drain may take; derived from the number of pods unless given.
        "disruption" disruption: Option<Disruption>,
        /// Objects that are in the cluster already and that it goes on with: their names and selectors are kept.
        "adopt" adopt: Option<Box<Adopt>>,
        /// The folder of the tree that holds its objects; the component's name unless given. Components may share one.
        "folder" folder: Option<Name>,
        /// Further labels of the pods.
        "labels" labels: IndexMap<LabelKey, String>,
        /// Annotations of the pods.
        "annotations" annotations: IndexMap<LabelKey, String>,
    }
}
