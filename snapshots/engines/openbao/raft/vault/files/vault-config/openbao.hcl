# The server's own configuration. Its node's id and its addresses come from the environment (BAO_RAFT_NODE_ID,
# BAO_API_ADDR, BAO_CLUSTER_ADDR), because OpenBao expands nothing here.
ui = true
default_lease_ttl = "24h"
log_format = "json"

storage "raft" {
  path = "/openbao/data"
  performance_multiplier = "1"

  retry_join {
    leader_api_addr = "https://vault-0.vault-headless.vault.svc.cluster.local:8200"
    leader_ca_cert_file = "/openbao/tls/ca.crt"
    leader_tls_servername = "vault.vault.svc.cluster.local"
  }

  retry_join {
    leader_api_addr = "https://vault-1.vault-headless.vault.svc.cluster.local:8200"
    leader_ca_cert_file = "/openbao/tls/ca.crt"
    leader_tls_servername = "vault.vault.svc.cluster.local"
  }

  retry_join {
    leader_api_addr = "https://vault-2.vault-headless.vault.svc.cluster.local:8200"
    leader_ca_cert_file = "/openbao/tls/ca.crt"
    leader_tls_servername = "vault.vault.svc.cluster.local"
  }
}

listener "tcp" {
  address = "[::]:8200"
  cluster_address = "[::]:8201"
  tls_cert_file = "/openbao/tls/tls.crt"
  tls_key_file = "/openbao/tls/tls.key"
}

audit "file" "stdout" {
  options {
    file_path = "stdout"
  }
}

telemetry {
  disable_hostname = true
  prometheus_retention_time = "24h"
}
