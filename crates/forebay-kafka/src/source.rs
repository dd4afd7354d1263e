//! The `kafka` source: what it takes, and how it is made.

mod fetch;
mod keys;
mod partition;
mod reader;
mod shared;
mod start;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use forebay_codec::{Extra, FieldSpec};
use forebay_stage::types::format::{EXTRA, Extra as Undeclared};
use forebay_stage::types::kind::{Check, Facts, MemoryTerm, ONE, Role};
use forebay_stage::types::nearest::nearest;
use forebay_stage::types::shape::{Field, Names, Shape};
use forebay_stage::types::{Diagnostic, Kind, Schema, code};
use forebay_stage::{Build, Change, Condition, Fault, Position, Source, Stream};

use crate::connection::Connection;
use crate::raw::{Client, Conf, Consumer, Role as ClientRole};
use fetch::{Fetcher, Settings};
use partition::MOST_BYTES;
use reader::Form;
use shared::{Command, Shared};
use start::{Manner, Start};

/// Bytes that the client itself fetches ahead, at most.
const FETCH_AHEAD_KIB: u32 = 32 << 10;

pub static SOURCE: Kind = Kind {
    name: "kafka",
    role: Role::Source,
    summary: "Reads a Kafka topic.",
    doc: "\
Reads the messages of a topic, each with one JSON object as its value (`format: json`).

- Each partition is a stream, called `TOPIC/PARTITION`; a record's number is its offset. Partitions are read beside each other, and
  none waits for another one. The Kafka timestamp is the event time where no column is, bounds what a column may say (`max_ahead`), and is
  what `slo.from: produced` counts from.
- Positions are committed with everything else that a pipeline commits, in its state directory; the group's offsets follow them, so
  that others see how far it is. A restart goes on from there. `start` counts only where nothing was committed: `earliest`,
  `latest` or a time (`2026-01-31T00:00:00Z`). A partition that is added while the pipeline runs is read from its beginning.
- With several lanes each lane works on its share of the partitions, from reading to writing where nothing brings rows together.
- Several processes of one pipeline share the partitions as a consumer group. A partition that moves stops when what was taken of it is
  committed, and goes on at the other one from there. With `scale: one` one process reads all of them, and refuses to run
  beside another member of its group.
- Nothing is dropped: where records come faster than they are worked on, fetching waits, and partitions are paused when that lasts.
- A broker that is away is waited for. A position that retention has passed stops its partition with the number of
  messages that were lost; `on_lost: skip` goes on and counts them as dropped.
- A message without a value (a tombstone) is rejected, or with `tombstones: skip` absorbed. One that is no record, or longer than
  1 MiB, is rejected with its offset, and everything else goes on.
- `key` is the column whose text is the message's key, by which the topic is partitioned (murmur2, as Java's producer does).",
    fields: &[
        Field::required("connection", Shape::Ref(Names::Connection), "The cluster, by the name of its connection."),
        Field::required("topic", Shape::Text, "The topic. It has to be there."),
        Field::optional("key", Shape::Text, "The column that the topic is partitioned by."),
        Field::required(
            "start",
            Shape::Text,
            "Where to begin when nothing was committed: `earliest`, `latest` or a time in RFC 3339.",
        ),
        Field::optional("group", Shape::Text, "The consumer group; `NAMESPACE.NAME` of the pipeline where it is left out."),
        Field::default(
            "on_lost",
            Shape::Word(&[
                ("stop", "the partition stops, and the others go on"),
                ("skip", "it goes on at the oldest message that is left, and the lost ones count as dropped"),
            ]),
            "stop",
            "What happens when messages were deleted before they were read.",
        ),
        Field::default(
            "tombstones",
            Shape::Word(&[("reject", "they are rejected"), ("skip", "they are absorbed")]),
            "reject",
            "What becomes of messages without a value.",
        ),
    ],
    inputs: &[],
    outputs: ONE,
    facts: Facts { replayable: true, spreads: true, ..Facts::NONE },
    example: "\
kafka: { connection: payments, topic: transactions, key: customer_id, start: earliest }
format: json
schema: { tx_id: string, customer_id: u64, amount: decimal(2), ts: timestamp(ms) }
event_time: { column: ts, out_of_order: 10s }",
    check,
};

fn check(check: &mut Check<'_>) {
    check.answer.outputs = vec![Schema::default()];
    let bytes = MOST_BYTES as u64 + u64::from(FETCH_AHEAD_KIB) * 1024;
    check.answer.memory.push(MemoryTerm { bytes, each: "source".into() });
    let start = check.config.text("start").unwrap_or_default();
    if Start::parse(start).is_none() && !start.is_empty() {
        let message = format!("`{start}` is no place to start at");
        let help = "write `earliest`, `latest` or a time with its zone: `2026-01-31T00:00:00Z`";
        check
            .report
            .push(Diagnostic::error(&code::KAFKA_START, check.config.span("start"), message).help(help));
    }
    for field in ["topic", "group"] {
        if let Some(name) = check.config.text(field)
            && let Some(why) = wrong_name(field, name)
        {
            let diagnostic = Diagnostic::error(&code::KAFKA_NAME, check.config.span(field), why);
            check.report.push(diagnostic.help("write the name as the cluster has it"));
        }
    }
}

/// Why this is no name of a topic or group.
pub(crate) fn wrong_name(what: &str, name: &str) -> Option<String> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name {
        "" => Some(format!("a {what} has a name")),
        "." | ".." if what == "topic" => Some(format!("no topic is called `{name}`")),
        name if what == "topic" && name.len() > 249 => {
            Some("the name of a topic has 249 characters at most".into())
        }
        name if what == "topic" => name.chars().find(|c| !is_fine(*c)).map(|c| {
            format!("`{c}` stands in no topic's name: letters of ASCII, digits, `.`, `_` and `-` do")
        }),
        _ => None,
    }
}

pub(crate) fn make(build: &Build<'_>) -> Result<Box<dyn Source>, Fault> {
    let config = build.config;
    let text = |name: &str| config.text(name).unwrap_or_default();
    let connection = Connection::find(build.connections, text("connection"))?;
    let group = config.text("group").map_or_else(|| build.pipeline.replace('/', "."), str::to_string);
    let start = Start::parse(text("start")).ok_or_else(|| {
        Fault::fatal(&code::KAFKA_START, format!("`{}` is no place to start at", text("start")))
    })?;
    let added = build.outputs.first().map_or(&[][..], |schema| &schema.columns);
    let form = Form {
        fields: build.declared.iter().map(field).collect(),
        extra: match build.extra {
            Undeclared::Reject => Extra::Reject,
            Undeclared::Ignore => Extra::Ignore,
            // They are carried where somebody reads them.
            Undeclared::Keep => {
                added.iter().position(|column| column.name == EXTRA).map_or(Extra::Ignore, Extra::Keep)
            }
        },
        types: added.iter().map(|column| column.ty.clone()).collect(),
        keep_raw: build.keep_raw,
        skip_tombstones: text("tombstones") == "skip",
        key: key(build)?,
    };
    let manner = Manner {
        alone: build.process.alone,
        fresh: build.process.fresh,
        skip_lost: text("on_lost") == "skip",
    };
    let siblings = format!("forebay-{}-", build.process.identity);
    let client_id = format!("{siblings}{}", build.name);
    let topic = text("topic").into();
    let settings = Settings { connection, topic, group, start, manner, client_id, siblings };
    let conf = conf(&settings.connection, &settings.group, &settings.client_id)?;
    let (commands, received) = unbounded();
    let shared = Arc::new(Shared::new(build.bell.clone(), build.condition.clone(), commands));
    let client = Client::new(ClientRole::Consumer, conf, shared.clone());
    let client = client.map_err(|said| settings.connection.refused(&said))?;
    let consumer = Arc::new(Consumer::new(client));
    shared.wakes(&consumer);
    let parts = Parts { settings, form: Arc::new(form), received, condition: build.condition.clone() };
    Ok(Box::new(KafkaSource { parts: Some(parts), saved: HashMap::new(), shared, consumer, thread: None }))
}

/// What is set of the client beside its connection.
pub(crate) fn conf(connection: &Connection, group: &str, client_id: &str) -> Result<Conf, Fault> {
    let mut conf = connection.conf(client_id)?;
    let ahead = FETCH_AHEAD_KIB.to_string();
    let properties = [
        ("group.id", group),
        ("group.instance.id", client_id),
        ("group.protocol", "classic"),
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("session.timeout.ms", "6000"),
        ("heartbeat.interval.ms", "1500"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "error"),
        ("enable.partition.eof", "false"),
        ("isolation.level", "read_committed"),
        ("allow.auto.create.topics", "false"),
        ("fetch.wait.max.ms", "50"),
        ("fetch.error.backoff.ms", "100"),
        // A second without a fetch follows a full queue by default.
        ("fetch.queue.backoff.ms", "2"),
        ("queued.max.messages.kbytes", &ahead),
        ("queued.min.messages", "50000"),
    ];
    for (name, value) in properties {
        conf.set(name, value).map_err(|said| {
            Fault::fatal(&code::KAFKA_CONNECTION, format!("{}: {said}", connection.shown()))
        })?;
    }
    Ok(conf)
}

/// The column that the file says messages are keyed by.
fn key(build: &Build<'_>) -> Result<Option<FieldSpec>, Fault> {
    let Some(name) = build.config.text("key") else { return Ok(None) };
    let Some(declared) = build.declared.iter().find(|declared| declared.name == name) else {
        let near = nearest(name, build.declared.iter().map(|declared| declared.name.as_str()));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let message = format!("`key`: there is no column `{name}` in the schema{near}");
        return Err(Fault::fatal(&code::KAFKA_KEY, message));
    };
    Ok(Some(FieldSpec { slot: Some(0), ..field(declared) }))
}

/// A declared column as the codec reads it.
fn field(declared: &forebay_stage::Declared) -> FieldSpec {
    FieldSpec {
        name: declared.from.clone(),
        ty: declared.ty.clone(),
        default: declared.default.as_ref().map(|node| node.value.clone()),
        slot: declared.slot,
        sensitive: declared.sensitive,
    }
}

/// What the thread is made of, until it is started.
struct Parts {
    settings: Settings,
    form: Arc<Form>,
    received: Receiver<Command>,
    condition: Condition,
}

struct KafkaSource {
    parts: Option<Parts>,
    /// Committed by earlier runs, by partition.
    saved: HashMap<i32, i64>,
    shared: Arc<Shared>,
    consumer: Arc<Consumer>,
    thread: Option<JoinHandle<()>>,
}

/// How long the thread may take to leave the group before it is left behind.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

impl Source for KafkaSource {
    /// Streams come when the group gives partitions.
    fn open(&mut self) -> Result<Vec<Stream>, Fault> {
        let Some(Parts { settings, form, received, condition }) = self.parts.take() else {
            return Ok(Vec::new());
        };
        let (shared, consumer) = (self.shared.clone(), self.consumer.clone());
        let saved = std::mem::take(&mut self.saved);
        let fetcher = Fetcher::new(settings, form, shared, consumer, received, condition, saved);
        let thread = std::thread::Builder::new().name("forebay-fetch".into()).spawn(move || fetcher.run());
        let thread = thread.map_err(|error| {
            Fault::fatal(&code::KAFKA_FAILED, format!("the system gives no thread to fetch with: {error}"))
        })?;
        self.thread = Some(thread);
        Ok(Vec::new())
    }

    fn committed(&mut self, streams: &[(&str, Position)]) {
        let offset = |(name, position): &(&str, Position)| {
            let (_, partition) = name.rsplit_once('/')?;
            Some((partition.parse().ok()?, position.offset as i64))
        };
        let offsets: Vec<(i32, i64)> = streams.iter().filter_map(offset).collect();
        match self.thread {
            None => self.saved.extend(offsets),
            Some(_) => self.shared.note(Command::Committed(offsets)),
        }
    }

    fn changes(&mut self) -> Result<Vec<Change>, Fault> {
        self.shared.changes()
    }
}

impl Drop for KafkaSource {
    fn drop(&mut self) {
        self.shared.tell(Command::Stop);
        let Some(thread) = self.thread.take() else { return };
        let until = Instant::now() + LEAVE_WITHIN;
        while !thread.is_finished() {
            if Instant::now() > until {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = thread.join();
    }
}
