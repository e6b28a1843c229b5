//! Clients outside the stack, blocks with exceptions, hosts by name: what is made of them, and what is wrong with them.

use crate::support::memory::{compile, get, stack};
use serde_yaml::Value;

const CLIENTS: &str = "
namespaces: { app: {} }
clients:
  scraper: { pods: { namespace: monitoring, labels: { app: prometheus } } }
  all: { pods: { namespace: tools } }
  office: { cidrs: [{ cidr: 192.0.2.0/24, except: 192.0.2.0/28 }, 198.51.100.7/32] }
services:
  one: { profile: web, ports: { metrics: 9090 }, usedBy: [ \"scraper:metrics\", office ] }
  two: { profile: web, usedBy: { all: http } }
environments:
  prod: {}
  name: { services: { one: { usedBy: [ scrapper ] } } }
  port: { services: { one: { usedBy: [ \"scraper:metric\" ] } } }
  number: { services: { one: { usedBy: [ \"scraper:9090\" ] } } }
  component: { services: { one: { usedBy: [ two ] } } }
  account: { clients: { all: { pods: { serviceAccount: tool } } } }
  both: { clients: { all: { cidrs: 192.0.2.0/28 } } }
  neither: { clients: { all: { pods: null } } }
";

fn ingress<'a>(objects: &'a [Value], name: &str) -> &'a Value {
    &get(objects, "NetworkPolicy", name)["spec"]["ingress"]
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn clients_are_let_in_to_the_ports_that_are_named() {
    let objects = compile(&stack(CLIENTS, &[]), "prod", &[]).unwrap();
    let expected = yaml(
        "
- from:
  - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitoring } }
    podSelector: { matchLabels: { app: prometheus } }
  ports: [{ port: 9090, protocol: TCP }]
- from: [{ ipBlock: { cidr: 192.0.2.0/24, except: [192.0.2.0/28] } }]
  ports: [{ port: 8080, protocol: TCP }, { port: 9090, protocol: TCP }]
- from: [{ ipBlock: { cidr: 198.51.100.7/32 } }]
  ports: [{ port: 8080, protocol: TCP }, { port: 9090, protocol: TCP }]",
    );
    assert_eq!(*ingress(&objects, "one"), expected);
    let expected = yaml(
        "
- from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: tools } } }]
  ports: [{ port: 8080, protocol: TCP }]",
    );
    assert_eq!(*ingress(&objects, "two"), expected);
}

#[test]
fn clients_and_ports_that_are_none_are_found() {
    let files = stack(CLIENTS, &[]);
    let cases = [
        ("name", "SG208 there is no client `scrapper`"),
        ("port", "SG209 `one` has no port `metric`"),
        // A service names all its ports.
        ("number", "SG209 `one` has no port `9090`"),
        ("component", "SG208 `two` is a component of the stack, not a client outside it"),
        ("account", "SG111 nobody asks for a ServiceAccount outside the mesh"),
    ];
    for (environment, expected) in cases {
        assert_eq!(compile(&files, environment, &[]).unwrap_err(), [expected], "{environment}");
    }
    // A layer that chooses addresses replaces the pods.
    let objects = compile(&files, "both", &[]).unwrap();
    assert_eq!(ingress(&objects, "two")[0]["from"][0]["ipBlock"]["cidr"], "192.0.2.0/28");
    assert_eq!(compile(&files, "neither", &[]).unwrap_err().len(), 1);
}

const MESHED: &str = "
namespaces: { app: { mesh: true } }
clients:
  scraper: { pods: { namespace: monitoring, mesh: true, serviceAccount: prometheus } }
  all: { pods: { namespace: tools, mesh: true } }
  outside: { pods: { namespace: elsewhere } }
services:
  one: { profile: web, ports: { metrics: 9090 }, usedBy: [ \"scraper:metrics\", all ] }
  two: { profile: web, usedBy: [ outside ] }
environments:
  sidecar: { mesh: { istio: { mode: sidecar, mtls: PERMISSIVE } } }
  ambient: { mesh: { istio: { mode: ambient, mtls: PERMISSIVE } } }
  strict: { mesh: { istio: { mode: sidecar } } }
";

#[test]
fn the_mesh_knows_clients_by_their_account_or_namespace() {
    let files = stack(MESHED, &[]);
    let objects = compile(&files, "sidecar", &[]).unwrap();
    let rules = &get(&objects, "AuthorizationPolicy", "one")["spec"]["rules"];
    let expected = yaml(
        "
- from: [{ source: { principals: [cluster.local/ns/monitoring/sa/prometheus] } }]
  to: [{ operation: { ports: ['9090'] } }]
- from: [{ source: { namespaces: [tools] } }]
  to: [{ operation: { ports: ['8080', '9090'] } }]",
    );
    assert_eq!(*rules, expected);
    // The NetworkPolicy holds callers outside the mesh to their ports.
    let rules = &get(&objects, "AuthorizationPolicy", "two")["spec"]["rules"];
    assert_eq!(*rules, yaml("[{ to: [{ operation: { ports: ['8080'] } }] }]"));
    let strict = compile(&files, "strict", &[]).unwrap_err();
    assert_eq!(
        strict,
        ["SG502 `two` lets in `outside`, which is outside the mesh, but its namespace only the mesh"]
    );
}

/// In ambient mode the network sees the tunnel alone, so that a rule for everybody would open the port to the mesh.
#[test]
fn a_port_for_callers_outside_an_ambient_mesh_is_not_one_for_those_inside() {
    let objects = compile(&stack(MESHED, &[]), "ambient", &[]).unwrap();
    let rules = &get(&objects, "AuthorizationPolicy", "two")["spec"]["rules"];
    let expected =
        yaml("[{ from: [{ source: { notPrincipals: ['*'] } }], to: [{ operation: { ports: ['8080'] } }] }]");
    assert_eq!(*rules, expected);
    let ports = |rule: &Value| rule["ports"].clone();
    let tunnel = yaml("[{ port: 15008, protocol: TCP }]");
    assert_eq!(ports(&ingress(&objects, "one")[0]), tunnel);
    assert_eq!(ports(&ingress(&objects, "two")[0]), yaml("[{ port: 8080, protocol: TCP }]"));
}

const HOSTS: &str = "
namespaces: { app: {} }
externals:
  api: { host: API.example.com }
  mail: { host: smtp.example.com, port: 587 }
  known: { host: known.example.com, cidrs: 192.0.2.7/32 }
services:
  one: { profile: web, uses: [ api, mail, known ] }
  two: { profile: web, uses: [ known ] }
environments:
  prod: { network: { fqdn: cilium } }
  plain: {}
  address: { network: { fqdn: cilium }, externals: { api: { host: 192.0.2.9 } } }
  none: { network: { policies: none, fqdn: cilium } }
";

#[test]
fn hosts_by_name_are_for_those_alone_that_use_them() {
    let files = stack(HOSTS, &[]);
    let objects = compile(&files, "prod", &[]).unwrap();
    let of = |kind: &str| objects.iter().filter(|it| it["kind"] == kind).collect::<Vec<_>>();
    let [policy] = of("CiliumNetworkPolicy")[..] else { panic!("one component calls by name") };
    assert_eq!(policy["metadata"]["name"], "one");
    let spec = &policy["spec"];
    assert_eq!(spec["endpointSelector"], get(&objects, "NetworkPolicy", "one")["spec"]["podSelector"]);
    let names =
        |index: usize| (&spec["egress"][index]["toFQDNs"], &spec["egress"][index]["toPorts"][0]["ports"]);
    let expected = (yaml("[{ matchName: api.example.com }]"), yaml("[{ port: '443', protocol: TCP }]"));
    assert_eq!(names(1), (&expected.0, &expected.1));
    let expected = (yaml("[{ matchName: smtp.example.com }]"), yaml("[{ port: '587', protocol: TCP }]"));
    assert_eq!(names(2), (&expected.0, &expected.1));
    // What has addresses stays with the NetworkPolicy.
    let egress = &get(&objects, "NetworkPolicy", "one")["spec"]["egress"];
    assert_eq!(egress.as_sequence().unwrap().len(), 1);
    assert_eq!(egress[0]["to"][0]["ipBlock"]["cidr"], "192.0.2.7/32");
    assert!(compile(&files, "none", &[]).unwrap().iter().all(|it| it["kind"] != "CiliumNetworkPolicy"));
}

#[test]
fn a_host_that_no_policy_can_let_through_is_an_error() {
    let files = stack(HOSTS, &[]);
    let expected =
        ["api", "mail"].map(|it| format!("SG503 `one` uses `{it}`, and no policy can let it through"));
    assert_eq!(compile(&files, "plain", &[]).unwrap_err(), expected);
    assert_eq!(compile(&files, "address", &[]).unwrap_err(), expected[..1]);
}
