# The server's own configuration. Its node's id and its addresses come from the environment (BAO_RAFT_NODE_ID,
# BAO_API_ADDR, BAO_CLUSTER_ADDR), because OpenBao expands nothing here.
ui = false

storage "raft" {
  path = "/openbao/data"
}

listener "tcp" {
  address = "[::]:8200"
  cluster_address = "[::]:8201"
  tls_cert_file = "/openbao/tls/tls.crt"
  tls_key_file = "/openbao/tls/tls.key"
}
