use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Container;

use super::*;
use crate::diag::{At, Diagnostic, Part as Place_, Sources};
use crate::k8s::Object;
use crate::model::decode::{Cx, Decode as _, Place};
use crate::stateful::AnyTier;

const THREE: &str = "
kind: vault
storage: 10Gi
tls: { certificate: vault-tls }
unseal: manual
audit: false
resources: { limits: { cpu: 1500m, memory: 512Mi } }
";

const DECLARED: &str = "
kind: vault
storage: 10Gi
tls: { secret: corporate }
unseal: { awskms: { region: eu-central-1, kmsKeyId: alias/vault } }
setupToken: { secret: bootstrap, key: token }
mounts: { secret: kv-v2, old: kv-v1, keys: transit }
policies: { reader: { paths: { secret/data/app/*: [read, list], keys/encrypt/app: [update] } } }
roles: { app: { serviceAccounts: [app, job], namespaces: [shop], policies: [reader, default], ttl: 30m, audience: vault } }
";

fn decode(yaml: &str) -> (Option<AnyTier>, Vec<Diagnostic>) {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("stack.yaml", yaml);
    let node = crate::syntax::parse::parse(&sources, file, &mut sink).unwrap();
    let tier = AnyTier::decode(Place { node: &node, key: node.span }, &Cx::new(&sources, &mut sink));
    (tier, sink.findings().to_vec())
}

fn tier(yaml: &str) -> AnyTier {
    let (tier, found) = decode(yaml);
    assert_eq!(found, []);
    tier.unwrap()
}

fn lower(yaml: &str) -> Plan {
    let cluster = Cluster::standard();
    let cx = TierContext {
        name: "vault",
        adopted: None,
        namespace: "infra",
        cluster: &cluster,
        service_account: "vault-account",
        selector: &BTreeMap::new(),
        pods: &crate::stateful::PodTraits::default(),
        bound: None,
        files: &BTreeMap::new(),
    };
    tier(yaml).0.lower(&cx)
}

/// The code and place of all that `check` reports, one a line.
fn findings(yaml: &str) -> String {
    let mut sink = Sink::default();
    tier(yaml).0.check(&Route::of(&["stateful", "vault"]), &Cluster::standard(), &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Place_::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/stateful/vault/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn env(container: &Container) -> BTreeMap<&str, &str> {
    let env = container.env.iter().flatten();
    env.filter_map(|it| Some((it.name.as_str(), it.value.as_deref()?))).collect()
}

fn file<'a>(plan: &'a Plan, name: &str) -> &'a str {
    plan.files.iter().find_map(|it| it.files.get(name)).unwrap()
}

#[test]
fn nodes_vote_stand_side_by_side_and_wait_for_a_person() {
    let plan = lower(THREE);
    let [Part { workload, services, budget }] = plan.parts.as_slice() else { panic!("{plan:?}") };
    let Controller::StatefulSet { replicas: 3, headless, parallel: true, update: Update::OnDelete, claims } =
        &workload.controller
    else {
        panic!("{workload:?}")
    };
    assert_eq!((headless.as_str(), claims[0].name.as_str()), ("vault-headless", "data"));
    assert_eq!((workload.part, *budget), (Some("server"), Budget::Majority(3)));
    let ports = |it: &crate::workload::ServiceSpec| it.ports.iter().map(|it| it.port).collect::<Vec<_>>();
    assert_eq!((services[0].name.as_str(), ports(&services[0])), ("vault", vec![8200]));
    assert_eq!((&services[1].kind, ports(&services[1])), (&ServiceKind::Headless, vec![8200, 8201]));
    let pod = &workload.pod;
    assert_eq!((pod.grace, pod.automount_token, pod.security.fs_group), (60, false, Some(1000)));
    assert!(plan.objects.is_empty() && plan.files.len() == 1);
    let endpoints = tier(THREE).0.endpoints("vault", &Cluster::standard());
    assert_eq!((endpoints.peers, endpoints.scheme), (vec![8200, 8201], Some("https")));
}

#[test]
fn a_node_is_known_by_names_and_sized_by_its_limits() {
    let plan = lower(THREE);
    let main = &plan.parts[0].workload.pod.containers[0];
    assert_eq!((main.name.as_str(), main.image.as_deref()), ("vault", Some("hashicorp/vault:2.0.4")));
    let own = "$(VAULT_RAFT_NODE_ID).vault-headless.infra.svc.cluster.local";
    let expected = [
        ("GOMAXPROCS", "1".to_owned()),
        ("GOMEMLIMIT", "409MiB".to_owned()),
        ("HOME", "/tmp".to_owned()),
        ("VAULT_ADDR", "https://127.0.0.1:8200".to_owned()),
        ("VAULT_API_ADDR", format!("https://{own}:8200")),
        ("VAULT_CACERT", "/vault/tls/ca.crt".to_owned()),
        ("VAULT_CLUSTER_ADDR", format!("https://{own}:8201")),
        ("VAULT_TLS_SERVER_NAME", "vault.infra.svc.cluster.local".to_owned()),
    ];
    assert_eq!(env(main), expected.iter().map(|(name, it)| (*name, it.as_str())).collect());
    let fields = main.env.iter().flatten().filter_map(|it| {
        let from = it.value_from.as_ref()?.field_ref.as_ref()?;
        Some((it.name.as_str(), from.field_path.as_str()))
    });
    assert_eq!(
        fields.collect::<Vec<_>>(),
        [("VAULT_RAFT_NODE_ID", "metadata.name"), ("POD_IP", "status.podIP")]
    );
}

#[test]
fn only_open_nodes_are_ready_and_none_is_killed_for_being_sealed() {
    let plan = lower(THREE);
    let main = &plan.parts[0].workload.pod.containers[0];
    let ready = main.readiness_probe.as_ref().unwrap().http_get.as_ref().unwrap();
    assert_eq!(ready.path.as_deref(), Some("/v1/sys/health?standbyok=true&perfstandbyok=true"));
    assert_eq!(ready.scheme.as_deref(), Some("HTTPS"));
    assert!(main.liveness_probe.is_none() && main.startup_probe.is_none());
}

#[test]
fn each_peer_is_asked_to_join_under_the_name_of_the_certificate() {
    let plan = lower(THREE);
    let config = file(&plan, "vault.hcl");
    assert_eq!(config.matches("retry_join {").count(), 3);
    for line in [
        "ui = false\n",
        "disable_mlock = true\n",
        "  path = \"/vault/data\"\n",
        "    leader_api_addr = \"https://vault-2.vault-headless.infra.svc.cluster.local:8200\"\n",
        "    leader_tls_servername = \"vault.infra.svc.cluster.local\"\n",
        "    leader_ca_cert_file = \"/vault/tls/ca.crt\"\n",
        "  tls_cert_file = \"/vault/tls/tls.crt\"\n",
    ] {
        assert!(config.contains(line), "{line} in {config}");
    }
    assert!(!config.contains("seal \"") && !config.contains("telemetry"), "{config}");
    let single = lower(&THREE.replace("unseal", "replicas: 1\nunseal"));
    assert!(!file(&single, "vault.hcl").contains("retry_join"));
    assert_eq!(single.parts[0].budget, Budget::None);
}

#[test]
fn settings_stand_in_their_stanzas() {
    let own = "config: { default_lease_ttl: 24h, raft.performance_multiplier: 1, listener.max_request_size: 1048576, telemetry.usage_gauge_period: 5m, raw_storage_endpoint: false }\n";
    let plan = lower(&format!("{THREE}{own}"));
    let config = file(&plan, "vault.hcl");
    for text in [
        "disable_mlock = true\ndefault_lease_ttl = \"24h\"\nraw_storage_endpoint = false\n",
        "  path = \"/vault/data\"\n  performance_multiplier = \"1\"\n",
        "  tls_key_file = \"/vault/tls/tls.key\"\n  max_request_size = \"1048576\"\n}\n",
        "telemetry {\n  disable_hostname = true\n  usage_gauge_period = \"5m\"\n}\n",
    ] {
        assert!(config.contains(text), "{text} in {config}");
    }
}

#[test]
fn a_job_sets_up_what_is_declared() {
    let plan = lower(DECLARED);
    let Controller::Job(Run { retries: 10, .. }) = plan.parts[1].workload.controller else {
        panic!("{plan:?}")
    };
    assert_eq!((plan.parts[1].workload.part, plan.parts[1].budget), (Some("setup"), Budget::None));
    let pod = &plan.parts[1].workload.pod;
    let variables = env(&pod.containers[0]);
    assert_eq!(variables["VAULT_ADDR"], "https://vault.infra.svc.cluster.local:8200");
    assert_eq!(variables["VAULT_TOKEN_FILE"], "/vault/token/token");
    assert!(!pod.automount_token);
    let volumes = serde_json::to_string(&pod.volumes).unwrap();
    assert!(volumes.contains("\"bootstrap\"") && !volumes.contains("tls.key"), "{volumes}");
    let script = file(&plan, "setup.sh");
    for text in [
        "vault audit enable -path=stdout file file_path=stdout\n",
        "engine 'secret' 'kv' 2\n",
        "engine 'old' 'kv' 1\n",
        "engine 'keys' 'transit'\n",
        "vault policy write 'reader' - <<'POLICY'\npath \"secret/data/app/*\" {\n  capabilities = [\"read\", \"list\"]\n}\npath \"keys/encrypt/app\" {\n  capabilities = [\"update\"]\n}\nPOLICY\n",
        "vault write auth/kubernetes/config kubernetes_host=https://kubernetes.default.svc\n",
        "vault write auth/kubernetes/role/app \\\n  bound_service_account_names='app,job' \\\n  bound_service_account_namespaces='shop' \\\n  audience='vault' \\\n  token_policies='reader,default' \\\n  token_ttl='30m'\n",
    ] {
        assert!(script.contains(text), "{text} in {script}");
    }
}

#[test]
fn who_takes_tokens_may_ask_whose_they_are() {
    let plan = lower(DECLARED);
    assert!(plan.parts[0].workload.pod.automount_token);
    let [Object::ClusterRoleBinding(binding)] = plan.objects.as_slice() else { panic!("{:?}", plan.objects) };
    assert_eq!(binding.metadata.name.as_deref(), Some("infra-vault-auth-delegator"));
    assert_eq!(binding.role_ref.name, "system:auth-delegator");
    let subject = &binding.subjects.as_ref().unwrap()[0];
    assert_eq!((subject.name.as_str(), subject.namespace.as_deref()), ("vault-account", Some("infra")));
}

#[test]
fn without_a_token_the_script_waits_for_a_person() {
    let yaml = DECLARED.replace("setupToken: { secret: bootstrap, key: token }\n", "");
    let plan = lower(&yaml);
    assert_eq!(plan.parts.len(), 1);
    assert!(file(&plan, "setup.sh").contains("engine 'secret' 'kv' 2\n"));
    assert_eq!(findings(&yaml), "SG311 mounts (key)");
    assert_eq!(findings(&THREE.replace("audit: false", "audit: true")), "SG310 unseal\nSG311 audit (key)");
}

fn seal(unseal: &str) -> (String, BTreeMap<String, String>, Vec<String>) {
    let yaml = THREE.replace("unseal: manual", &format!("unseal: {unseal}"));
    let plan = lower(&yaml);
    let config = file(&plan, "vault.hcl");
    let stanza = config.split_once("\nseal ").map(|(_, it)| it.trim_end().to_owned()).unwrap();
    let main = &plan.parts[0].workload.pod.containers[0];
    let secret = |it: &k8s_openapi::api::core::v1::EnvVar| {
        let key = it.value_from.as_ref()?.secret_key_ref.as_ref()?;
        Some((it.name.clone(), format!("{}/{}", key.name, key.key)))
    };
    let variables = main.env.iter().flatten().filter_map(secret).collect();
    let credentials = tier(&yaml).0.credentials();
    let at = credentials.iter().map(|it| it.at.join("/")).filter(|it| it.starts_with("unseal")).collect();
    (stanza, variables, at)
}

#[test]
fn keys_elsewhere_open_it() {
    let (stanza, variables, at) = seal(
        "{ awskms: { region: r, kmsKeyId: k, accessKey: { secret: s, key: a }, secretKey: { secret: s, key: b } } }",
    );
    assert_eq!(stanza, "\"awskms\" {\n  region = \"r\"\n  kms_key_id = \"k\"\n}");
    let expected = [("AWS_ACCESS_KEY_ID", "s/a"), ("AWS_SECRET_ACCESS_KEY", "s/b")];
    assert_eq!(variables, expected.map(|(name, it)| (name.to_owned(), it.to_owned())).into());
    assert_eq!(at, ["unseal/awskms/accessKey", "unseal/awskms/secretKey"]);

    let (stanza, variables, at) = seal(
        "{ gcpckms: { project: p, region: global, keyRing: r, cryptoKey: k, credentials: { secret: s, key: j } } }",
    );
    assert!(stanza.ends_with("  credentials = \"/vault/unseal/credentials.json\"\n}"), "{stanza}");
    assert!(variables.is_empty());
    assert_eq!(at, ["unseal/gcpckms/credentials"]);

    let (stanza, variables, _) = seal(
        "{ azurekeyvault: { tenantId: t, vaultName: v, keyName: k, clientId: c, clientSecret: { secret: s, key: j } } }",
    );
    let expected = "\"azurekeyvault\" {\n  tenant_id = \"t\"\n  vault_name = \"v\"\n  key_name = \"k\"\n  client_id = \"c\"\n}";
    assert_eq!(stanza, expected);
    assert_eq!(variables["AZURE_CLIENT_SECRET"], "s/j");
}

#[test]
fn the_client_of_another_vault_believes_nothing_of_itself() {
    let unseal = "{ transit: { address: 'https://other:8200', keyName: k, token: { secret: s, key: t }, caCertificate: { secret: s, key: c } } }";
    let (stanza, variables, _) = seal(unseal);
    let expected = "\"transit\" {\n  address = \"https://other:8200\"\n  key_name = \"k\"\n  mount_path = \"transit\"\n  tls_ca_cert = \"/vault/unseal/ca.crt\"\n}";
    assert_eq!(stanza, expected);
    assert_eq!(variables["VAULT_TOKEN"], "s/t");
    let plan = lower(&THREE.replace("unseal: manual", &format!("unseal: {unseal}")));
    let main = &plan.parts[0].workload.pod.containers[0];
    assert!(!env(main).contains_key("VAULT_ADDR") && !env(main).contains_key("VAULT_CACERT"));
}

#[test]
fn every_mount_has_its_volume() {
    for yaml in [THREE, DECLARED] {
        for part in lower(yaml).parts {
            let pod = part.workload.pod;
            for mount in pod.containers[0].volume_mounts.iter().flatten() {
                let found = mount.name == "data" || pod.volumes.iter().any(|it| it.name == mount.name);
                assert!(found, "{}", mount.name);
            }
        }
    }
}

#[test]
fn certificates_are_asked_for_by_their_keys() {
    let keys = |yaml| {
        let credentials = tier(yaml).0.credentials();
        credentials
            .iter()
            .map(|it| format!("{} {} {}", it.at.join("/"), it.secret, it.key))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        keys(THREE),
        [
            "tls/certificate vault-tls tls.crt",
            "tls/certificate vault-tls tls.key",
            "tls/certificate vault-tls ca.crt"
        ]
    );
    assert_eq!(keys(DECLARED)[3..], ["setupToken bootstrap token"]);
}

#[test]
fn what_is_sound_and_what_is_not() {
    assert_eq!(findings(THREE), "SG310 unseal");
    assert_eq!(findings(DECLARED), "");
    let with = |from: &str, to: &str| {
        let changed = DECLARED.replace(from, to);
        assert_ne!(changed, DECLARED);
        findings(&changed)
    };
    let replicas = |it: &str| with("storage:", &format!("replicas: {it}\nstorage:"));
    assert_eq!(replicas("5"), "");
    assert_eq!(replicas("2"), "SG302 replicas");
    assert_eq!(replicas("0"), "SG303 replicas");
    assert_eq!(replicas("9"), "SG303 replicas");
    assert_eq!(with("storage:", "version: 2.0.1\nstorage:"), "SG111 version");
    assert_eq!(with("storage:", "image: mirror.example/vault:1.21.9\nstorage:"), "SG111 image");
    assert_eq!(
        with("storage:", "terminationGracePeriodSeconds: 14\nstorage:"),
        "SG314 terminationGracePeriodSeconds"
    );
    let config = |it: &str| with("storage:", &format!("config: {{ {it} }}\nstorage:"));
    assert_eq!(
        config("api_addr: x, listener.tls_disable: true"),
        "SG305 config/api_addr (key)\nSG305 config/listener.tls_disable (key)"
    );
    assert_eq!(config("log_level: loud"), "SG111 config/log_level");
    assert_eq!(config("storage.path: /x"), "SG111 config/storage.path (key)");
    let half = "kmsKeyId: alias/vault, accessKey: { secret: bootstrap, key: id }";
    assert_eq!(with("kmsKeyId: alias/vault", half), "SG103 unseal/awskms/accessKey (key)");
}

#[test]
fn policies_and_roles_that_would_do_nothing() {
    let with = |from: &str, to: &str| {
        let changed = DECLARED.replace(from, to);
        assert_ne!(changed, DECLARED);
        findings(&changed)
    };
    assert_eq!(with("[reader, default]", "[raeder]"), "SG111 roles/app/policies/0");
    assert_eq!(with("namespaces: [shop]", "namespaces: []"), "SG103 roles/app (key)");
    assert_eq!(with("secret/data/app/*", "secret/app/*"), "SG111 policies/reader/paths/secret~1app~1* (key)");
    assert_eq!(with("secret/data/app/*", "secret/+/app"), "");
    assert_eq!(with("secret/data/app/*", "old/app"), "");
    assert_eq!(with("secret/data/app/*", "/old/app"), "SG111 policies/reader/paths/~1old~1app (key)");
    assert_eq!(with("[read, list]", "[]"), "SG103 policies/reader/paths/secret~1data~1app~1* (key)");
    let own = "policies: { root: { paths: { sys/*: [read] } }, reader:";
    assert_eq!(with("policies: { reader:", own), "SG111 policies/root (key)");
    let (_, found) = decode(&THREE.replace("unseal: manual", "unseal: never"));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG109"]);
    let (_, found) = decode(&THREE.replace("unseal: manual\n", ""));
    assert_eq!(found.iter().map(|it| it.code.id).collect::<Vec<_>>(), ["SG103"]);
}

/// The same tier, of `OpenBao`.
fn of_openbao(yaml: &str) -> String {
    yaml.replace("kind: vault", "kind: openbao")
}

#[test]
fn openbao_is_the_same_under_its_own_names() {
    let (vault, openbao) = (lower(THREE), lower(&of_openbao(THREE)));
    let [vault, openbao] = [vault, openbao].map(|plan| {
        let own = serde_json::to_string(&plan.parts[0].workload.pod.containers[0]).unwrap();
        let files: String = plan.files[0].files.values().map(String::as_str).collect();
        (own, files)
    });
    let renamed = |it: &str| {
        it.replace("hashicorp/vault:2.0.4", "openbao/openbao:2.7.2")
            .replace("VAULT_", "BAO_")
            .replace("\"/vault/", "\"/openbao/")
    };
    assert_eq!(renamed(&vault.0), openbao.0);
    assert!(openbao.1.contains("exec bao server -config=/openbao/config/openbao.hcl"), "{}", openbao.1);
    assert!(!openbao.1.contains("mlock") && !openbao.1.contains("/vault/"), "{}", openbao.1);
}

#[test]
fn openbao_declares_its_audit_log_and_vault_makes_it() {
    let declared = DECLARED.replace(
        "awskms: { region: eu-central-1, kmsKeyId: alias/vault }",
        "transit: { address: 'https://a', keyName: k, token: { secret: b, key: t } }",
    );
    let (vault, openbao) = (lower(&declared), lower(&of_openbao(&declared)));
    let made = "audit enable -path=stdout";
    assert!(file(&vault, "setup.sh").contains(made) && !file(&openbao, "setup.sh").contains(made));
    let stanza = "audit \"file\" \"stdout\" {";
    assert!(!file(&vault, "vault.hcl").contains(stanza) && file(&openbao, "openbao.hcl").contains(stanza));
    let names = |it: &Plan| {
        let env = it.parts[0].workload.pod.containers[0].env.clone().unwrap();
        env.into_iter().map(|it| it.name).filter(|it| it.ends_with("_TOKEN")).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(&vault), names(&openbao)),
        (vec!["VAULT_TOKEN".to_owned()], vec!["BAO_TOKEN".to_owned()])
    );
    // Nothing is left to set up.
    let audited = of_openbao(&THREE.replace("audit: false", "audit: true"));
    assert_eq!(lower(&audited).files.len(), 1);
    assert_eq!(findings(&audited), "SG310 unseal");
}

#[test]
fn openbao_has_lost_the_seals_of_clouds() {
    let of = |version: &str| findings(&of_openbao(&format!("{DECLARED}version: {version}\n")));
    assert_eq!((of("2.6.4").as_str(), of("2.7.2").as_str()), ("", "SG111 unseal"));
    assert_eq!(findings(DECLARED), "");
}
