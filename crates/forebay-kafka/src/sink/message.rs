//! Rows of a batch as messages: key, value, headers and timestamp.

use std::sync::Arc;

use forebay_codec::{JsonWriter, RecordError, TextWriter};
use forebay_stage::batch::Batch;
use forebay_stage::types::{Addr, Ty, code};
use forebay_stage::{Build, Fault, OwnColumn, OwnColumns, SinkColumn};

/// Columns of a dead letter that stand in headers too: who sorts letters need not look into them.
pub const OF_LETTERS: [&str; 3] = ["code", "node", "source"];
/// The header of a dead letter that has the key of the record, and stands where it had one.
const KEY: &[u8] = b"key\0";

/// Own columns that stand in headers where the file does not say which.
const HEADERS: [OwnColumn; 4] = [OwnColumn::Stream, OwnColumn::Seq, OwnColumn::Late, OwnColumn::Model];

/// Makes messages of the batches of one sink.
pub struct Messages {
    /// What stands in the value, and behind it what stands in headers.
    columns: Vec<SinkColumn>,
    values: usize,
    /// Names of headers, ended by a zero.
    headers: Vec<(OwnColumn, Vec<u8>)>,
    own: OwnColumns,
    key: Option<TextWriter>,
    tombstone: Option<Addr>,
    /// For a sink of dead letters: names of headers, ended by a zero, and what stands there.
    letters: Option<Vec<(Vec<u8>, TextWriter)>>,
    /// For batches of so many groups.
    layout: Option<(usize, Layout)>,
}

struct Layout {
    value: JsonWriter,
    headers: Vec<(OwnColumn, Addr, TextWriter)>,
}

/// One message in memory that is used again for the next.
#[derive(Default)]
pub struct Buffers {
    pub value: Vec<u8>,
    pub key: Vec<u8>,
    /// Values of headers, one behind the other.
    texts: Vec<u8>,
    /// Which header, and where its text ends.
    parts: Vec<(Name, usize)>,
    pub has_key: bool,
    pub has_value: bool,
}

/// Where the name of a header stands.
#[derive(Clone, Copy)]
enum Name {
    Own(usize),
    Letter(usize),
    Key,
}

impl Messages {
    pub fn new(build: &Build<'_>) -> Result<Messages, Fault> {
        let mut columns = build.columns.to_vec();
        let values = columns.len();
        let is_listed = |own: OwnColumn| build.columns.contains(&SinkColumn::Own(own));
        let wanted: Vec<OwnColumn> = match build.config.get("headers") {
            None => HEADERS.into_iter().filter(|own| !is_listed(*own)).collect(),
            Some(_) => {
                let listed = build.config.list("headers").iter();
                let listed = listed.filter_map(|node| OwnColumn::find(node.str()));
                // A replay asks where a dead letter comes from.
                let asked = [OwnColumn::Stream, OwnColumn::Seq].into_iter().filter(|_| build.dead_letters);
                let mut wanted: Vec<OwnColumn> = listed.collect();
                let missing: Vec<OwnColumn> = asked.filter(|own| !wanted.contains(own)).collect();
                wanted.extend(missing);
                wanted
            }
        };
        // Where no model was run there is nothing to say of one.
        let wanted: Vec<OwnColumn> =
            wanted.into_iter().filter(|own| *own != OwnColumn::Model || build.model.is_some()).collect();
        columns.extend(wanted.iter().map(|own| SinkColumn::Own(*own)));
        let name = |own: &OwnColumn| (*own, [own.name().as_bytes(), b"\0"].concat());
        let column = |name: &str| -> Option<(Addr, Ty)> {
            let column = build.inputs.first()?.as_ref()?.get(name)?;
            Some((column.addr, column.ty.clone()))
        };
        let find = |field: &str| column(build.config.text(field)?);
        let letter = |name: &&str| {
            let (addr, ty) = column(name)?;
            Some(([name.as_bytes(), b"\0"].concat(), TextWriter::new(addr, &ty).ok()?))
        };
        let key = find("key").map(|(addr, ty)| TextWriter::new(addr, &ty)).transpose();
        let key = key.map_err(|error| Fault::fatal(&code::KAFKA_KEY, format!("`key`: {}", error.message)))?;
        Ok(Messages {
            own: OwnColumns::new(&columns, Arc::clone(build.streams), build.model),
            columns,
            values,
            headers: wanted.iter().map(name).collect(),
            key,
            tombstone: find("tombstone").map(|(addr, _)| addr),
            letters: build.dead_letters.then(|| OF_LETTERS.iter().filter_map(letter).collect()),
            layout: None,
        })
    }

    /// The batch with everything that messages are made of.
    pub fn prepare(&mut self, batch: &Batch) -> Batch {
        let groups = batch.groups().len();
        if self.layout.as_ref().is_none_or(|(known, _)| *known != groups) {
            let all = OwnColumns::layout(&self.columns, groups as u16);
            let (values, headers) = all.split_at(self.values);
            let header = |(_, ty, addr): &(String, Ty, Addr)| {
                TextWriter::new(*addr, ty).ok().map(|writer| (*addr, writer))
            };
            let headers = headers.iter().zip(&self.headers);
            let headers =
                headers.filter_map(|(column, (own, _))| header(column).map(|(addr, w)| (*own, addr, w)));
            let layout = Layout { value: JsonWriter::new(values), headers: headers.collect() };
            self.layout = Some((groups, layout));
        }
        self.own.add_to(batch)
    }

    /// Writes the message of a row into the buffers.
    pub fn write(&self, batch: &Batch, row: usize, into: &mut Buffers) -> Result<(), RecordError> {
        let Some((_, layout)) = &self.layout else { unreachable!("a batch is prepared first") };
        into.value.clear();
        into.key.clear();
        into.texts.clear();
        into.parts.clear();
        into.has_key = match &self.key {
            Some(key) => key.write(batch, row, &mut into.key)?,
            // Letters of one key stay in order.
            None if self.letters.is_some() => {
                let key = batch.header().raw_key(row);
                into.key.extend_from_slice(key.unwrap_or_default());
                key.is_some()
            }
            None => false,
        };
        into.has_value = !self.tombstone.is_some_and(|addr| is_true(batch, addr, row));
        if into.has_value {
            layout.value.write_record(batch, row, &mut into.value)?;
            // A message is not a line.
            into.value.pop();
        }
        for (at, (own, addr, writer)) in layout.headers.iter().enumerate() {
            // What is not late says nothing of it.
            if *own == OwnColumn::Late && !is_true(batch, *addr, row) {
                continue;
            }
            if writer.write(batch, row, &mut into.texts)? {
                into.parts.push((Name::Own(at), into.texts.len()));
            }
        }
        for (at, (_, writer)) in self.letters.iter().flatten().enumerate() {
            if writer.write(batch, row, &mut into.texts)? {
                into.parts.push((Name::Letter(at), into.texts.len()));
            }
        }
        if let Some(key) = batch.header().raw_key(row).filter(|_| self.letters.is_some()) {
            into.texts.extend_from_slice(key);
            into.parts.push((Name::Key, into.texts.len()));
        }
        Ok(())
    }

    /// The message's timestamp, milliseconds since 1970: of a dead letter that of the message which was rejected, where it had one.
    pub fn timestamp_ms(&self, batch: &Batch, row: usize) -> i64 {
        let header = batch.header();
        let produced = self.letters.as_ref().and_then(|_| header.produced_at(row));
        produced.unwrap_or(header.times[row].event).div_euclid(1_000_000).max(0)
    }

    /// The headers that were written last: their names, ended by a zero, and their values.
    pub fn headers<'b>(
        &'b self,
        buffers: &'b Buffers,
    ) -> impl ExactSizeIterator<Item = (&'b [u8], &'b [u8])> {
        let mut from = 0;
        buffers.parts.iter().map(move |(name, to)| {
            let name: &[u8] = match *name {
                Name::Own(at) => &self.headers[at].1,
                Name::Letter(at) => &self.letters.as_ref().expect("a letter was written")[at].0,
                Name::Key => KEY,
            };
            let value = &buffers.texts[std::mem::replace(&mut from, *to)..*to];
            (name, value)
        })
    }
}

fn is_true(batch: &Batch, addr: Addr, row: usize) -> bool {
    let col = batch.col(addr);
    col.presence(row) == forebay_stage::batch::Presence::Value && col.fixed::<u8>()[row] != 0
}
