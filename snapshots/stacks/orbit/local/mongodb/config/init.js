// Each step looks first and does only what is missing, so that it can be run again at any time.
// The members know each other by a shared key and log in to each other as `__system` with it. This script does the same:
// the exception for localhost does not hold for another pod. All work is done before a line says so.
const fs = require('fs');

const hosts = ["mongodb-0.mongodb-headless.orbit.svc.cluster.local:27017"];
const set = "rs0";
const user = "root";

const secret = (name) => fs.readFileSync(`/etc/mongodb/secrets/${name}`, 'utf8');
// as the server reads it: white space does not count
const key = secret('keyfile').replace(/\s+/g, '');
const password = secret('password').replace(/\r?\n$/, '');

function admin(host) {
    const login = `__system:${encodeURIComponent(key)}@${host}`;
    const options = 'authSource=local&authMechanism=SCRAM-SHA-256&directConnection=true&serverSelectionTimeoutMS=5000';
    return new Mongo(`mongodb://${login}/?${options}`).getDB('admin');
}

function run(db, command) {
    const answer = db.runCommand(command);
    if (answer.ok !== 1) {
        throw new Error(`${Object.keys(command)[0]}: ${answer.codeName || ''} ${answer.errmsg || ''}`);
    }
    return answer;
}

function waitForMember(host) {
    for (let attempt = 1; ; attempt += 1) {
        try {
            const db = admin(host);
            run(db, { ping: 1 });
            return db;
        } catch (error) {
            if (attempt >= 60) {
                throw error;
            }
            print(`waiting for ${host}: ${error.codeName || error.name}`);
            sleep(5000);
        }
    }
}

function findPrimary(members) {
    for (let attempt = 1; attempt <= 60; attempt += 1) {
        for (const member of members) {
            if (run(member, { hello: 1 }).isWritablePrimary) {
                return member;
            }
        }
        print('waiting for a primary');
        sleep(2000);
    }
    throw new Error('the replica set has no primary');
}

const members = [];
for (const host of hosts) {
    members.push(waitForMember(host));
}

// One member that knows a set is enough: an empty one, whose volume was lost, is told by the others.
let known = false;
for (const member of members) {
    const name = run(member, { hello: 1 }).setName;
    if (name !== undefined && name !== set) {
        throw new Error(`a member belongs to the replica set ${name}, not ${set}`);
    }
    known = known || name === set;
}
if (!known) {
    const config = { _id: set, members: [] };
    for (let ordinal = 0; ordinal < hosts.length; ordinal += 1) {
        config.members.push({ _id: ordinal, host: hosts[ordinal] });
    }
    run(members[0], { replSetInitiate: config });
    print(`made the replica set ${set}`);
}

// A voter at a time, as the server demands. A new one counts as a voter when it has copied everything.
let primary = findPrimary(members);
for (const host of hosts) {
    const config = run(primary, { replSetGetConfig: 1 }).config;
    const present = config.members.some((member) => member.host === host);
    if (!present) {
        const ids = config.members.map((member) => member._id);
        config.members.push({ _id: Math.max(...ids) + 1, host });
        config.version += 1;
        run(primary, { replSetReconfig: config, maxTimeMS: 60000 });
        print(`added ${host}`);
        primary = findPrimary(members);
    }
}
for (const member of run(primary, { replSetGetConfig: 1 }).config.members) {
    if (!hosts.includes(member.host)) {
        print(`${member.host} is a member but no pod of this tier: remove it with rs.remove()`);
    }
}

const roles = [{ role: 'root', db: 'admin' }];
if (run(primary, { usersInfo: user }).users.length === 0) {
    run(primary, { createUser: user, pwd: password, roles });
    print(`made the user ${user}`);
} else {
    run(primary, { updateUser: user, pwd: password, roles });
    print(`the user ${user} has the password of the secret`);
}
print('done');
