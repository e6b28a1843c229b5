//! Storage of the cluster: classes, claims that components share, and volumes that exist before their claims.
//!
//! A volume is bound to its claim from both sides, as Kubernetes' documentation of reserving a `PersistentVolume` asks
//! (kubernetes.io/docs/concepts/storage/persistent-volumes, "Reserving a PersistentVolume"): otherwise another claim
//! could take it.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::{model, words};
use super::{AbsolutePath, Name, Quantity, ServerAddress, Text};

words! {
    /// What becomes of a volume whose claim is deleted.
    pub enum ReclaimPolicy {
        /// It stays, with what is on it.
        "Retain" Retain,
        /// It is deleted, with what is on it.
        "Delete" Delete,
    }

    /// When a volume of a class is made and bound.
    pub enum BindingMode {
        /// When the first pod that uses it has a node: the volume is then where the pod can reach it.
        "WaitForFirstConsumer" WaitForFirstConsumer,
        /// At once: for storage that every node reaches.
        "Immediate" Immediate,
    }

    /// Who may mount a volume.
    pub enum AccessMode {
        /// The pods of one node.
        "ReadWriteOnce" ReadWriteOnce,
        /// The pods of all nodes, to read.
        "ReadOnlyMany" ReadOnlyMany,
        /// The pods of all nodes.
        "ReadWriteMany" ReadWriteMany,
        /// One pod.
        "ReadWriteOncePod" ReadWriteOncePod,
    }
}

model! {
    /// A StorageClass: how the cluster makes volumes.
    pub struct StorageClass {
        /// The driver that makes volumes, such as `nfs.csi.k8s.io`; `kubernetes.io/no-provisioner` where people make them.
        "provisioner" provisioner: String,
        /// What the driver is told. A `${` that the driver fills in is written `$${`.
        "parameters" parameters: IndexMap<String, Text>,
        /// What becomes of a volume whose claim is deleted: `Retain` unless given, where Kubernetes would delete.
        "reclaimPolicy" reclaim_policy: ReclaimPolicy = ReclaimPolicy::Retain,
        /// When a volume is made: `WaitForFirstConsumer` unless given; `Immediate` for network file systems, which every node reaches.
        "volumeBindingMode" binding_mode: Option<BindingMode>,
        /// Whether a claim may be made larger later; not unless given.
        "allowVolumeExpansion" allow_expansion: Option<bool>,
        /// Options with which a node mounts a volume.
        "mountOptions" mount_options: Vec<String>,
    }

    /// A PersistentVolumeClaim of the stack's own, which components share.
    pub struct SharedClaim {
        /// The namespace, by its name in the stack.
        "namespace" namespace: Option<Name>,
        /// Its size.
        "size" size: Quantity,
        /// Who may mount it: `ReadWriteOnce` unless given.
        "accessModes" access_modes: Vec<AccessMode> = vec![AccessMode::ReadWriteOnce],
        /// The StorageClass, of the stack or of the cluster; the cluster's default unless given.
        "storageClass" class: Option<Name>,
        /// The volume, where it exists already.
        "volume" volume: Option<StaticVolume>,
    }

    /// A folder of an NFS server.
    pub struct NfsVolume {
        /// The server.
        "server" server: ServerAddress,
        /// The exported folder.
        "path" path: AbsolutePath,
        /// Whether nobody may write.
        "readOnly" read_only: bool = false,
    }

    /// A volume of a CSI driver.
    pub struct CsiVolume {
        /// The driver, as it calls itself.
        "driver" driver: String,
        /// The volume, as the driver calls it.
        "volumeHandle" handle: String,
        /// What the driver is told.
        "volumeAttributes" attributes: IndexMap<String, String>,
        /// The file system.
        "fsType" fs_type: Option<String>,
        /// Whether nobody may write.
        "readOnly" read_only: bool = false,
    }

    /// A volume that exists already: one of `nfs` and `csi`. In the storage of a tier, `{ordinal}` in its path, handle and
    /// attributes is the number of the pod, and `{pod}` its name.
    pub struct StaticVolumeFields {
        /// A folder of an NFS server.
        "nfs" nfs: Option<NfsVolume>,
        /// A volume of a CSI driver.
        "csi" csi: Option<CsiVolume>,
        /// Options with which a node mounts it.
        "mountOptions" mount_options: Vec<String>,
    }
}

/// A volume that exists already.
#[derive(Clone, Debug)]
pub struct StaticVolume {
    /// What it is.
    pub source: VolumeSource,
    /// Options with which a node mounts it.
    pub mount_options: Vec<String>,
}

/// What a volume is.
#[derive(Clone, Debug)]
pub enum VolumeSource {
    /// A folder of an NFS server.
    Nfs(NfsVolume),
    /// A volume of a CSI driver.
    Csi(CsiVolume),
}

impl StaticVolume {
    /// The volume of a pod: its number and name put in.
    ///
    /// # Panics
    /// Never: numbers and names of pods keep a path a path.
    #[must_use]
    pub fn of_pod(&self, pod: &str, ordinal: u32) -> Self {
        let put = |text: &str| text.replace(ORDINAL, &ordinal.to_string()).replace(POD, pod);
        let mut volume = self.clone();
        match &mut volume.source {
            VolumeSource::Nfs(it) => {
                it.path = AbsolutePath::parse(&put(it.path.as_str())).expect("a path with a name in it");
            }
            VolumeSource::Csi(it) => {
                it.handle = put(&it.handle);
                it.attributes.values_mut().for_each(|it| *it = put(it));
            }
        }
        volume
    }

    /// The first placeholder in it, with the keys of the value that it stands in.
    #[must_use]
    pub fn placeholder(&self) -> Option<(&'static str, Vec<&str>)> {
        let first = |text: &str| [ORDINAL, POD].into_iter().find(|it| text.contains(it));
        match &self.source {
            VolumeSource::Nfs(it) => Some((first(it.path.as_str())?, vec!["nfs", "path"])),
            VolumeSource::Csi(it) => match first(&it.handle) {
                Some(found) => Some((found, vec!["csi", "volumeHandle"])),
                None => it
                    .attributes
                    .iter()
                    .find_map(|(key, it)| Some((first(it)?, vec!["csi", "volumeAttributes", key.as_str()]))),
            },
        }
    }

    /// What no two volumes share, as a message says it: the server with its folder, or the driver's name for it.
    #[must_use]
    pub fn identity(&self) -> String {
        match &self.source {
            VolumeSource::Nfs(it) => folder_of(it.server.as_str(), it.path.as_str()),
            VolumeSource::Csi(it) => match it.exported() {
                Some((server, path)) => folder_of(server, &path),
                None => format!("`{}` of `{}`", it.handle, it.driver),
            },
        }
    }

    /// The keys of the value that tells it from others.
    #[must_use]
    pub fn identity_at(&self) -> [&'static str; 2] {
        match &self.source {
            VolumeSource::Nfs(_) => ["nfs", "path"],
            VolumeSource::Csi(it) if it.exported().is_some() => ["csi", "volumeAttributes"],
            VolumeSource::Csi(_) => ["csi", "volumeHandle"],
        }
    }

    /// Whether nobody may write.
    #[must_use]
    pub fn read_only(&self) -> bool {
        match &self.source {
            VolumeSource::Nfs(it) => it.read_only,
            VolumeSource::Csi(it) => it.read_only,
        }
    }

    /// Whether it is a network file system.
    #[must_use]
    pub fn on_network(&self) -> bool {
        match &self.source {
            VolumeSource::Nfs(_) => true,
            VolumeSource::Csi(it) => is_network_file_system(&it.driver),
        }
    }
}

impl CsiVolume {
    /// The server and folder, for the driver of NFS: two handles may name one folder
    /// (github.com/kubernetes-csi/csi-driver-nfs, driver parameters).
    fn exported(&self) -> Option<(&str, String)> {
        let attribute = |key: &str| self.attributes.get(key).map(String::as_str);
        let (server, share) = (attribute("server")?, attribute("share")?);
        let below = attribute("subDir").map(|it| format!("/{}", it.trim_matches('/')));
        (self.driver == "nfs.csi.k8s.io")
            .then(|| (server, share.trim_end_matches('/').to_owned() + &below.unwrap_or_default()))
    }
}

/// A folder of a file server, as a message says it.
fn folder_of(server: &str, path: &str) -> String {
    let path = path.trim_end_matches('/');
    format!("`{}:{}`", server.to_ascii_lowercase(), if path.is_empty() { "/" } else { path })
}

/// The number of a pod.
const ORDINAL: &str = "{ordinal}";
/// The name of a pod.
const POD: &str = "{pod}";

impl StorageClass {
    /// Whether its volumes are a network file system.
    #[must_use]
    pub fn on_network(&self) -> bool {
        is_network_file_system(&self.provisioner)
    }
}

/// Whether a driver gives folders of a file server, by NFS or SMB, and not disks: those whose name says it, and those of
/// Amazon EFS, Google Filestore and Azure Files. Sources: kubernetes-csi.github.io/docs/drivers.html and each driver's
/// own page.
fn is_network_file_system(driver: &str) -> bool {
    const FILE_SERVERS: [&str; 4] =
        ["efs.csi.aws.com", "file.csi.azure.com", "filestore.csi.storage.gke.io", "kubernetes.io/azure-file"];
    let says = |word: &str| matches!(word, "nfs" | "smb");
    FILE_SERVERS.contains(&driver) || driver.split(|c: char| !c.is_ascii_alphanumeric()).any(says)
}

impl Decode for StaticVolume {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) = Fields::open_choice(at, StaticVolumeFields::KEYS, &["nfs", "csi"], cx)?;
        let read = StaticVolumeFields::decode_fields(&fields, cx)?;
        let source = match chosen? {
            "nfs" => VolumeSource::Nfs(read.nfs?),
            _ => VolumeSource::Csi(read.csi?),
        };
        Some(Self { source, mount_options: read.mount_options })
    }
}

impl JsonSchema for StaticVolume {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StaticVolume".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        StaticVolumeFields::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_servers_are_known_by_their_drivers() {
        for driver in [
            "nfs.csi.k8s.io",
            "k8s-sigs.io/nfs-subdir-external-provisioner",
            "org.democratic-csi.nfs",
            "smb.csi.k8s.io",
            "efs.csi.aws.com",
        ] {
            assert!(is_network_file_system(driver), "{driver}");
        }
        for driver in
            ["ebs.csi.aws.com", "rancher.io/local-path", "driver.longhorn.io", "nfsless.example.com"]
        {
            assert!(!is_network_file_system(driver), "{driver}");
        }
    }

    #[test]
    fn a_pod_has_its_own_folder() {
        let nfs = |path: &str| StaticVolume {
            source: VolumeSource::Nfs(NfsVolume {
                server: ServerAddress::parse("NAS.lan").unwrap(),
                path: AbsolutePath::parse(path).unwrap(),
                read_only: false,
            }),
            mount_options: Vec::new(),
        };
        assert_eq!(nfs("/srv/{pod}/{ordinal}/").of_pod("db-1", 1).identity(), "`nas.lan:/srv/db-1/1`");
        assert_eq!(nfs("/").identity(), "`nas.lan:/`");
        assert_eq!(nfs("/srv/{ordinal}").placeholder(), Some(("{ordinal}", vec!["nfs", "path"])));
        assert_eq!(nfs("/srv/{x}").placeholder(), None);
    }
}
