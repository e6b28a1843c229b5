//! The Compose file, as the Compose specification has it: only the fields that are written here.
//! Source: `compose-spec.json` of `github.com/compose-spec/compose-go` (Apache-2.0).

use indexmap::IndexMap;
use serde::Serialize;

/// A Compose file. Texts are escaped: a `$` in them begins a variable of whoever runs the project, `$$` is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct File {
    /// The project's name.
    pub name: String,
    /// What runs.
    pub services: IndexMap<String, Service>,
    /// Who reaches whom.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub networks: IndexMap<String, Network>,
    /// Where data stays.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub volumes: IndexMap<String, Volume>,
    /// Files with secrets.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub secrets: IndexMap<String, SecretFile>,
    /// The variables of those files: Compose says only of one that it puts into a text that it is missing.
    #[serde(rename = "x-needs", skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
}

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Service {
    /// The image.
    pub image: String,
    /// Its profiles; none: it is in all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// What is read from outside: a container whose labels differ is made anew.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<&'static str, String>,
    /// The name that it has for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// User and group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its further groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_add: Vec<String>,
    /// The program, instead of the image's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// Its arguments, instead of the image's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Variables.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub environment: IndexMap<String, String>,
    /// What must be there first.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub depends_on: IndexMap<String, Dependency>,
    /// Whose network it is in, where not its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<String>,
    /// Its networks.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub networks: IndexMap<String, Attachment>,
    /// Ports of the host.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
    /// What it mounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Mount>,
    /// Folders in memory. Docker lets no program run from one in `volumes`, so that they are here with their options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tmpfs: Vec<String>,
    /// Files with secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretMount>,
    /// What says that it is healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<HealthCheck>,
    /// Whether it writes to its volumes alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Whether it may do everything.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// What it may do beside that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_add: Vec<String>,
    /// What it may not do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// Further limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security_opt: Vec<String>,
    /// When it is started again.
    pub restart: String,
    /// How long it may take to stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_grace_period: Option<String>,
    /// What runs in it before it is told to stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pre_stop: Vec<Hook>,
    /// What it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deploy: Option<Deploy>,
}

/// When what is depended on is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// The condition.
    pub condition: Condition,
    /// Whether it must be part of what is started; left out where it must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
}

/// What must be true of what is depended on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Condition {
    /// It runs.
    #[serde(rename = "service_started")]
    Started,
    /// Its health check succeeds.
    #[serde(rename = "service_healthy")]
    Healthy,
    /// It has run to its end, and well.
    #[serde(rename = "service_completed_successfully")]
    Completed,
}

/// A service in a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Its names there beside its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// A port of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// The address of the host.
    pub host_ip: String,
    /// The port of the container.
    pub target: u16,
    /// The port of the host; one that the host chooses where none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// The transport protocol, where not TCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<&'static str>,
}

/// Something mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mount {
    /// `bind` or `volume`.
    pub r#type: &'static str,
    /// A path beside the Compose file, or a volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where it is in the container.
    pub target: String,
    /// Whether it is only read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Of a bind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind: Option<Bind>,
}

/// How a path is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bind {
    /// Whether a folder is made where there is nothing: never, because a missing file would become one.
    pub create_host_path: bool,
}

/// A file with a secret in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretMount {
    /// The secret.
    pub source: String,
    /// Its path.
    pub target: String,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Of which group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<String>,
    /// Its permissions, in octal digits.
    pub mode: &'static str,
}

/// What says that a service is healthy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthCheck {
    /// What runs in the container.
    pub test: Vec<String>,
    /// Between two runs.
    pub interval: String,
    /// Until an answer is too late.
    pub timeout: String,
    /// How many may fail.
    pub retries: u32,
    /// How long failures do not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period: Option<String>,
    /// Between two runs in that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_interval: Option<String>,
}

/// A command at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hook {
    /// The command.
    pub command: Vec<String>,
}

/// What a service may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deploy {
    /// The amounts.
    pub resources: Resources,
}

/// The amounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// At most.
    pub limits: Limits,
}

/// Amounts at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// CPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<String>,
    /// Memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Whether nothing leads out of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// Its addresses.
    pub ipam: Ipam,
}

/// The addresses of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ipam {
    /// The blocks.
    pub config: Vec<Subnet>,
}

/// A block of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subnet {
    /// In CIDR form.
    pub subnet: String,
}

/// A volume: nothing is said of it but its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Volume {}

/// A file with a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretFile {
    /// The variable with its text.
    pub environment: String,
}
