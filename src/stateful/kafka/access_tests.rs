use super::tests::{container, decode, file, findings, has, lower, tier};
use super::*;

const SECURED: &str = "
kind: kafka
replicas: 3
storage: 20Gi
clusterId: iFuzZaKKhLr1KqIlkS0NNQ
certificate: bus-tls
interBrokerPassword: { secret: bus, key: nodes }
users:
  app:
    password: { secret: bus-app, key: password }
    topics: { orders: [Read, AlterConfigs], \"audit.*\": [Write] }
    groups: { \"*\": [Read] }
    transactionalIds: { app: [Write] }
    cluster: [DescribeConfigs]
";

/// The lines of a text from one that begins so, to an empty one.
fn lines_from(text: &str, beginning: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|it| !it.starts_with(beginning));
    lines.take_while(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The tier of `SECURED` with the operator, which makes ids and certificates itself.
fn operated() -> String {
    SECURED
        .replace("clusterId: iFuzZaKKhLr1KqIlkS0NNQ", "backend: operator")
        .replace("interBrokerPassword: { secret: bus, key: nodes }\n", "")
}

#[test]
fn all_listeners_are_secured_alike() {
    let without = |text: &str, start: &str, end: &str| {
        let (before, rest) = text.split_once(start).unwrap();
        format!("{before}{}", rest.split_once(end).map(|(_, rest)| rest).unwrap_or_default())
    };
    let open = without(SECURED, "interBrokerPassword", "[DescribeConfigs]\n");
    for (yaml, protocol, volumes) in [
        (SECURED.to_owned(), "SASL_SSL", vec!["tls", "nodes"]),
        (SECURED.replace("certificate: bus-tls\n", ""), "SASL_PLAINTEXT", vec!["nodes"]),
        (open.clone(), "SSL", vec!["tls"]),
        (open.replace("certificate: bus-tls\n", ""), "PLAINTEXT", vec![]),
    ] {
        let plan = lower(&yaml);
        let properties = file(&plan, "kafka-config", "server.properties");
        has(
            properties,
            &format!(
                "listener.security.protocol.map=CLIENT:{protocol},BROKER:{protocol},CONTROLLER:{protocol}"
            ),
        );
        let (tls, login) = (protocol.ends_with("SSL"), protocol.starts_with("SASL"));
        assert_eq!(properties.contains("ssl.keystore.key=${files:/etc/kafka-secrets/tls:tls.key}"), tls);
        assert_eq!(properties.contains("StandardAuthorizer"), login);
        assert_eq!(properties.contains("config.providers"), tls || login);
        let names: Vec<_> =
            plan.parts[0].workload.pod.volumes[3..].iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, volumes, "{protocol}");
        let endpoints = tier(&yaml).0.endpoints("kafka", &Cluster::standard());
        assert_eq!(endpoints.properties[0], ("securityProtocol", protocol.to_owned()));
        assert_eq!(endpoints.properties.len(), if login { 2 } else { 1 });
        assert_eq!((endpoints.full_name, endpoints.users.len()), (tls, usize::from(login)));
        let admin = plan.files[0].files.get("admin.properties");
        assert_eq!(
            admin.is_some_and(|it| it.contains(&format!("security.protocol={protocol}\n"))),
            tls || login
        );
    }
}

#[test]
fn passwords_are_in_files_of_their_secrets_alone() {
    let plan = lower(SECURED);
    let properties = file(&plan, "kafka-config", "server.properties");
    has(
        properties,
        "listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
         required username=\"kafka\" password=\"${files:/etc/kafka-secrets/nodes:password}\" \
         user_kafka=\"${files:/etc/kafka-secrets/nodes:password}\";",
    );
    has(properties, "super.users=User:kafka");
    let keys: Vec<_> = tier(SECURED)
        .0
        .credentials()
        .iter()
        .map(|it| format!("{}/{} {}", it.secret, it.key, it.at.join(".")))
        .collect();
    let expected = [
        "bus-tls/tls.crt certificate",
        "bus-tls/tls.key certificate",
        "bus-tls/ca.crt certificate",
        "bus/nodes interBrokerPassword",
        "bus-app/password users.app.password",
    ];
    assert_eq!(keys, expected);
    // A client has no business with the key of the certificate, a node none with the users' passwords.
    let sources = |part: usize| {
        let pod = serde_json::to_value(&plan.parts[part].workload.pod.volumes).unwrap().to_string();
        ["tls.key", "bus-app", "\"nodes\""].map(|it| pod.contains(it))
    };
    assert_eq!((sources(0), sources(1)), ([true, false, true], [false, true, true]));
    assert!(container(&plan.parts[1]).env.iter().flatten().all(|it| it.value_from.is_none()));
}

#[test]
fn the_setup_makes_users_with_their_rights() {
    let plan = lower(SECURED);
    let script = file(&plan, "kafka-setup", "setup.sh");
    let rights = [
        "    user 'app' <<'END'",
        "TOPIC LITERAL READ orders",
        "TOPIC LITERAL ALTER_CONFIGS orders",
        "TOPIC PREFIXED WRITE audit.",
        "GROUP LITERAL READ *",
        "TRANSACTIONAL_ID LITERAL WRITE app",
        "CLUSTER LITERAL DESCRIBE_CONFIGS kafka-cluster",
        "END",
    ];
    assert_eq!(lines_from(script, "    user 'app'")[..rights.len()], rights);
    // It logs in as the nodes do, where they do.
    let brokers: Vec<_> =
        (0..3).map(|it| format!("kafka-{it}.kafka-headless.data.svc.cluster.local:9094")).collect();
    has(script, &format!("server='{}'", brokers.join(",")));
}

#[test]
fn strimzi_makes_users_and_takes_the_certificate() {
    let plan = lower(&operated());
    let value =
        |kind: &str| serde_json::to_value(plan.objects.iter().find(|it| it.kind() == kind).unwrap()).unwrap();
    let kafka = value("Kafka");
    let listener = &kafka["spec"]["kafka"]["listeners"][0];
    assert_eq!(
        (listener["tls"].clone(), listener["authentication"]["type"].clone()),
        (true.into(), "scram-sha-512".into())
    );
    assert_eq!(listener["configuration"]["brokerCertChainAndKey"]["secretName"], "bus-tls");
    assert_eq!(kafka["spec"]["kafka"]["authorization"]["type"], "simple");
    let operator = &kafka["spec"]["entityOperator"];
    assert!(operator["topicOperator"].is_null() && operator["template"]["topicOperatorContainer"].is_null());
    assert_eq!(operator["userOperator"]["secretPrefix"], "kafka-user-");
    let user = value("KafkaUser");
    assert_eq!(
        (user["metadata"]["name"].as_str(), user["metadata"]["labels"]["strimzi.io/cluster"].as_str()),
        (Some("app"), Some("kafka"))
    );
    let password = &user["spec"]["authentication"]["password"]["valueFrom"]["secretKeyRef"];
    assert_eq!((password["name"].as_str(), password["key"].as_str()), (Some("bus-app"), Some("password")));
    let acls = user["spec"]["authorization"]["acls"].as_array().unwrap();
    assert_eq!(acls[0]["operations"], serde_json::json!(["Read", "AlterConfigs"]));
    assert_eq!(
        acls[1]["resource"],
        serde_json::json!({ "type": "topic", "patternType": "prefix", "name": "audit." })
    );
    assert_eq!(acls[4]["resource"], serde_json::json!({ "type": "cluster" }));
    let tier = tier(&operated()).0;
    assert!(
        tier.calls_api() && tier.operator_objects("kafka").contains(&("Secret", "kafka-user-app".to_owned()))
    );
}

#[test]
fn a_certificate_is_for_the_service_and_each_pod() {
    let names = |yaml: &str| {
        let found = tier(yaml).0.served_names("bus", "data", &Cluster::standard());
        found.into_iter().map(|it| format!("{} {}", it.host, it.entry)).collect::<Vec<_>>()
    };
    let plain = names(&SECURED.replace("replicas: 3", "replicas: 1\ncontrollers: 1"));
    let expected = [
        "bus.data.svc.cluster.local bus.data.svc.cluster.local",
        "bus-0.bus-headless.data.svc.cluster.local *.bus-headless.data.svc.cluster.local",
        "bus-controller-0.bus-controller-headless.data.svc.cluster.local *.bus-controller-headless.data.svc.cluster.local",
    ];
    assert_eq!(plain, expected);
    let operated = names(&operated());
    assert_eq!(operated[1], "bus-bus-broker-0.bus-kafka-brokers.data.svc *.bus-kafka-brokers.data.svc");
    assert_eq!(tier(SECURED).0.reads_pkcs8().map(Name::as_str), Some("bus-tls"));
}

#[test]
fn access_that_cannot_be() {
    assert_eq!((findings(SECURED), findings(&operated())), (String::new(), String::new()));
    let with = |old: &str, new: &str| findings(&SECURED.replace(old, new));
    assert_eq!(with("interBrokerPassword: { secret: bus, key: nodes }\n", ""), "SG103  (key)");
    assert_eq!(with("certificate: bus-tls\n", ""), "SG313 /users (key)");
    assert_eq!(with("  app:\n", "  kafka:\n"), "SG111 /users/kafka (key)");
    assert_eq!(with("\"*\": [Read]", "\"*\": []"), "SG103 /users/app/groups/* (key)");
    let (nothing, _) = SECURED.split_once("    topics:").unwrap();
    assert_eq!(findings(nothing), "SG103 /users/app (key)");
    let (nobody, _) = SECURED.split_once("users:").unwrap();
    assert_eq!(findings(nobody), "SG103 /interBrokerPassword (key)");
    let password = format!("{}interBrokerPassword: {{ secret: bus, key: nodes }}\n", operated());
    assert_eq!(findings(&password), "SG303 /interBrokerPassword (key)");
    let (_, found) = decode(&SECURED.replace("orders: [Read", "orders: [ClusterAction"));
    assert_eq!(found[0].code.id, "SG109");
    let (_, found) = decode(&SECURED.replace("audit.*", "audit*.x"));
    assert!(found[0].message.contains("beginning of names"), "{found:?}");
}

#[test]
fn settings_of_tls_need_a_certificate() {
    let config = |yaml: &str, line: &str| findings(&format!("{yaml}config: {{ {line} }}\n"));
    let suites = "ssl.enabled.protocols: TLSv1.3";
    assert_eq!(config(SECURED, suites), "");
    assert_eq!(
        config(&SECURED.replace("certificate: bus-tls\n", ""), suites),
        "SG313 /users (key)\nSG305 /config/ssl.enabled.protocols (key)"
    );
    for name in ["ssl.keystore.location", "super.users", "authorizer.class.name", "config.providers.x.class"]
    {
        assert_eq!(config(SECURED, &format!("{name}: x")), format!("SG305 /config/{name} (key)"));
    }
}
