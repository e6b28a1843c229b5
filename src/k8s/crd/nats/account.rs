//! `Account`: where a server is, and how to log in to it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::{GROUP, VERSION};
use crate::k8s::crd::resource;

/// Where a server is, and how to log in to it. It makes nothing there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// Name, namespace, labels and annotations.
    pub metadata: ObjectMeta,
    /// The connection.
    pub spec: AccountSpec,
}

resource!(Account, GROUP, |_| VERSION);

/// A connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountSpec {
    /// URLs of servers.
    pub servers: Vec<String>,
    /// Who logs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<AccountUser>,
}

/// Keys of a Secret with a user and its password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AccountUser {
    /// The key of the password.
    pub password: String,
    /// The Secret.
    pub secret: SecretName,
    /// The key of the user's name.
    pub user: String,
}

/// A Secret of the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretName {
    /// Its name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::crd::testing::{assert_prints, named};

    #[test]
    fn prints() {
        let user = AccountUser {
            password: "pw".into(),
            secret: SecretName { name: "bus".into() },
            user: "username".into(),
        };
        let object = Account {
            metadata: named("bus"),
            spec: AccountSpec { servers: vec!["nats://bus:4222".into()], user: Some(user) },
        };
        let expected = json!({
            "apiVersion": "jetstream.nats.io/v1beta2",
            "kind": "Account",
            "metadata": {"name": "bus", "namespace": "apps"},
            "spec": {
                "servers": ["nats://bus:4222"],
                "user": {"password": "pw", "secret": {"name": "bus"}, "user": "username"},
            },
        });
        assert_prints(&object, &expected);
    }
}
