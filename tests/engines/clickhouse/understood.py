"""What one server understood of its files: asks ClickHouse's tables, prints JSON."""
import json, sys
import chdb

folder = sys.argv[1]
connection = chdb.connect(f":memory:?config-file={folder}/config.xml&path={folder}/data")


def rows(query):
    return [json.loads(line) for line in str(connection.query(query, "JSONCompactEachRow")).splitlines()]


print("UNDERSTOOD" + json.dumps({
    "version": rows("select version()")[0][0],
    "macros": dict(rows("select macro, substitution from system.macros")),
    "cluster": rows("select cluster, shard_num, replica_num, host_name, port, user from system.clusters"),
    "settings": dict(rows("select name, value from system.server_settings")),
    "merge_tree": dict(rows("select name, value from system.merge_tree_settings")),
    "query": dict(rows("select name, value from system.settings")),
    "users": {name: [kinds, ip] for name, kinds, ip in rows("select name, auth_type, host_ip from system.users")},
}))
