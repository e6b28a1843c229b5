//! Base backups and WAL in an object store, or snapshots of the volumes.

use super::{key, named};
use crate::k8s::crd::cnpg::scheduled_backup::{
    BackupMethod, BackupOwner, ScheduledBackup, ScheduledBackupSpec,
};
use crate::k8s::crd::cnpg::{BARMAN_CLOUD, cluster as cnpg, object_store};
use crate::stateful::TierContext;
use crate::stateful::backup::{Backup, BackupStore, BackupTarget, Keep};
use crate::workload::resources;

/// The name of what archives.
pub(super) fn name(cx: &TierContext<'_>) -> String {
    format!("{}-backup", cx.name)
}

/// Where backups and WAL go, if to a store.
pub(super) fn store(backup: &Backup, cx: &TierContext<'_>) -> Option<object_store::ObjectStore> {
    Some(object_store(backup.store()?, backup, cx))
}

fn object_store(target: &BackupStore, backup: &Backup, cx: &TierContext<'_>) -> object_store::ObjectStore {
    let age = |keep: &Keep| if let Keep::Age(_, text) = keep { Some(text.to_string()) } else { None };
    object_store::ObjectStore {
        metadata: named(name(cx)),
        spec: object_store::ObjectStoreSpec {
            configuration: object_store::Configuration {
                destination_path: target.path.clone(),
                endpoint_ca: target.endpoint_ca.as_ref().map(key),
                endpoint_url: target.endpoint.clone(),
                s3_credentials: object_store::S3Credentials {
                    access_key_id: key(&target.access_key_id),
                    secret_access_key: key(&target.secret_access_key),
                },
                ..object_store::Configuration::default()
            },
            instance_sidecar_configuration: backup
                .resources
                .as_ref()
                .map(|it| object_store::Sidecar { resources: resources(it) }),
            retention_policy: backup.keep.as_ref().and_then(age),
        },
    }
}

/// How volumes are snapshotted, if they are. Cold: a snapshot of a running server is of use with all WAL since alone,
/// which nothing archives then ("Backup on volume snapshots", hot and cold backups).
pub(super) fn snapshots(backup: &Backup) -> Option<cnpg::ClusterBackup> {
    let BackupTarget::Snapshot(it) = &backup.to else { return None };
    Some(cnpg::ClusterBackup {
        volume_snapshot: cnpg::VolumeSnapshots {
            class_name: it.class.as_ref().map(ToString::to_string),
            online: false,
            snapshot_owner_reference: cnpg::SnapshotOwner::Backup,
        },
    })
}

/// When backups are made.
pub(super) fn schedule(backup: &Backup, cx: &TierContext<'_>) -> ScheduledBackup {
    let plugin = backup.store().is_some();
    ScheduledBackup {
        metadata: named(name(cx)),
        spec: ScheduledBackupSpec {
            // A snapshot goes with its `Backup`, and so must not go with the schedule.
            backup_owner_reference: plugin.then_some(BackupOwner::Schedule),
            cluster: cx.name.into(),
            // WAL without a base backup restores nothing.
            immediate: true,
            method: if plugin { BackupMethod::Plugin } else { BackupMethod::VolumeSnapshot },
            plugin_configuration: plugin.then(|| BARMAN_CLOUD.into()),
            schedule: six_fields(backup.schedule.as_str()),
        },
    }
}

/// The operator's schedules begin with the second.
fn six_fields(schedule: &str) -> String {
    let schedule = schedule.trim();
    if schedule.starts_with('@') { schedule.to_owned() } else { format!("0 {schedule}") }
}
