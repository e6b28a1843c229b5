//! What cannot work.

use super::flags::KNOWN;
use super::{SeaweedfsTier, flags};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::codes::{IMPOSSIBLE_TOPOLOGY, WRITES_STOP, check_grace, even_quorum};

/// Seconds in which a volume server closes its volumes, once it stops.
const CLOSING: u32 = 5;

/// Reports everything; `at` is the tier's place.
pub(super) fn check(tier: &SeaweedfsTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    fields.version.check_image(fields.image.as_ref(), &at.join("image"), sink);
    if tier.distributed() {
        masters_and_filer(tier, at, sink);
    } else {
        one_process(tier, at, sink);
    }
    replication(tier, at, sink);
    config(tier, at, sink);
}

fn one_process(tier: &SeaweedfsTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    if fields.replicas != 1 {
        let message = format!("`mode: single` is one process, not {} volume servers", fields.replicas);
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("replicas"), message)
                .help("use `replicas: 1`, or `mode: distributed`"),
        );
    }
    for (key, written) in [("master", fields.master.is_some()), ("filer", fields.filer.is_some())] {
        if written {
            let message = format!("`{key}` is part of the one process of `mode: single`");
            sink.push(
                Diagnostic::at_key(&IMPOSSIBLE_TOPOLOGY, &at.join(key), message)
                    .help(format!("remove `{key}`, or use `mode: distributed`")),
            );
        }
    }
}

fn masters_and_filer(tier: &SeaweedfsTier, at: &Route, sink: &mut Sink) {
    let masters = tier.master().replicas;
    if masters.is_multiple_of(2) {
        sink.push(even_quorum(&at.join("master").join("replicas"), masters));
    }
    if tier.fields.replicas == 0 {
        let message = "without a volume server nothing can be stored";
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("replicas"), message)
                .help("use `replicas: 1` or more"),
        );
    }
    let filers = tier.filer().replicas;
    if filers != 1 {
        let message = format!("the filer keeps its names in a database of its own: one, not {filers}");
        sink.push(
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, &at.join("filer").join("replicas"), message)
                .note("filers with databases of their own copy from each other only after they have answered: a client would not find what it just wrote")
                .help("use `replicas: 1`; several filers need a database that they share, which stackgen does not set up"),
        );
    }
}

/// The three digits count copies in other data centres, racks and servers; every pod here is in one rack.
fn replication(tier: &SeaweedfsTier, at: &Route, sink: &mut Sink) {
    let fields = &tier.fields;
    let (place, text) = (&at.join("replication"), fields.replication.as_str());
    let Some(copies) =
        text.strip_prefix("00").and_then(|it| it.parse::<u32>().ok()).filter(|_| text.len() == 3)
    else {
        let digits = text.len() == 3 && text.bytes().all(|it| it.is_ascii_digit());
        let found = if digits {
            let message =
                format!("`{text}` asks for other data centres or racks, and all volume servers are in one");
            Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, place, message)
                .note("no write would find a place for its copies")
        } else {
            Diagnostic::at_value(&BAD_VALUE, place, format!("`{text}` is no replication: three digits"))
        };
        sink.push(
            found
                .help("use `000` for no copies, `001` for one, `002` for two, each on another volume server"),
        );
        return;
    };
    let needed = copies + 1;
    if fields.replicas < needed {
        let message = format!(
            "`{text}` keeps each file on {needed} volume servers, and there {}",
            if fields.replicas == 1 { "is 1".to_owned() } else { format!("are {}", fields.replicas) }
        );
        let mut found = Diagnostic::at_value(&IMPOSSIBLE_TOPOLOGY, place, message)
            .note("every write would be refused")
            .help(format!("use `replication: \"00{}\"`", fields.replicas.saturating_sub(1)));
        if tier.distributed() {
            found = found.help(format!("or use `replicas: {}`", needed + 1));
        }
        sink.push(found);
    } else if copies > 0 && fields.replicas == needed {
        let message =
            format!("each file is kept on all {needed} volume servers, so one away stops every write");
        sink.push(
            Diagnostic::at_value(&WRITES_STOP, &at.join("replicas"), message)
                .note("SeaweedFS confirms a write when all copies are written")
                .help(format!("use `replicas: {}`", needed + 1)),
        );
    }
}

fn config(tier: &SeaweedfsTier, at: &Route, sink: &mut Sink) {
    let place = &at.join("config");
    KNOWN.check(&tier.fields.config, place, sink);
    for name in tier.fields.config.keys() {
        let known = ["master.", "volume.", "filer.", "s3."].iter().any(|it| name.as_str().starts_with(it));
        if !known {
            let message = format!("`{}` belongs to no role", name.as_str());
            sink.push(
                Diagnostic::at_key(&BAD_VALUE, &place.join(name.as_str()), message).help(
                    "begin with `master.`, `volume.`, `filer.` or `s3.`, as `weed server -h` lists them",
                ),
            );
        }
    }
    let pre_stop = tier.fields.config.iter().find(|(name, _)| name.as_str() == "volume.preStopSeconds");
    let pre_stop = pre_stop.and_then(|(_, it)| it.text().parse().ok()).unwrap_or(flags::PRE_STOP);
    let why = format!(
        "a volume server tells the masters first, waits {pre_stop} s (`volume.preStopSeconds`), and then closes its volumes"
    );
    check_grace(tier.fields.grace, pre_stop.saturating_add(CLOSING), why, at, sink);
}
