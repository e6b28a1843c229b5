#!/bin/sh
# Becomes the server. Beside it, something looks for a renewed certificate, which the server reads again on SIGHUP only.
set -eu

server=$$
certificate=/openbao/tls/tls.crt
(
  known=$(cksum <"$certificate")
  while sleep 60; do
    # The folder is exchanged as a whole, so a certificate never stands beside another one's key.
    if now=$(cksum <"$certificate") && [ "$now" != "$known" ]; then
      kill -HUP "$server"
      known=$now
    fi
  done
) &

exec bao server -config=/openbao/config/openbao.hcl
