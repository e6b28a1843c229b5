//! Who mounts the claims that are there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diff::object::Item;

/// A workload that mounts a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::diff) struct User {
    /// `deployment/cart`.
    pub name: String,
    /// Its container.
    pub container: String,
    /// Where.
    pub path: String,
    /// Whether its number of pods can be set.
    pub scales: bool,
}

/// Who mounts claims, by namespace and name of the claim.
#[derive(Debug, Default)]
pub(in crate::diff) struct Users(BTreeMap<(String, String), Vec<User>>);

impl Users {
    /// Reads workloads.
    pub(in crate::diff) fn read(items: &[Item]) -> Self {
        let mut found = Self::default();
        for item in items {
            found.note(item);
        }
        found
    }

    /// Who mounts a claim.
    pub(super) fn of(&self, namespace: &str, claim: &str) -> &[User] {
        self.0.get(&(namespace.to_owned(), claim.to_owned())).map_or(&[], Vec::as_slice)
    }

    fn note(&mut self, item: &Item) -> Option<()> {
        let pod = item.pods()?.get("spec")?;
        let namespace = item.text("/metadata/namespace");
        let text = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let mut claims: Vec<(String, String)> = Vec::new();
        for volume in pod.get("volumes").and_then(Value::as_array).into_iter().flatten() {
            if let (Some(name), Some(claim)) =
                (text(volume, "/name"), text(volume, "/persistentVolumeClaim/claimName"))
            {
                claims.push((name, claim));
            }
        }
        for (template, names) in super::stateful_set::claims(item) {
            claims.extend(names.into_iter().map(|it| (template.clone(), it)));
        }
        for (volume, claim) in claims {
            for container in pod.get("containers").and_then(Value::as_array).into_iter().flatten() {
                let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
                for mount in mounts.filter(|it| text(it, "/name").as_ref() == Some(&volume)) {
                    let user = User {
                        name: format!("{}/{}", item.id.kind.to_lowercase(), item.id.name),
                        container: text(container, "/name").unwrap_or_default(),
                        path: text(mount, "/mountPath").unwrap_or_default(),
                        scales: matches!(&*item.id.kind, "Deployment" | "StatefulSet"),
                    };
                    let users = self.0.entry((namespace.to_owned(), claim.clone())).or_default();
                    if !users.iter().any(|it| it.name == user.name) {
                        users.push(user);
                    }
                }
            }
        }
        Some(())
    }
}
