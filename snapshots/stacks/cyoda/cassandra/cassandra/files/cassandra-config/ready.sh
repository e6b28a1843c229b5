#!/bin/bash
# A node serves clients only when it has joined the ring and has its data. That it has is remembered for the next start.
set -eu
exec 3<>/dev/tcp/127.0.0.1/9042
[ -e '/var/lib/cassandra'/joined ] || : >'/var/lib/cassandra'/joined
