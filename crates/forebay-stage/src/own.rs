//! What Forebay knows of every record, as columns that a sink writes where they are listed. The values stand in the
//! header; here they become a group of ordinary columns, so that a writer knows one kind of column only.

use std::ops::Range;
use std::sync::Arc;

use forebay_batch::{Batch, Builder, ColMut, Header, Presence};
use forebay_types::{Addr, StreamId, TimeForm, Ty};

use crate::{SinkColumn, StreamNames};

/// What Forebay knows of every record and a sink writes where it is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnColumn {
    Stream,
    Seq,
    Time,
    Arrival,
    Deadline,
    Late,
    Model,
}

impl OwnColumn {
    pub const ALL: [OwnColumn; 7] = [
        OwnColumn::Stream,
        OwnColumn::Seq,
        OwnColumn::Time,
        OwnColumn::Arrival,
        OwnColumn::Deadline,
        OwnColumn::Late,
        OwnColumn::Model,
    ];

    pub fn ty(self) -> Ty {
        match self {
            OwnColumn::Stream => Ty::String,
            OwnColumn::Seq => Ty::U64,
            OwnColumn::Time | OwnColumn::Arrival => Ty::Timestamp(TimeForm::Rfc3339),
            OwnColumn::Deadline => Ty::Timestamp(TimeForm::Rfc3339).optional(),
            OwnColumn::Late => Ty::Bool,
            OwnColumn::Model => Ty::String.optional(),
        }
    }

    /// Its name in a pipeline file and in what is written.
    pub fn name(self) -> &'static str {
        match self {
            OwnColumn::Stream => "stream",
            OwnColumn::Seq => "_seq",
            OwnColumn::Time => "_time",
            OwnColumn::Arrival => "_arrival",
            OwnColumn::Deadline => "_deadline",
            OwnColumn::Late => "_late",
            OwnColumn::Model => "_model",
        }
    }

    pub fn find(name: &str) -> Option<OwnColumn> {
        OwnColumn::ALL.into_iter().find(|own| own.name() == name)
    }
}

/// Makes the group of own columns for the batches of a sink.
pub struct OwnColumns {
    wanted: Vec<OwnColumn>,
    builder: Builder,
    streams: Arc<StreamNames>,
    /// Names of streams that were met, by id.
    met: Vec<Option<Arc<str>>>,
    model: Option<String>,
}

impl OwnColumns {
    pub fn new(columns: &[SinkColumn], streams: Arc<StreamNames>, model: Option<&str>) -> OwnColumns {
        let own = |column: &SinkColumn| match column {
            SinkColumn::Own(own) => Some(*own),
            SinkColumn::Column { .. } => None,
        };
        let wanted: Vec<OwnColumn> = columns.iter().filter_map(own).collect();
        let types: Vec<Ty> = wanted.iter().map(|own| own.ty()).collect();
        OwnColumns {
            builder: Builder::new(&types),
            wanted,
            streams,
            met: Vec::new(),
            model: model.map(str::to_string),
        }
    }

    /// Name, type and address of everything that the sink writes, in order, when own columns are the group `group`.
    pub fn layout(columns: &[SinkColumn], group: u16) -> Vec<(String, Ty, Addr)> {
        let mut own_column = 0..;
        let of = |column: &SinkColumn| match column {
            SinkColumn::Column { name, ty, addr, .. } => (name.clone(), ty.clone(), *addr),
            SinkColumn::Own(own) => {
                let column = own_column.next().expect("there is always a next number");
                (own.name().to_string(), own.ty(), Addr { group, column })
            }
        };
        columns.iter().map(of).collect()
    }

    /// The batch with its own columns as one more group; as it was, when none is wanted.
    pub fn add_to(&mut self, batch: &Batch) -> Batch {
        if self.wanted.is_empty() {
            return batch.clone();
        }
        let (header, rows) = (batch.header(), batch.rows().hull());
        self.meet(header, rows.clone());
        self.builder.begin();
        for (at, own) in self.wanted.iter().enumerate() {
            let col = self.builder.col(at);
            // The batch may be a small part of what its header stands for.
            col.pad(rows.start);
            rows.clone().for_each(|row| push(*own, header, row, &self.met, self.model.as_deref(), col));
            col.pad(header.rows() - rows.end);
        }
        batch.clone().with(self.builder.finish())
    }

    /// Looks up the names of streams that are new.
    fn meet(&mut self, header: &Header, rows: Range<usize>) {
        if !self.wanted.contains(&OwnColumn::Stream) {
            return;
        }
        for StreamId(id) in rows.map(|row| header.origin(row).stream) {
            let at = id as usize;
            if self.met.len() <= at {
                self.met.resize(at + 1, None);
            }
            self.met[at].get_or_insert_with(|| self.streams.get(StreamId(id)).stream);
        }
    }
}

fn push(
    own: OwnColumn,
    header: &Header,
    row: usize,
    met: &[Option<Arc<str>>],
    model: Option<&str>,
    col: &mut ColMut,
) {
    let origin = header.origin(row);
    match own {
        OwnColumn::Stream => {
            col.push_str(met[origin.stream.0 as usize].as_deref().expect("every stream was met"))
        }
        OwnColumn::Seq => col.push(origin.seq),
        OwnColumn::Time => col.push(header.times[row].event),
        OwnColumn::Arrival => col.push(header.arrival(row)),
        OwnColumn::Deadline => match header.deadline(row) {
            Some(deadline) => col.push(deadline),
            None => col.push_absent(Presence::Null),
        },
        OwnColumn::Late => col.push(u8::from(header.is_late(row))),
        OwnColumn::Model => match model.filter(|_| !header.is_unscored(row)) {
            Some(model) => col.push_str(model),
            None => col.push_absent(Presence::Null),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn own_columns_stand_beside_the_others_in_the_order_in_which_they_are_listed() {
        let schema = testing::schema("a: i64");
        let streams = Arc::new(StreamNames::default());
        streams.add("tx", "in.jsonl");
        let a = SinkColumn::Column {
            name: "a".into(),
            ty: Ty::I64,
            addr: schema.columns[0].addr,
            sensitive: false,
        };
        let own = |name: &str| SinkColumn::Own(OwnColumn::find(name).expect("a name"));
        let names = ["_seq", "stream", "_time", "_deadline", "_late", "_model"];
        let columns: Vec<SinkColumn> =
            [own("_seq"), a].into_iter().chain(names[1..].iter().map(|n| own(n))).collect();
        let mut own = OwnColumns::new(&columns, streams, Some("card-fraud@3"));
        let batch = testing::batch(&schema, "@event | a\n10 | 5\n20 | 6", 7);
        batch.header().set_late(1);
        batch.header().set_unscored(1);
        let batch = own.add_to(&batch);
        let lines: Vec<String> = (0..2)
            .map(|row| {
                let cells = OwnColumns::layout(&columns, 1).into_iter();
                let cell = |(name, ty, addr): (String, Ty, Addr)| {
                    format!("{name}={}", testing::cell(batch.col(addr), &ty, row))
                };
                cells.map(cell).collect::<Vec<_>>().join(" ")
            })
            .collect();
        assert_eq!(
            lines[0],
            "_seq=7 a=5 stream=in.jsonl _time=10 _deadline=null _late=false _model=card-fraud@3"
        );
        assert_eq!(lines[1], "_seq=8 a=6 stream=in.jsonl _time=20 _deadline=null _late=true _model=null");
    }

    #[test]
    fn a_part_of_a_batch_has_them_in_its_own_rows() {
        let columns = [SinkColumn::Own(OwnColumn::Seq), SinkColumn::Own(OwnColumn::Stream)];
        let streams = Arc::new(StreamNames::default());
        streams.add("tx", "in.jsonl");
        let mut own = OwnColumns::new(&columns, streams, None);
        let batch = testing::batch(&testing::schema("a: i64"), "a\n5\n6\n7\n8", 7);
        let part = own.add_to(&batch.select(forebay_batch::Rows::Range(1, 3)));
        let cell =
            |row| OwnColumns::layout(&columns, 1).into_iter().map(move |(_, ty, addr)| (ty, addr, row));
        let cells = part.rows().iter().flat_map(cell);
        let cells: Vec<_> = cells.map(|(ty, addr, row)| testing::cell(part.col(addr), &ty, row)).collect();
        assert_eq!(cells, ["8", "in.jsonl", "9", "in.jsonl"]);
    }
}
