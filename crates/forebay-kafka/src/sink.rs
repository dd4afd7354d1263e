//! The `kafka` sink: what it takes, and how it is made.

mod legs;
mod message;
mod outbound;
mod underway;
mod write;

use std::sync::Arc;

use forebay_stage::types::kind::{Check, Facts, MAIN, MemoryTerm, Promise, Role};
use forebay_stage::types::shape::{Field, Names, Shape};
use forebay_stage::types::{Diagnostic, Kind, Ty, code};
use forebay_stage::{Build, Fault, Sink};

use crate::connection::Connection;
use crate::raw::{Client, Conf, Producer, Role as ClientRole};
use crate::source::wrong_name;
use message::{Messages, OF_LETTERS};
use outbound::{Outbound, Topic};
use underway::MOST_BYTES;
use write::KafkaSink;

/// The most that one message may have with its key; brokers take 1 MiB unless they were told otherwise.
pub const MOST_MESSAGE_BYTES: usize = 8 << 20;

pub static SINK: Kind = Kind {
    name: "kafka",
    role: Role::Sink,
    summary: "Writes a Kafka topic.",
    doc: "\
Writes each record as a message whose value is one JSON object (`format: json`).

- The message's key is the text of the column `key` (`7` for a number), and decides the partition as Java's producer does (murmur2).
  Without `key`, or where it is null, it is any partition.
- The message's timestamp is the record's event time, cut to milliseconds.
- Headers say where a record comes from: `stream` and `_seq` name the record that it was made from, so that a consumer knows one that
  it has seen; `_late` stands where it was late, `_model` where models were run. A column that is listed in `columns` is in the value and in
  no header. `headers` lists others (`_time _arrival _deadline`), or none.
- With several lanes each lane sends what it has: messages of one partition that was read stay in order, and behind a stage that keeps state by
  key, messages of one `key`.
- Messages are seen by consumers at once, and a source's position is committed when the brokers have acknowledged (`acks=all`) all
  that was made up to there. After a fault some are written once more, so this gives `at_least_once`; each producer's own retries write none
  twice and keep the order (`enable.idempotence`).
- `tombstone: COLUMN` writes a message without a value where that column is true, which tells a compacted topic that the key is gone.
- What the broker refuses of itself (too large, without a key for a compacted topic) is rejected, and everything else goes on. A broker that
  is away or slow is waited for: sources wait too, and what waits to be sent is bounded.
- The topic has to be there, unless `create` says what it is made with.
- Of what is rejected it writes `code reason node source stream position time bytes`, like the `file` sink. The headers `code node source
  stream _seq` are always there, and so is `key` where the rejected message had one: its bytes are the message's key too, where no
  `key` is asked for, so that letters of one key stay in order. The timestamp is that of the rejected message. `bytes` is null for a
  message without a value. A letter is as old as its message, so give the topic a retention that is long enough; one that `create` makes for
  letters keeps them until somebody deletes them (`retention.ms=-1`). It has to take a third more than the largest message, since `bytes` is base64: a
  letter that is not taken stops the pipeline. Where its source has `sensitive` columns, bytes and key are left out, unless the sink says `sensitive: keep`.
  `forebay dlq` lists, shows and replays what is there.",
    fields: &[
        Field::required("connection", Shape::Ref(Names::Connection), "The cluster, by the name of its connection."),
        Field::required("topic", Shape::Text, "The topic."),
        Field::optional("key", Shape::ColumnName, "The column whose text is the key of the message."),
        Field::optional(
            "headers",
            Shape::List(&Shape::Text),
            "What of Forebay's own stands in headers: `stream _seq _time _arrival _deadline _late _model`.",
        ),
        Field::optional("tombstone", Shape::ColumnName, "Where this column (bool) is true the message has no value."),
        Field::optional("create", Shape::Record(CREATE), "What the topic is made with where it is not there."),
    ],
    inputs: MAIN,
    outputs: &[],
    facts: Facts { spreads: true, ..Facts::NONE },
    example: "\
input: decide
kafka: { connection: payments, topic: scored, key: customer_id }
columns: [tx_id, customer_id, decision]",
    check,
};

const CREATE: &[Field] = &[
    Field::required("partitions", Shape::Int { min: 1, max: 100_000 }, "How many partitions."),
    Field::default(
        "replication",
        Shape::Int { min: -1, max: 100 },
        "-1",
        "How many replicas; -1 is the broker's own setting.",
    ),
];

/// What tells dead letters from other records.
const LETTER: [&str; 6] = ["code", "reason", "node", "source", "stream", "position"];

fn check(check: &mut Check<'_>) {
    check.answer.promise = Promise::RepeatsYet;
    check.answer.memory.push(MemoryTerm { bytes: MOST_BYTES as u64, each: "sink".into() });
    if let Some(topic) = check.config.text("topic")
        && let Some(why) = wrong_name("topic", topic)
    {
        let diagnostic = Diagnostic::error(&code::KAFKA_NAME, check.config.span("topic"), why);
        check.report.push(diagnostic.help("write the name as the cluster has it"));
    }
    let key = check.config.text("key").map(str::to_string);
    if let Some(ty) = key.as_deref().and_then(|key| Some(check.main().get(key)?.ty.clone()))
        && matches!(ty.inner(), Ty::List(_) | Ty::Struct(_))
    {
        let message = format!("a {ty} has no text that could be a key");
        let diagnostic = Diagnostic::error(&code::KAFKA_KEY, check.config.span("key"), message);
        check.report.push(diagnostic.help("name a column with one value: a number, a text, a time"));
    }
    // Behind a stage that is spread by another key, rows come to the lane of theirs.
    check.answer.keys = key.iter().map(|key| vec![key.clone()]).collect();
    let tombstone = check.config.text("tombstone").map(str::to_string);
    let main = check.main();
    let letter = OF_LETTERS.iter().filter(|_| LETTER.iter().all(|name| main.get(name).is_some()));
    let letter: Vec<String> = letter.map(|name| name.to_string()).collect();
    let names: Vec<String> = key.into_iter().chain(tombstone).chain(letter).collect();
    check.read(0, names.iter().map(String::as_str));
}

pub(crate) fn make(build: &Build<'_>) -> Result<Box<dyn Sink>, Fault> {
    let text = |name: &str| build.config.text(name).unwrap_or_default();
    let connection = Connection::find(build.connections, text("connection"))?;
    let client_id = format!("forebay-{}-{}", build.process.identity, build.name);
    let conf = conf(&connection, &client_id)?;
    let create = build.config.record("create").map(|create| {
        let number = |name: &str| create.int(name).unwrap_or(-1) as i32;
        (number("partitions"), number("replication"))
    });
    let topic = Topic {
        name: text("topic").into(),
        connection: connection.shown(),
        create,
        keeps: build.dead_letters,
    };
    let refuse = |said: String| connection.refused(&said);
    let outbound =
        Arc::new(Outbound::new(topic, build.shards.lanes, build.bell.clone(), build.condition.clone()));
    let client = Client::new(ClientRole::Producer, conf, outbound.clone()).map_err(refuse)?;
    let producer = Producer::new(client, text("topic")).map_err(|error| refuse(error.to_string()))?;
    Ok(Box::new(KafkaSink::new(Messages::new(build)?, outbound, producer)?))
}

/// What is set of the client beside its connection.
pub(crate) fn conf(connection: &Connection, client_id: &str) -> Result<Conf, Fault> {
    let mut conf = connection.conf(client_id)?;
    let most = MOST_MESSAGE_BYTES.to_string();
    let properties = [
        ("enable.idempotence", "true"),
        ("partitioner", "murmur2_random"),
        ("compression.codec", "lz4"),
        ("linger.ms", "2"),
        // A request holds a batch of one partition, and one batch more waits made up: while so few are under way on a connection, what is
        // sent meanwhile gathers, and larger batches cost clients and brokers less. A full one has 1 MB before it is packed, so a broker
        // that answers after 50 ms still takes 60 MB/s. Partitions of one broker take turns: with 12 of them and answers after 2 ms
        // each has its turn every 8 ms.
        ("max.in.flight.requests.per.connection", "3"),
        ("batch.num.messages", "10000"),
        ("batch.size", "1000000"),
        ("message.max.bytes", most.as_str()),
        // What is taken is sent, however long it takes; how much that may be is bounded by us.
        ("message.timeout.ms", "0"),
        ("queue.buffering.max.messages", "0"),
        ("queue.buffering.max.kbytes", "2097151"),
        ("allow.auto.create.topics", "false"),
        ("topic.metadata.propagation.max.ms", "5000"),
    ];
    for (name, value) in properties {
        conf.set(name, value).map_err(|said| {
            Fault::fatal(&code::KAFKA_CONNECTION, format!("{}: {said}", connection.shown()))
        })?;
    }
    Ok(conf)
}
