//! What a container may do. The defaults are those of the `restricted` Pod Security Standard.

use super::macros::model;

model! {
    /// Linux capabilities on top of none.
    pub struct Capabilities {
        /// Those that are kept.
        "add" add: Vec<String>,
    }

    /// What the containers of a component may do. A departure from the defaults needs a `reason`.
    pub struct SecurityContext {
        /// The user that the process runs as.
        "runAsUser" run_as_user: Option<i64>,
        /// The group that the process runs as.
        "runAsGroup" run_as_group: Option<i64>,
        /// The group that owns mounted volumes.
        "fsGroup" fs_group: Option<i64>,
        /// Whether the user must be another than root.
        "runAsNonRoot" run_as_non_root: bool = true,
        /// Whether the image's file system cannot be written.
        "readOnlyRootFilesystem" read_only_root: bool = true,
        /// Whether a process may gain privileges.
        "allowPrivilegeEscalation" allow_escalation: bool = false,
        /// Whether the container may do what the node may.
        "privileged" privileged: bool = false,
        /// Linux capabilities.
        "capabilities" capabilities: Option<Capabilities>,
        /// The seccomp profile: `RuntimeDefault` or `Unconfined`.
        "seccompProfile" seccomp: String = "RuntimeDefault".to_owned(),
        /// Why the component departs from the defaults.
        "reason" reason: Option<String>,
    }
}

impl Default for SecurityContext {
    fn default() -> Self {
        Self {
            run_as_user: None,
            run_as_group: None,
            fs_group: None,
            run_as_non_root: true,
            read_only_root: true,
            allow_escalation: false,
            privileged: false,
            capabilities: None,
            seccomp: "RuntimeDefault".to_owned(),
            reason: None,
        }
    }
}

impl SecurityContext {
    /// The fields that depart from the defaults towards less security, by their keys.
    #[must_use]
    pub fn departures(&self) -> Vec<&'static str> {
        let mut found = Vec::new();
        let mut add = |departs: bool, key| {
            if departs {
                found.push(key);
            }
        };
        add(self.privileged, "privileged");
        add(self.allow_escalation, "allowPrivilegeEscalation");
        add(!self.run_as_non_root, "runAsNonRoot");
        add(self.run_as_user == Some(0), "runAsUser");
        add(!self.read_only_root, "readOnlyRootFilesystem");
        add(self.capabilities.as_ref().is_some_and(|it| !it.add.is_empty()), "capabilities");
        add(self.seccomp != "RuntimeDefault", "seccompProfile");
        found
    }
}
