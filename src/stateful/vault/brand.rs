//! What Vault and its fork differ in.

/// What the two differ in.
#[derive(Debug)]
pub(super) struct Brand {
    /// What people call it.
    pub(super) title: &'static str,
    /// Its page.
    pub(super) page: &'static str,
    /// Its program.
    pub(super) program: &'static str,
    /// The folder of its image, which its own folders are in.
    pub(super) root: &'static str,
    /// Its configuration file.
    pub(super) file: &'static str,
    /// What its variables begin with.
    pub(super) prefix: &'static str,
    /// Whether it can lock memory, and must be told not to.
    pub(super) locks: bool,
    /// Whether an audit log is declared in its configuration; else it is made over the API.
    pub(super) declares_audit: bool,
}

pub(super) static VAULT: Brand = Brand {
    title: "Vault",
    page: "docs/engines/vault.md",
    program: "vault",
    root: "/vault",
    file: "vault.hcl",
    prefix: "VAULT",
    locks: true,
    declares_audit: false,
};

pub(super) static OPENBAO: Brand = Brand {
    title: "OpenBao",
    page: "docs/engines/openbao.md",
    program: "bao",
    root: "/openbao",
    file: "openbao.hcl",
    prefix: "BAO",
    locks: false,
    declares_audit: true,
};

impl Brand {
    /// A file or folder of its own.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    /// A variable that it reads.
    pub(super) fn variable(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }
}
