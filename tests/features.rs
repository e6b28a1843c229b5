//! What one description becomes, feature by feature, as independent readers see it.

use crate::support::memory::{Memory, compile, get, stack};
use serde_yaml::Value;
use stackgen::compile::Project;
use stackgen::layout::Form;

const TWO: &str = "
namespaces: { app: { mesh: true }, data: {} }
services:
  one: { profile: web, namespace: app, uses: [ two, three ] }
  two: { profile: web, namespace: app }
  three: { profile: web, namespace: data }
";

#[test]
fn ambient_pods_reach_each_other_through_the_tunnel_alone() {
    let text = format!("mesh: {{ istio: {{ mode: ambient }} }}\nenvironments: {{ prod: {{}} }}{TWO}");
    let objects = compile(&stack(&text, &[]), "prod", &[]).unwrap();
    let one = get(&objects, "NetworkPolicy", "one");
    let ports: Vec<_> =
        one["spec"]["egress"].as_sequence().unwrap().iter().map(|it| &it["ports"][0]["port"]).collect();
    assert_eq!(
        ports,
        [&Value::from(15008), &Value::from(8080)],
        "the mesh's peer, then the one outside of it"
    );
    assert_eq!(get(&objects, "NetworkPolicy", "two")["spec"]["ingress"][0]["ports"][0]["port"], 15008);
    let policy = get(&objects, "AuthorizationPolicy", "two");
    assert_eq!(policy["spec"]["rules"][0]["to"][0]["operation"]["ports"][0], "8080");
    assert_eq!(
        policy["spec"]["rules"][0]["from"][0]["source"]["principals"][0],
        "cluster.local/ns/app/sa/one"
    );
    assert_eq!(get(&objects, "Namespace", "app")["metadata"]["labels"]["istio.io/dataplane-mode"], "ambient");
    let probes = get(&objects, "NetworkPolicy", "allow-mesh");
    assert_eq!(probes["spec"]["ingress"][0]["from"][0]["ipBlock"]["cidr"], "169.254.7.127/32");
}

#[test]
fn sidecars_see_real_ports_and_api_versions_follow_the_cluster() {
    for (version, api) in [("1.20", "security.istio.io/v1beta1"), ("1.29", "security.istio.io/v1")] {
        let text = format!(
            "cluster: {{ istio: \"{version}\" }}\nmesh: {{ istio: {{ mode: sidecar }} }}\nenvironments: {{ prod: {{}} }}{TWO}"
        );
        let objects = compile(&stack(&text, &[]), "prod", &[]).unwrap();
        assert_eq!(get(&objects, "PeerAuthentication", "default")["apiVersion"], api);
        assert_eq!(get(&objects, "NetworkPolicy", "two")["spec"]["ingress"][0]["ports"][0]["port"], 8080);
        let istiod = get(&objects, "NetworkPolicy", "allow-mesh");
        assert_eq!(istiod["spec"]["egress"][0]["ports"][0]["port"], 15012);
    }
}

#[test]
fn the_vault_agent_writes_files_and_logs_in_with_a_token_of_its_own() {
    let text = "
namespaces: { app: {} }
stores: { v: { vault-agent: { role: app, address: \"https://vault.example:8200\" } } }
secrets: { db: { from: v, path: app/db, keys: { password: pw } } }
services:
  one: { profile: web, files: { /etc/db: { secret: db } } }
environments: { prod: {} }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    let template = &get(&objects, "Deployment", "one")["spec"]["template"];
    let annotation = |key: &str| &template["metadata"]["annotations"][format!("vault.hashicorp.com/{key}")];
    assert_eq!(*annotation("agent-inject-secret-db-password"), "secret/data/app/db");
    assert_eq!(*annotation("secret-volume-path-db-password"), "/etc/db");
    let volume = annotation("agent-service-account-token-volume-name");
    let volumes = template["spec"]["volumes"].as_sequence().unwrap();
    let token = volumes.iter().find(|it| it["name"] == *volume).unwrap();
    assert_eq!(token["projected"]["sources"][0]["serviceAccountToken"]["path"], "token");
    assert!(objects.iter().all(|it| it["kind"] != "Secret"));
    let as_variable =
        text.replace("files: { /etc/db: { secret: db } }", "env: { P: { secret: db, key: password } }");
    let errors = compile(&stack(&as_variable, &[]), "prod", &[]).unwrap_err();
    assert!(errors[0].starts_with("SG213"), "{errors:?}");
}

#[test]
fn the_operator_fetches_static_and_dynamic_secrets_and_restarts_what_takes_them() {
    let text = "
namespaces: { app: {} }
stores:
  v: { vault-secrets-operator: { address: \"https://vault.example:8200\", auth: { role: app }, refreshAfter: 30m } }
secrets:
  api: { from: v, path: app/api, keys: [ key ] }
  db: { from: v, dynamic: { mount: database, path: creds/app }, keys: [ username, password ] }
services:
  one: { profile: web, env: { K: { secret: api, key: key }, U: { secret: db, key: username } } }
environments: { prod: {} }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    let fixed = &get(&objects, "VaultStaticSecret", "api")["spec"];
    assert_eq!((&fixed["path"], &fixed["refreshAfter"]), (&Value::from("app/api"), &Value::from("30m")));
    assert_eq!(fixed["rolloutRestartTargets"][0]["name"], "one");
    assert_eq!(get(&objects, "VaultDynamicSecret", "db")["spec"]["mount"], "database");
    assert_eq!(get(&objects, "VaultAuth", "v")["spec"]["kubernetes"]["role"], "app");
    assert_eq!(get(&objects, "VaultConnection", "v")["spec"]["address"], "https://vault.example:8200");
}

#[test]
fn environments_layer_and_null_removes() {
    let text = "
namespaces: { app: {} }
parameters: { level: { default: info, enum: [ info, debug ] }, pr: { type: integer, default: 0 } }
services:
  one: { profile: web, env: { LEVEL: \"${parameters.level}\", GONE: x, LITERAL: \"$${HOME}\" } }
environments:
  base: { overlays: small.yaml }
  prod: { extends: base, parameters: { level: debug }, services: { one: { env: { GONE: null } } } }
";
    let files = [("small.yaml", "services: { one: { scale: 1 } }\n")];
    let objects = compile(&stack(text, &files), "prod", &[]).unwrap();
    let one = &get(&objects, "Deployment", "one")["spec"];
    assert_eq!(one["replicas"], 1, "the overlay of the extended environment");
    let env = one["template"]["spec"]["containers"][0]["env"].as_sequence().unwrap();
    let pairs: Vec<_> =
        env.iter().map(|it| (it["name"].as_str().unwrap(), it["value"].as_str().unwrap())).collect();
    assert_eq!(pairs, [("LEVEL", "debug"), ("LITERAL", "${HOME}")]);
    let env = compile(&stack(text, &files), "prod", &[("level", "loud")]).unwrap_err();
    assert!(env[0].starts_with("SG206"), "{env:?}");
}

#[test]
fn a_declaration_is_read_where_an_environment_gives_the_value() {
    let text = "
namespaces: { app: {} }
parameters: { level: { type: string, descripton: x, of the log: } }
services: { one: { profile: web, env: { LEVEL: '${parameters.level}' } } }
environments: { prod: { parameters: { level: debug } } }
";
    let errors = compile(&stack(text, &[]), "prod", &[]).unwrap_err();
    assert!(errors.len() == 2 && errors.iter().all(|it| it.starts_with("SG101")), "{errors:?}");
}

#[test]
fn null_removes_what_the_component_says_where_its_profile_lost_the_same() {
    let text = "  common: { env: { LEVEL: info } }
namespaces: { app: {} }
services:
  one: { profile: [ web, common ], env: { LEVEL: debug } }
  two: { profile: [ web, common ] }
environments:
  prod: { profiles: { common: { env: { LEVEL: null } } }, services: { one: { env: { LEVEL: null } } } }
  idle: { profiles: { common: { env: { LEVEL: null } } }, services: { two: { env: { LEVEL: null } } } }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    let one = &get(&objects, "Deployment", "one")["spec"]["template"]["spec"]["containers"][0];
    assert!(one["env"].is_null(), "{one:?}");
    let errors = compile(&stack(text, &[]), "idle", &[]).unwrap_err();
    assert!(errors[0].starts_with("SG202"), "`two` says nothing of its own: {errors:?}");
}

#[test]
fn a_template_is_rendered_over_the_component_and_its_mistakes_have_a_line() {
    let text = "
namespaces: { app: {} }
services:
  one: { profile: web, uses: [ two ], files: { /etc/one.conf: { template: one.conf.j2 } } }
  two: { profile: web }
environments: { prod: {} }
";
    let template = "listen {{ ports.http }}\nupstream {{ uses.two.address }}\n";
    let objects = compile(&stack(text, &[("one.conf.j2", template)]), "prod", &[]).unwrap();
    let map = objects.iter().find(|it| it["kind"] == "ConfigMap").unwrap();
    assert_eq!(map["data"]["one.conf"], "listen 8080\nupstream two:8080\n");
    let volume = &get(&objects, "Deployment", "one")["spec"]["template"]["spec"]["volumes"][0];
    assert_eq!(volume["configMap"]["name"], map["metadata"]["name"], "the stream has the suffixed name");
    let errors = compile(&stack(text, &[("one.conf.j2", "a\n{{ ports.htpp }}\n")]), "prod", &[]).unwrap_err();
    assert!(errors[0].starts_with("SG214"), "{errors:?}");
}

#[test]
fn a_later_language_and_a_mesh_of_one_environment() {
    let mut files = stack(
        "namespaces: { app: {} }\nservices:\n  web: { profile: web }\nenvironments:\n  prod: {}\n",
        &[],
    );
    compile(&files, "prod", &[]).unwrap();
    let text = files.0.get_mut("stack.yaml").unwrap();
    *text = text.replace("stackgen: 1", "stackgen: 2");
    let errors = compile(&files, "prod", &[]).unwrap_err();
    assert_eq!(errors, ["SG109 this program does not know version 2 of the language"]);

    let meshed = "namespaces: { app: {} }\nservices:\n  web: { profile: web }\nenvironments:\n  prod: {}\n  meshed: { mesh: { istio: { mode: ambient } } }\n";
    compile(&stack(meshed, &[]), "meshed", &[]).unwrap();
    // An environment may have none, of what the stack has.
    let without = "namespaces: { app: { mesh: true } }\nmesh: { istio: {} }\ngitops: { flux: { repo: \"https://git.example/deploy\", path: . } }\nservices:\n  web: { profile: web }\nenvironments:\n  prod: {}\n  dev: { mesh: null, gitops: null }\n";
    let kinds = |environment: &str| {
        let objects = compile(&stack(without, &[]), environment, &[]).unwrap();
        objects.iter().any(|it| it["kind"] == "PeerAuthentication")
    };
    assert!(kinds("prod") && !kinds("dev"));
}

#[test]
fn a_url_with_a_password_needs_its_variable_before_it() {
    let text = "
namespaces: { app: {} }
stores: { vault: { vault-secrets-operator: { mount: kv, type: kv-v2, address: https://vault.example, auth: { role: r } } } }
secrets: { db: { from: vault, path: db, keys: [password] } }
services:
  one: { profile: web, uses: [ my-db ], ENV }
stateful:
  my-db: { kind: postgres, storage: 1Gi, database: shop, owner: app, password: { secret: db, key: password } }
environments: { prod: {} }
";
    let with = |env: &str| compile(&stack(&text.replace("ENV", env), &[]), "prod", &[]);
    let password = "MY_DB_PASSWORD: { secret: db, key: password }";
    let objects = with(&format!("env: {{ {password}, URL: '${{stateful.my-db.url}}' }}")).unwrap();
    let pod = &get(&objects, "Deployment", "one")["spec"]["template"]["spec"];
    assert_eq!(pod["containers"][0]["env"][1]["value"], "postgresql://app:$(MY_DB_PASSWORD)@my-db:5432/shop");
    for env in [
        "env: { URL: '${stateful.my-db.url}' }".to_owned(),
        format!("env: {{ URL: '${{stateful.my-db.url}}', {password} }}"),
        "args: [ '${stateful.my-db.url}' ]".to_owned(),
    ] {
        let errors = with(&env).unwrap_err();
        assert!(errors[0].starts_with("SG217"), "{errors:?}");
    }
    let file = "files: { /etc/one.conf: { content: '${stateful.my-db.url} ${stateful.my-db.database}' } }";
    let objects = with(file).unwrap();
    let map = objects
        .iter()
        .find(|it| it["kind"] == "ConfigMap" && it["metadata"]["name"].as_str().unwrap().starts_with("one"));
    assert_eq!(
        map.unwrap()["data"]["one.conf"],
        "postgresql://app@my-db:5432/shop shop",
        "nothing expands a file"
    );
    let errors = with("env: { URL: '${stateful.my-db.readOnly.url}' }").unwrap_err();
    assert!(errors[0].starts_with("SG205") || errors[0].contains("no such property"), "{errors:?}");
}

#[test]
fn a_missing_parameter_is_the_only_finding() {
    let text = "
namespaces: { app: {} }
parameters:
  port: { type: integer }
  mode: { type: string, enum: [RollingUpdate, OnDelete] }
services: { one: { profile: web, ports: { http: '${parameters.port}' }, scale: { fixed: '${parameters.port}' } } }
environments: { prod: {} }
";
    let errors = compile(&stack(text, &[]), "prod", &[]).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.iter().all(|it| it.contains("has no value")), "{errors:?}");
}

#[test]
fn external_secrets_come_by_prefix_or_path_from_any_provider() {
    let text = "
cluster: { external-secrets: \"0.20\" }
namespaces: { app: {} }
stores:
  hand: { existing: {} }
  doppler: { external-secrets: { provider: { doppler: { token: { secret: doppler-token, key: dopplerToken } } }, prefix: ORBIT_ } }
  aws: { external-secrets: { provider: { aws: { region: eu-central-1, serviceAccount: { annotations: { eks.amazonaws.com/role-arn: arn } } } } } }
  shared: { external-secrets: { clusterStore: the-store, refreshInterval: 15m } }
secrets:
  doppler-token: { from: hand, keys: [dopplerToken] }
  one-secrets: { from: doppler, keys: { jwt: JWT_SECRET, API_KEY: API_KEY } }
  rds: { from: aws, path: prod/rds, keys: { password: Password } }
  other: { from: shared, keys: [token] }
services:
  one:
    profile: web
    env:
      JWT: { secret: one-secrets, key: jwt }
      DB: { secret: rds, key: password }
      TOKEN: { secret: other, key: token }
environments: { prod: {} }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    let one = get(&objects, "ExternalSecret", "one-secrets");
    assert_eq!(one["apiVersion"], "external-secrets.io/v1");
    assert_eq!(one["spec"]["data"][0]["remoteRef"]["key"], "ORBIT_JWT_SECRET");
    assert_eq!(one["spec"]["data"][0]["secretKey"], "jwt");
    assert_eq!(one["spec"]["secretStoreRef"]["name"], "doppler");
    let rds = &get(&objects, "ExternalSecret", "rds")["spec"]["data"][0]["remoteRef"];
    assert_eq!((rds["key"].as_str(), rds["property"].as_str()), (Some("prod/rds"), Some("Password")));
    assert_eq!(
        get(&objects, "ExternalSecret", "other")["spec"]["secretStoreRef"]["kind"],
        "ClusterSecretStore"
    );
    assert_eq!(get(&objects, "SecretStore", "aws")["spec"]["provider"]["aws"]["service"], "SecretsManager");
    assert!(objects.iter().all(|it| it["kind"] != "Secret" && it["metadata"]["name"] != "doppler-token"));
    let account = get(&objects, "ServiceAccount", "external-secrets");
    assert_eq!(account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"], "arn");

    let broken = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        compile(&stack(&text.replace(from, to), &[]), "prod", &[]).unwrap_err()
    };
    let cases = [
        ("key: jwt }", "key: jtw }", "SG208 secret `one-secrets` has no key `jtw`"),
        ("prefix: ORBIT_", "prefix: 'ORBIT '", "SG111 `ORBIT ` cannot begin a name in the store"),
        ("key: dopplerToken }", "key: token }", "SG208 secret `doppler-token` has no key `token`"),
        (
            "from: hand, keys",
            "from: doppler, keys",
            "SG216 the token that opens `doppler` would come from `doppler` itself",
        ),
        (
            "from: hand, keys",
            "from: hand, path: x, keys",
            "SG110 `path` means nothing: the secret is not made by this stack",
        ),
        (
            "clusterStore: the-store",
            "clusterStore: the-store, store: x",
            "SG110 a store is either a `clusterStore`, a `store` or made for a `provider`",
        ),
    ];
    for (from, to, message) in cases {
        assert_eq!(broken(from, to), [message]);
    }
}

#[test]
fn a_choice_of_another_alternative_replaces_the_whole() {
    let text = "
namespaces: { app: {} }
services:
  one: { profile: web, scale: { hpa: { min: 2, max: 5, cpu: 60 } } }
environments: { prod: { services: { one: { scale: { fixed: 4 } } } } }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    assert_eq!(get(&objects, "Deployment", "one")["spec"]["replicas"], 4);
    assert!(objects.iter().all(|it| it["kind"] != "HorizontalPodAutoscaler"));
}

const ROUTES: &str = "
namespaces: { app: {}, edge: {} }
certificates:
  shop-tls: { namespace: edge, dnsNames: [shop.example], issuer: { name: ca } }
  old-tls: { namespace: app, dnsNames: [old.example.com], issuer: { name: ca } }
gateways:
  shared: { existing: { namespace: gateways, name: gateway-external, listener: https, proxyNamespace: proxies } }
  mine:
    own:
      namespace: edge
      class: envoy
      listeners:
        web: { port: 80, protocol: HTTP }
        tls: { port: 443, protocol: HTTPS, host: shop.example, certificate: shop-tls }
services:
  one:
    profile: web
    namespace: app
    ports: { http: { port: 8080, service: 80 }, admin: 9000 }
    expose:
      http:
        gateway: mine
        hosts: [shop.example]
        paths:
          /: { backends: { one: 90, two: 10 } }
          /api: { rewrite: /, timeout: 30s }
          /admin: { exact: true, port: admin }
  two: { profile: web, namespace: edge }
  rpc:
    profile: web
    namespace: app
    ports: { grpc: 50051 }
    probes: { readiness: { grpc: '', port: grpc, http: null } }
    expose: { grpc: { gateway: shared, hosts: [api.example.com], services: [shop.v1.Orders] } }
  old:
    profile: web
    namespace: app
    expose: { ingress: { class: nginx, hosts: [old.example.com], controllerNamespace: ingress-nginx, certificate: old-tls } }
environments: { prod: {} }
";

#[test]
fn routes_lead_from_gateways_to_exactly_their_ports() {
    let objects = compile(&stack(ROUTES, &[]), "prod", &[]).unwrap();
    let one = &get(&objects, "HTTPRoute", "one")["spec"];
    assert_eq!(one["parentRefs"][0]["namespace"], "edge");
    let rules: Vec<String> =
        one["rules"].as_sequence().unwrap().iter().map(|it| serde_json::to_string(it).unwrap()).collect();
    assert_eq!(
        rules,
        [
            r#"{"backendRefs":[{"group":"","kind":"Service","name":"one","port":80,"weight":90},{"group":"","kind":"Service","name":"two","namespace":"edge","port":8080,"weight":10}],"matches":[{"path":{"type":"PathPrefix","value":"/"}}]}"#,
            r#"{"backendRefs":[{"group":"","kind":"Service","name":"one","port":80,"weight":1}],"filters":[{"type":"URLRewrite","urlRewrite":{"path":{"replacePrefixMatch":"/","type":"ReplacePrefixMatch"}}}],"matches":[{"path":{"type":"PathPrefix","value":"/api"}}],"timeouts":{"request":"30s"}}"#,
            r#"{"backendRefs":[{"group":"","kind":"Service","name":"one","port":9000,"weight":1}],"matches":[{"path":{"type":"Exact","value":"/admin"}}]}"#,
        ]
    );
    let grant = get(&objects, "ReferenceGrant", "one-two");
    assert_eq!(
        (&grant["metadata"]["namespace"], &grant["spec"]["from"][0]["namespace"]),
        (&"edge".into(), &"app".into())
    );
    let gateway = &get(&objects, "Gateway", "mine")["spec"];
    assert_eq!(gateway["listeners"][1]["tls"]["certificateRefs"][0]["name"], "shop-tls");
    assert_eq!(
        gateway["listeners"][0]["allowedRoutes"]["namespaces"]["selector"]["matchExpressions"][0]["values"]
            [0],
        "app"
    );
    let rpc = &get(&objects, "GRPCRoute", "rpc")["spec"];
    assert_eq!(rpc["parentRefs"][0]["sectionName"], "https");
    assert_eq!(rpc["rules"][0]["matches"][0]["method"]["service"], "shop.v1.Orders");
    assert_eq!(get(&objects, "Ingress", "old")["spec"]["rules"][0]["http"]["paths"][0]["pathType"], "Prefix");
    let from = |name: &str| {
        let policy = get(&objects, "NetworkPolicy", name);
        serde_json::to_string(&policy["spec"]["ingress"]).unwrap()
    };
    assert!(
        from("rpc").contains(r#""kubernetes.io/metadata.name":"proxies""#) && from("rpc").contains("50051")
    );
    assert!(from("two").contains(r#""kubernetes.io/metadata.name":"edge""#), "{}", from("two"));
    assert!(from("old").contains("ingress-nginx"));
    assert!(from("one").contains("8080") && from("one").contains("9000"), "{}", from("one"));
}

#[test]
fn routes_that_lead_nowhere_are_found() {
    let broken = |from: &str, to: &str| {
        assert!(ROUTES.contains(from), "{from}");
        compile(&stack(&ROUTES.replace(from, to), &[]), "prod", &[]).unwrap_err()
    };
    let cases = [
        ("gateway: shared", "gateway: shard", "SG208 there is no gateway `shard`"),
        ("port: admin }", "port: amdin }", "SG209 `one` has no port `amdin`"),
        ("two: 10 }", "tow: 10 }", "SG208 there is no service `tow`"),
        ("one: 90, two: 10", "one: 0, two: 0", "SG111 no backend has a share: every request is refused"),
        (
            "hosts: [old.example.com]",
            "hosts: []",
            "SG103 a route without a host would answer to every name of the gateway",
        ),
        (
            "hosts: [api.example.com]",
            "hosts: [https://api.example.com]",
            "SG104 `https://api.example.com` is no host: lower-case DNS labels such as `api.example.com` or `*.example.com`",
        ),
        ("certificate: shop-tls }", "certificate: shop }", "SG208 there is no certificate `shop`"),
        (
            "certificate: old-tls }",
            "certificate: shop-tls }",
            "SG212 certificate `shop-tls` is in namespace `edge`, but is read in `app`",
        ),
        (
            "host: shop.example, certificate: shop-tls",
            "host: shop.example",
            "SG103 an HTTPS listener without a `certificate`",
        ),
        (
            "shop-tls: { namespace: edge",
            "shop-tls: { namespace: app",
            "SG212 certificate `shop-tls` is in namespace `app`, but is read in `edge`",
        ),
        (
            "gateway: shared, hosts: [api.example.com], services: [shop.v1.Orders]",
            "gateway: mine, hosts: [shop.example]",
            "SG218 `shop.example/` of `mine` leads here already",
        ),
    ];
    for (from, to, message) in cases {
        assert_eq!(broken(from, to), [message]);
    }
}

/// An init container and a Job want the network before, and the end after, a proxy that is a container like the others.
#[test]
fn containers_before_the_proxy_get_a_native_one_or_are_left_out() {
    let pods = |istio: &str| {
        let text = format!(
            "\
cluster: {{ istio: \"{istio}\" }}
namespaces: {{ data: {{ podSecurity: restricted, mesh: true }} }}
mesh: {{ istio: {{ mode: sidecar }} }}
stores: {{ vault: {{ vault-secrets-operator: {{ address: \"https://vault.example\", auth: {{ role: shop }} }} }} }}
secrets: {{ db: {{ from: vault, path: db, keys: [ password ] }} }}
stateful:
  prepare:
    kind: postgres
    replicas: 2
    storage: 10Gi
    password: {{ secret: db, key: password }}
    replicationPassword: {{ secret: db, key: password }}
    resources: {{ requests: {{ cpu: 100m, memory: 1Gi }}, limits: {{ memory: 1Gi }} }}
  single:
    kind: postgres
    storage: 10Gi
    password: {{ secret: db, key: password }}
    resources: {{ requests: {{ cpu: 100m, memory: 1Gi }}, limits: {{ memory: 1Gi }} }}
environments: {{ prod: {{}} }}
"
        );
        let objects = compile(&stack(&text, &[]), "prod", &[]).unwrap();
        ["prepare", "single"].map(|it| get(&objects, "StatefulSet", it)["spec"]["template"].clone())
    };
    let native = |pod: &Value| pod["metadata"]["annotations"]["sidecar.istio.io/nativeSidecar"].clone();
    let [pair, single] = pods("1.24");
    assert_eq!((native(&pair), native(&single)), (Value::from("true"), Value::Null));
    // A tier of the init container's name.
    assert_eq!(pair["spec"]["initContainers"][0]["name"], "prepare-data");
    assert_eq!(pair["spec"]["containers"][0]["name"], "prepare");
    let [pair, _] = pods("1.23");
    assert_eq!((native(&pair), &pair["spec"]["initContainers"]), (Value::Null, &Value::Null));
}

#[test]
fn argo_cd_gets_an_application_and_waves_that_follow_the_edges() {
    let text = "\
namespaces: { app: {} }
gitops:
  argocd: { repo: https://git.example/acme/deploy, path: \"trees/${env}\" }
services:
  front: { profile: web, uses: [ back, left ] }
  back: { profile: web, uses: [ store ] }
  left: { profile: web, uses: [ right ] }
  right: { profile: web, uses: [ left, store ] }
  store: { profile: web }
environments:
  prod: {}
  flat: { gitops: { argocd: { sync: { waves: false, prune: false } } } }
  many: { gitops: { argocd: { destination: { clusters: { east: https://east.example, west: https://west.example } } } } }
  flux: { gitops: { flux: { repo: git@git.example:acme/deploy.git, path: trees/flux, secret: deploy-key } } }
";
    let files = stack(text, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let annotation = |objects: &[Value], kind: &str, name: &str, key: &str| {
        get(objects, kind, name)["metadata"]["annotations"][key].as_str().map(str::to_owned)
    };
    let wave = |kind: &str, name: &str| annotation(&objects, kind, name, "argocd.argoproj.io/sync-wave");
    let waves = ["store", "back", "left", "right", "front"].map(|it| wave("Deployment", it).unwrap());
    assert_eq!(waves, ["1", "2", "2", "2", "3"], "those in a circle share a wave");
    assert_eq!(wave("Service", "front").as_deref(), Some("3"));
    assert_eq!(wave("Namespace", "app"), None, "the first wave is 0");
    let options = annotation(&objects, "Namespace", "app", "argocd.argoproj.io/sync-options");
    assert_eq!(options.as_deref(), Some("Prune=false,Delete=false"));
    assert!(get(&objects, "Deployment", "back")["spec"]["template"]["metadata"]["annotations"].is_null());

    let application = beside(&files, "prod", "application.yaml");
    assert_eq!(application["metadata"]["name"], "shop-prod");
    assert_eq!(application["spec"]["source"]["path"], "trees/prod");
    assert_eq!(application["spec"]["source"]["targetRevision"], "HEAD");
    assert_eq!(application["spec"]["syncPolicy"]["automated"]["prune"], true);
    assert_eq!(application["spec"]["syncPolicy"]["automated"]["selfHeal"], true);

    let flat = compile(&files, "flat", &[]).unwrap();
    assert_eq!(annotation(&flat, "Deployment", "front", "argocd.argoproj.io/sync-wave"), None);
    assert_eq!(beside(&files, "flat", "application.yaml")["spec"]["syncPolicy"]["automated"]["prune"], false);

    let set = beside(&files, "many", "applicationset.yaml");
    assert_eq!(set["spec"]["generators"][0]["list"]["elements"][1]["server"], "https://west.example");
    assert_eq!(set["spec"]["template"]["spec"]["destination"]["server"], "{{.server}}");

    let flux = compile(&files, "flux", &[]).unwrap();
    assert_eq!(annotation(&flux, "Deployment", "front", "argocd.argoproj.io/sync-wave"), None);
    let prune = annotation(&flux, "Namespace", "app", "kustomize.toolkit.fluxcd.io/prune");
    assert_eq!(prune.as_deref(), Some("disabled"));
    assert_eq!(beside(&files, "flux", "gitrepository.yaml")["spec"]["secretRef"]["name"], "deploy-key");
    assert_eq!(
        beside(&files, "flux", "gitrepository.yaml")["spec"]["url"],
        "ssh://git@git.example/acme/deploy.git",
        "Flux knows no other form"
    );
    assert_eq!(beside(&files, "flux", "flux-kustomization.yaml")["spec"]["path"], "./trees/flux");
}

/// A file that stands beside the tree of an environment.
fn beside(files: &Memory, environment: &str, name: &str) -> Value {
    let mut project = Project::open(files, "stack.yaml");
    let laid = project.compile(files, environment, &[], Form::Tree).laid.unwrap();
    let bundle = laid.beside.unwrap();
    serde_yaml::from_str(&bundle.1.get(name).unwrap().text).unwrap()
}

/// What says only how a thing is taken, and not what, must not be dropped in silence.
#[test]
fn a_choice_without_an_alternative_is_reported() {
    for field in [
        "env: { X: { key: PASS } }",
        "envFrom: [ { prefix: X_ } ]",
        "volumes: { /data: { readOnly: true } }",
        "files: { /etc/x: { mode: \"0400\" } }",
        "probes: { readiness: { port: http, http: null } }",
    ] {
        let text = format!(
            "namespaces: {{ app: {{}} }}\nservices: {{ one: {{ profile: web, {field} }} }}\nenvironments: {{ prod: {{}} }}\n"
        );
        let errors = compile(&stack(&text, &[]), "prod", &[]).unwrap_err();
        assert!(errors.iter().any(|it| it.starts_with("SG110 one of ")), "{field}: {errors:?}");
    }
    let typo = "namespaces: { app: {} }\nservices: { one: { profile: web, env: { X: { secrt: a, key: b } } } }\nenvironments: { prod: {} }\n";
    let errors = compile(&stack(typo, &[]), "prod", &[]).unwrap_err();
    assert_eq!(errors, ["SG101 unknown field `secrt`"], "the typo is the only finding");
}

/// Argo CD waits for what is pending, and such a claim is until its pod comes.
#[test]
fn what_waits_for_others_holds_up_no_wave() {
    let text = "\
namespaces: { app: {} }
gitops: { argocd: { repo: https://git.example/acme/deploy, path: \"trees/${env}\" } }
stores: { ext: { external-secrets: { clusterStore: vault } } }
secrets:
  written-later: { from: ext, keys: [ key ] }
  shared: { from: ext, keys: [ key ] }
gateways: { public: { existing: { namespace: edge } } }
services:
  front:
    profile: web
    uses: [ back ]
    env: { KEY: { secret: shared, key: key } }
  back:
    profile: web
    uses: [ store ]
    scale: { hpa: { min: 2, max: 4, cpu: 70 } }
    expose: { http: { gateway: public, hosts: back.example.com } }
    env: { LATER: { secret: written-later, key: key }, KEY: { secret: shared, key: key } }
  store: { profile: web }
environments: { prod: {} }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    let wave = |kind: &str, name: &str| {
        let annotations = &get(&objects, kind, name)["metadata"]["annotations"];
        annotations["argocd.argoproj.io/sync-wave"].as_str().map(str::to_owned)
    };
    assert_eq!(wave("Deployment", "back").as_deref(), Some("2"));
    for (kind, why) in [("HorizontalPodAutoscaler", "metrics"), ("HTTPRoute", "a gateway of others")] {
        assert_eq!(wave(kind, "back").as_deref(), Some("3"), "{kind} hangs on {why}");
    }
    let secrets = ["written-later", "shared"].map(|it| wave("ExternalSecret", it).unwrap());
    assert_eq!(secrets, ["2", "2"], "with the first that takes it");
}

#[test]
fn a_shared_claim_is_of_the_wave_of_what_mounts_it() {
    let text = "\
namespaces: { app: { annotations: { argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true } } }
gitops: { argocd: { repo: https://git.example/acme/deploy, path: trees } }
claims:
  data: { size: 1Gi, accessModes: [ReadWriteMany] }
services:
  front: { profile: web, uses: [ back ], volumes: { /data: { shared: data } } }
  back: { profile: web }
environments: { prod: {} }
";
    let objects = compile(&stack(text, &[]), "prod", &[]).unwrap();
    let annotations = &get(&objects, "PersistentVolumeClaim", "data")["metadata"]["annotations"];
    assert_eq!(annotations["argocd.argoproj.io/sync-wave"], "2");
    assert_eq!(annotations["argocd.argoproj.io/sync-options"], "Prune=false,Delete=false");
    let options =
        &get(&objects, "Namespace", "app")["metadata"]["annotations"]["argocd.argoproj.io/sync-options"];
    assert_eq!(options, "SkipDryRunOnMissingResource=true,Prune=false,Delete=false");
}

/// What a person gets wrong where images are built and trees are applied.
#[test]
fn builds_and_clusters_must_fit_the_stack() {
    let errors =
        |text: &str| compile(&stack(text, &[("versions.env", "A=1.2\nB=2\n")]), "prod", &[]).unwrap_err();
    let base = "versions: versions.env\nnamespaces: { app: {} }\nenvironments: { prod: {} }\n";
    let service = |fields: &str| format!("{base}services: {{ one: {{ profile: web, {fields} }} }}\n");
    let build = |version: &str| {
        service(&format!(
            "image: 'registry.example/one:${{versions.A}}', build: {{ dockerfile: Dockerfile, version: {version} }}"
        ))
    };
    assert!(compile(&stack(&build("A"), &[("versions.env", "A=1.2\nB=2\n")]), "prod", &[]).is_ok());
    assert!(errors(&build("C"))[0].starts_with("SG208 the versions file has no entry `C`"));
    assert!(errors(&build("B"))[0].contains("a new build would not be deployed"));
    assert!(errors(&service("build: { dockerfile: ../Dockerfile }"))[0].contains("no `..`"));
    assert!(errors(&service("scale: per-nod"))[0].contains("per-nod"));
    let argo = |destination: &str| {
        let gitops = format!(
            "gitops: {{ argocd: {{ repo: https://git.example/a, path: trees, destination: {destination} }} }}\n"
        );
        service("scale: 2") + &gitops
    };
    assert!(errors(&argo("{ clusters: {} }"))[0].contains("no cluster is named"));
    let twice = "{ clusters: { a: https://a.example, b: https://a.example } }";
    assert!(errors(&argo(twice))[0].contains("`a` and `b` are one cluster"));
    let paths = "expose: { http: { gateway: edge, hosts: [a.example.com], paths: { /a: {}, /a/: {} } } }";
    let gateway = "gateways: { edge: { existing: { namespace: edge } } }\n";
    assert!(errors(&(service(paths) + gateway))[0].starts_with("SG218"));
}

/// The address of a port that no policy opens is as wrong as that of a component that is not used.
#[test]
fn a_reference_names_a_port_that_is_used() {
    let with = |uses: &str, url: &str| {
        let text = format!(
            "\
namespaces: {{ app: {{}} }}
services:
  front: {{ profile: web, uses: {uses}, env: {{ URL: \"{url}\" }} }}
  back: {{ profile: web, ports: {{ grpc: 50050 }} }}
environments: {{ prod: {{}} }}
"
        );
        compile(&stack(&text, &[]), "prod", &[])
    };
    for (uses, url) in [
        ("[ back ]", "${services.back.url}"),
        ("[ \"back:http\" ]", "${services.back.url}"),
        ("[ \"back:grpc\" ]", "${services.back.host}:${services.back.port.grpc}"),
        ("{ back: [ grpc, http ] }", "${services.back.address}"),
    ] {
        assert!(with(uses, url).is_ok(), "{uses} {url}");
    }
    for (uses, url) in [
        ("[ \"back:grpc\" ]", "${services.back.url}"),
        ("[ \"back:grpc\" ]", "${services.back.port}"),
        ("[ \"back:http\" ]", "${services.back.port.grpc}"),
    ] {
        let errors = with(uses, url).unwrap_err();
        let (port, other) = if uses.contains("grpc") { ("http", "grpc") } else { ("grpc", "http") };
        let message = format!("SG210 `{url}` is port `{port}` of `back`, and `front` uses `{other}` of it");
        assert_eq!(errors, [message]);
    }
}

#[test]
fn pools_of_nodes_are_those_of_the_environment() {
    let text = "
namespaces: { app: {} }
cluster: { nodePools: { general: { nodes: 3, allocatable: { cpu: 4 } }, data: { labels: { disk: fast }, nodes: 1 } } }
affinity: { fast: { nodes: { disk: fast }, separate: hostname } }
services:
  web: { profile: web }
  store: { profile: web, affinity: fast, scale: 2, rollout: recreate }
environments:
  prod: { cluster: { nodePools: { data: { nodes: 2 } } } }
  few: {}
  plain: { cluster: { nodePools: { data: null } } }
  tainted: { cluster: { nodePools: { data: { nodes: 2, taints: { disk: { value: x, effect: NoExecute } } } } } }
  proxied: { cluster: { nodePools: { data: { nodes: 2, allocatable: { cpu: 500m } } } }, services: { store: { annotations: { sidecar.istio.io/proxyCPU: 450m } } } }
  unknown: { cluster: { nodePools: null } }
";
    let files = stack(text, &[]);
    for (environment, expected) in [
        ("prod", None),
        ("few", Some("SG347 `store` has 2 pods, and there is a place for 1")),
        ("plain", Some("SG345 the pods of `store` may run on no declared pool of nodes")),
        ("tainted", Some("SG345 the pods of `store` may run on no declared pool of nodes")),
        ("proxied", Some("SG346 a pod of `store` asks for more than any node that it may run on has")),
        ("unknown", None),
    ] {
        let errors = compile(&files, environment, &[]).err().unwrap_or_default();
        assert_eq!(errors, expected.into_iter().collect::<Vec<_>>(), "{environment}");
    }
}
