//! What KEDA asks a tier for, so that pods come when something waits there.

use crate::model::{SecretKey, Trigger};

/// A trigger, and the tier that it asks.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The trigger.
    pub trigger: &'a Trigger,
    /// What the tier's objects are called.
    pub name: &'a str,
    /// The Service of its clients.
    pub service: &'a str,
    /// The headless Service of its pods.
    pub headless: &'a str,
    /// The tier's namespace, by its name in the cluster.
    pub namespace: &'a str,
    /// The DNS domain of the cluster.
    pub domain: &'a str,
}

impl Asked<'_> {
    /// The name of a Service of the tier that holds in every namespace: KEDA runs in its own.
    #[must_use]
    pub fn host(&self, service: &str) -> String {
        format!("{service}.{}.svc.{}", self.namespace, self.domain)
    }
}

/// Where and how KEDA asks a tier.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// KEDA's type of trigger.
    pub kind: &'static str,
    /// The container ports that it calls.
    pub ports: Vec<u16>,
    /// What KEDA is told of the tier, by its parameters.
    pub parameters: Vec<(&'static str, String)>,
    /// The credentials that it needs, by its parameters, each with the tier's own key where it has one.
    pub logins: Vec<(&'static str, Option<SecretKey>)>,
    /// What the tier has of what the trigger names.
    pub declared: Vec<Declared>,
}

/// Names of one sort that a tier has.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The key of the trigger that is one of them.
    pub key: &'static str,
    /// The steps below the tier where they are declared.
    pub under: Vec<String>,
    /// The names.
    pub names: Vec<String>,
}
