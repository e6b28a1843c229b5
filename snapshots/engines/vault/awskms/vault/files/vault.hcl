# The server's own configuration. Its node's id and its addresses come from the environment (VAULT_RAFT_NODE_ID,
# VAULT_API_ADDR, VAULT_CLUSTER_ADDR), because Vault expands nothing here.
ui = false
disable_mlock = true

storage "raft" {
  path = "/vault/data"

  retry_join {
    leader_api_addr = "https://vault-0.vault-headless.vault.svc.cluster.local:8200"
    leader_ca_cert_file = "/vault/tls/ca.crt"
    leader_tls_servername = "vault.vault.svc.cluster.local"
  }

  retry_join {
    leader_api_addr = "https://vault-1.vault-headless.vault.svc.cluster.local:8200"
    leader_ca_cert_file = "/vault/tls/ca.crt"
    leader_tls_servername = "vault.vault.svc.cluster.local"
  }

  retry_join {
    leader_api_addr = "https://vault-2.vault-headless.vault.svc.cluster.local:8200"
    leader_ca_cert_file = "/vault/tls/ca.crt"
    leader_tls_servername = "vault.vault.svc.cluster.local"
  }
}

listener "tcp" {
  address = "[::]:8200"
  cluster_address = "[::]:8201"
  tls_cert_file = "/vault/tls/tls.crt"
  tls_key_file = "/vault/tls/tls.key"
}

seal "awskms" {
  region = "eu-central-1"
  kms_key_id = "alias/vault"
}
