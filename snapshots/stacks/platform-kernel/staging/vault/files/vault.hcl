# The node's id and its two addresses come from the environment: VAULT_RAFT_NODE_ID, VAULT_API_ADDR and
# VAULT_CLUSTER_ADDR. Vault expands nothing here.
ui = true
disable_mlock = true

storage "raft" {
  path = "/vault/data"

  retry_join {
    leader_api_addr         = "https://vault-0.vault-headless.platform-infra.svc.cluster.local:8202"
    leader_ca_cert_file     = "/vault/tls/ca.crt"
    leader_tls_servername   = "vault"
  }

  retry_join {
    leader_api_addr         = "https://vault-1.vault-headless.platform-infra.svc.cluster.local:8202"
    leader_ca_cert_file     = "/vault/tls/ca.crt"
    leader_tls_servername   = "vault"
  }

  retry_join {
    leader_api_addr         = "https://vault-2.vault-headless.platform-infra.svc.cluster.local:8202"
    leader_ca_cert_file     = "/vault/tls/ca.crt"
    leader_tls_servername   = "vault"
  }
}

listener "tcp" {
  address         = "0.0.0.0:8200"
  cluster_address = "0.0.0.0:8201"
  tls_cert_file   = "/vault/tls/tls.crt"
  tls_key_file    = "/vault/tls/tls.key"
}

# The same API for the peers alone, so that the client port need not be open among them.
listener "tcp" {
  address         = "0.0.0.0:8202"
  cluster_address = "127.0.0.1:8203"
  tls_cert_file   = "/vault/tls/tls.crt"
  tls_key_file    = "/vault/tls/tls.key"
}
