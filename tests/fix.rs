//! `stackgen check --fix`: what it changes, and what it leaves as it is.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Output};

const STACK: &str = "\
# Who sells what.
stackgen: 1
stack: shop
include: [ parts/*.yaml ]
namespaces: { app: { podSecurity: restriced } }   # as strict as it gets
environments:
  prod: {}
  dev: { overlays: [ overlays/dev.yaml ] }
";

const CART: &str = "\
services:
  cart:   # the basket
    imge: \"registry.example/cart:1.0.0\"
    'scle':   2
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, prot: http } }
";

/// Names of the stack, which are looked at once all else is right.
const TILL: &str = "\
services:
  till:
    image: registry.example/till:1.0.0
    namespace: ap   # two letters
    uses: [ billign, \"billign:http\" ]   # who writes the bill
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
  billing:
    image: registry.example/billing:1.0.0
    namespace: app
    ports: { http: 8080 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
";

const OVERLAY: &str = "\
# Less is enough.
services: { cart: { scael: 1 } }
";

struct Shop {
    dir: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let it = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir_all(it.path("shop/.git")).unwrap();
        it.write("stack.yaml", STACK);
        it.write("parts/cart.yaml", CART);
        it.write("overlays/dev.yaml", OVERLAY);
        it
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path("shop").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path("shop").join(path)).unwrap()
    }

    /// Runs `check` with some arguments, and gives its code and what it said.
    fn check(&self, args: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
        command.current_dir(self.path("shop")).env_remove("NO_COLOR").arg("check").args(args);
        let Output { status, stdout, stderr } = command.output().unwrap();
        assert!(stdout.is_empty());
        (status.code(), String::from_utf8(stderr).unwrap())
    }

    /// Fixes, with one line a finding that is left.
    fn fix(&self) -> (Option<i32>, String) {
        self.check(&["--fix", "--diagnostics", "short"])
    }
}

#[test]
fn words_are_mended_and_all_else_stays_to_the_byte() {
    let shop = Shop::new();
    let before = shop.check(&["--diagnostics", "short"]);
    assert_eq!(before.0, Some(1));
    let (code, said) = shop.fix();
    let fixed = [
        "fixed SG101 at parts/cart.yaml:3",
        "fixed SG101 at parts/cart.yaml:4",
        "fixed SG101 at parts/cart.yaml:7",
    ];
    for line in fixed {
        assert!(said.lines().any(|it| it == line), "{line} in {said}");
    }
    assert_eq!(
        shop.read("parts/cart.yaml"),
        CART.replace("imge", "image").replace("scle", "scale").replace("prot:", "port:")
    );
    assert_eq!(shop.read("stack.yaml"), STACK.replace("restriced", "restricted"));
    assert_eq!(shop.read("overlays/dev.yaml"), OVERLAY.replace("scael", "scale"));
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("fixed ").count(), 5, "{said}");
    // Again: there is nothing to do.
    let texts = shop.read("parts/cart.yaml");
    let (code, said) = shop.fix();
    assert!(code == Some(0) && !said.contains("fixed"), "{said}");
    assert_eq!(shop.read("parts/cart.yaml"), texts);
}

#[test]
fn a_name_is_mended_where_it_stands_alone() {
    let shop = Shop::new();
    shop.write("stack.yaml", &STACK.replace("restriced", "restricted"));
    shop.write("overlays/dev.yaml", "{}\n");
    shop.write("parts/cart.yaml", TILL);
    let (code, said) = shop.fix();
    assert!(said.contains("fixed SG203 at parts/cart.yaml:5\n"), "{said}");
    assert_eq!(said.matches("fixed ").count(), 1, "{said}");
    // What is a part of a value, and a short name, is for a person.
    assert_eq!((code, shop.read("parts/cart.yaml")), (Some(1), TILL.replace("[ billign,", "[ billing,")));
}

#[test]
fn line_ends_marks_and_modes_stay() {
    let shop = Shop::new();
    let text = format!("\u{feff}{}", CART.replace('\n', "\r\n"));
    shop.write("parts/cart.yaml", &text);
    let file = shop.path("shop/parts/cart.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
    assert_eq!(shop.fix().0, Some(0));
    let fixed = text.replace("imge", "image").replace("scle", "scale").replace("prot:", "port:");
    assert_eq!(shop.read("parts/cart.yaml"), fixed);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o664);
    assert_eq!(fs::read_dir(shop.path("shop/parts")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_is_not_beyond_doubt_is_left() {
    let shop = Shop::new();
    shop.write("stack.yaml", &STACK.replace("restriced", "restricted"));
    shop.write("overlays/dev.yaml", "services: { card: { scale: 1 } }\n");
    // Far away; a name that something else may be meant by; a field that is there already.
    let text = "\
services:
  cart:
    image: registry.example/cart:1.0.0
    imge: registry.example/cart:1.0.0
    rsrcs: {}
    ports: { http: 8080 }
";
    shop.write("parts/cart.yaml", text);
    let (code, said) = shop.fix();
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("left SG101 at parts/cart.yaml:4: with it, the files could not be read\n")
            && !said.contains("fixed"),
        "{said}"
    );
    assert_eq!(shop.read("parts/cart.yaml"), text);
    assert_eq!(shop.read("overlays/dev.yaml"), "services: { card: { scale: 1 } }\n");
    // Lines that count elsewhere, too; and a value that comes from elsewhere.
    let shop = Shop::new();
    shop.write("overlays/dev.yaml", "{}\n");
    let stack = STACK.replace("restriced", "\"${parameters.level}\"");
    let stack = format!("{stack}parameters: {{ level: {{ type: string, default: restriced }} }}\n");
    shop.write("stack.yaml", &stack);
    let text = CART.replace("ports: {", "ports: &p {");
    shop.write("parts/cart.yaml", &text);
    let (code, said) = shop.fix();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("left SG101 at parts/cart.yaml:3: the file has anchors"), "{said}");
    assert!(!said.contains("fixed"), "{said}");
    assert_eq!((shop.read("stack.yaml"), shop.read("parts/cart.yaml")), (stack, text));
}

/// Objects are read later than the stack.
#[test]
fn a_field_of_an_object_that_is_there_already_is_left() {
    let shop = Shop::new();
    shop.write(
        "stack.yaml",
        &format!("{}manifests: [ m/*.yaml ]\n", STACK.replace("restriced", "restricted")),
    );
    shop.write("parts/cart.yaml", "{}\n");
    shop.write("overlays/dev.yaml", "{}\n");
    let text = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: a, namespace: app }
spec:
  replicas: 3
  replcas: 2
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: a } }
    spec: { containers: [ { name: a, image: registry.example/a:1 } ] }
";
    shop.write("m/a.yaml", text);
    let (_, said) = shop.fix();
    assert!(said.contains("left SG574 at m/a.yaml:6: with it, the files could not be read\n"), "{said}");
    assert_eq!(shop.read("m/a.yaml"), text);
}

#[test]
fn what_is_right_in_another_environment_is_left() {
    let shop = Shop::new();
    shop.write("overlays/dev.yaml", "parameters: { replcas: { type: integer, default: 1 } }\n");
    let stack = STACK.replace("restriced", "restricted");
    shop.write(
        "stack.yaml",
        &format!("{stack}parameters: {{ replicas: {{ type: integer, default: 2 }} }}\n"),
    );
    let text = CART.replace("imge", "image").replace("prot:", "port:");
    let text = text.replace("'scle':   2", "scale: ${parameters.replcas}");
    shop.write("parts/cart.yaml", &text);
    // In `prod` alone it is wrong.
    let (_, found) = shop.check(&["prod", "--diagnostics", "json"]);
    assert!(found.contains(r#""insteadOf":"${parameters.replcas}""#), "{found}");
    let (_, said) = shop.fix();
    assert!(said.contains("an environment that has not this finding") && !said.contains("fixed"), "{said}");
    assert_eq!(shop.read("parts/cart.yaml"), text);
}

#[test]
fn nothing_that_is_not_the_stacks_is_written() {
    let shop = Shop::new();
    let file = shop.path("shop/parts/cart.yaml");
    // A file that is read-only.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let (code, said) = shop.fix();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("left SG101 at parts/cart.yaml:3: the file is read-only\n"), "{said}");
    assert_eq!(shop.read("parts/cart.yaml"), CART);
    assert_eq!(shop.read("stack.yaml"), STACK.replace("restriced", "restricted"), "the others are fixed");
    // One that is outside.
    fs::rename(&file, shop.path("cart.yaml")).unwrap();
    fs::set_permissions(shop.path("cart.yaml"), fs::Permissions::from_mode(0o644)).unwrap();
    symlink("../../cart.yaml", &file).unwrap();
    let (code, said) = shop.fix();
    assert!(code == Some(1) && said.contains("SG021"), "{said}");
    assert_eq!(fs::read_to_string(shop.path("cart.yaml")).unwrap(), CART);
    // A link within the folder stays one.
    fs::remove_file(&file).unwrap();
    shop.write("kept/cart.yaml", CART);
    symlink("../kept/cart.yaml", &file).unwrap();
    let (code, said) = shop.fix();
    assert_eq!(code, Some(0), "{said}");
    assert!(file.symlink_metadata().unwrap().is_symlink());
    assert!(shop.read("kept/cart.yaml").contains("    image: "));
}

#[test]
fn fixes_are_said_in_each_format_and_none_is_made_unasked() {
    let shop = Shop::new();
    shop.check(&[]);
    assert_eq!(shop.read("parts/cart.yaml"), CART);
    let (code, said) = shop.check(&["--fix", "prod", "--diagnostics", "sarif"]);
    let document: serde_json::Value = serde_json::from_str(&said).unwrap();
    let notes = document["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(code == Some(0) && notes.contains("fixed SG101 at parts/cart.yaml:3"), "{said}");
    assert_eq!(document["runs"][0]["results"], serde_json::json!([]));
    // The overlay is of another environment, and was looked at all the same.
    assert!(shop.read("overlays/dev.yaml").contains("scale: 1"));
}
