//! What a container may do. The defaults are those of the `restricted` Pod Security Standard.

use std::sync::LazyLock;

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{UserId, schema};

model! {
    /// Linux capabilities on top of none.
    pub struct Capabilities {
        /// Those that are kept.
        "add" add: Vec<String>,
    }

    /// What the containers of a component may do. A departure from the defaults needs a `reason`.
    pub struct SecurityContext {
        /// The user that the process runs as.
        "runAsUser" run_as_user: Option<UserId>,
        /// The group that the process runs as.
        "runAsGroup" run_as_group: Option<UserId>,
        /// The group that owns mounted volumes.
        "fsGroup" fs_group: Option<UserId>,
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
        /// The seccomp profile: `RuntimeDefault`, `Unconfined`, or `{ localhost: FILE }`.
        "seccompProfile" seccomp: Profile = Profile::RuntimeDefault,
        /// The AppArmor profile, likewise, with the name of a loaded profile under `localhost`; unless given, the
        /// runtime's own where the node has AppArmor.
        "appArmorProfile" app_armor: Option<Profile>,
        /// Why the component departs from the defaults.
        "reason" reason: Option<String>,
    }

    /// A profile that is on the node.
    pub struct LocalProfile {
        /// The profile's file below the kubelet's folder for seccomp, or its name for AppArmor.
        "localhost" localhost: String,
    }
}

/// A profile that confines the system calls or accesses of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The container runtime's own.
    RuntimeDefault,
    /// None.
    Unconfined,
    /// One that is on the node.
    Localhost(String),
}

impl Profile {
    const WORDS: [&'static str; 2] = ["RuntimeDefault", "Unconfined"];

    /// The type, as Kubernetes calls it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RuntimeDefault => Self::WORDS[0],
            Self::Unconfined => Self::WORDS[1],
            Self::Localhost(_) => "Localhost",
        }
    }

    /// The profile on the node, where it is one.
    #[must_use]
    pub fn local(&self) -> Option<&str> {
        match self {
            Self::Localhost(it) => Some(it),
            Self::RuntimeDefault | Self::Unconfined => None,
        }
    }
}

impl Decode for Profile {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        if at.node.as_map().is_some() {
            return LocalProfile::decode(at, cx).map(|it| Self::Localhost(it.localhost));
        }
        let word = cx.text(at.node, "`RuntimeDefault`, `Unconfined`, or a mapping with `localhost`")?;
        match &*word.text {
            "RuntimeDefault" => Some(Self::RuntimeDefault),
            "Unconfined" => Some(Self::Unconfined),
            other => {
                cx.push(super::codes::unknown_word(other, at.node.span, &Self::WORDS));
                None
            }
        }
    }
}

impl JsonSchema for Profile {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Profile".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (words, local) = (schema::words("", &Self::WORDS), generator.subschema_for::<LocalProfile>());
        schemars::json_schema!({ "anyOf": [words, local] })
    }
}

/// The security of a container beside the main one. What the pod as a whole has is the component's.
#[derive(Clone, Debug)]
pub struct OwnSecurity(pub SecurityContext);

/// The field that only a pod as a whole has.
const OF_POD: &str = "fsGroup";

impl Decode for OwnSecurity {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        static KEYS: LazyLock<Vec<&'static str>> =
            LazyLock::new(|| SecurityContext::KEYS.iter().copied().filter(|it| *it != OF_POD).collect());
        let fields = Fields::open(at, &KEYS, cx)?;
        SecurityContext::decode_fields(&fields, cx).map(Self)
    }
}

impl JsonSchema for OwnSecurity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OwnSecurity".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut fields = SecurityContext::field_schemas(generator);
        fields.retain(|(key, ..)| *key != OF_POD);
        schema::object(
            "What a container beside the main one may do. A departure from the defaults needs a `reason`.",
            fields,
        )
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
            seccomp: Profile::RuntimeDefault,
            app_armor: None,
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
        add(self.run_as_user.is_some_and(UserId::is_root), "runAsUser");
        add(!self.read_only_root, "readOnlyRootFilesystem");
        add(self.capabilities.as_ref().is_some_and(|it| !it.add.is_empty()), "capabilities");
        // A profile of the node may be stricter or laxer than the runtime's: only a person knows.
        add(self.seccomp != Profile::RuntimeDefault, "seccompProfile");
        add(self.app_armor.as_ref().is_some_and(|it| *it != Profile::RuntimeDefault), "appArmorProfile");
        found
    }
}
