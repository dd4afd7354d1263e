//! Rejected records as records: the batch that readers of `rejected` get. The key that a record came with stands in no column; it
//! goes along in the header.

use std::sync::Arc;

use forebay_batch::{Batch, BufMut, Builder, HeaderRing, Presence, Raw, UNKNOWN};
use forebay_stage::{Reject, StreamNames};
use forebay_types::id::NodeId;
use forebay_types::{Epoch, Ty};

/// The columns of `rejected`, in order: `code reason node source stream position time bytes`.
pub struct Letters {
    builder: Builder,
    headers: HeaderRing,
    streams: Arc<StreamNames>,
}

impl Letters {
    pub fn new(streams: Arc<StreamNames>) -> Letters {
        let types =
            forebay_plan::rejected_schema().columns.into_iter().map(|column| column.ty).collect::<Vec<Ty>>();
        Letters { builder: Builder::new(&types), headers: HeaderRing::default(), streams }
    }

    /// One batch of these rejects, in their order.
    pub fn batch(&mut self, node: NodeId, name: &str, rejects: &[Reject]) -> Batch {
        self.headers.settle(|_| {});
        let epoch = rejects.first().map_or(Epoch(0), |reject| reject.header.epoch);
        let mut shell = self.headers.take(node, epoch);
        let header = Arc::get_mut(&mut shell).expect("a taken header is held once");
        self.builder.begin();
        let mut keys = BufMut::default();
        for reject in rejects {
            let row = reject.row as usize;
            let (origin, times) = (reject.header.origin(row), reject.header.times[row]);
            header.of_stream(origin.stream, reject.header.terms(row));
            header.arrived(&[reject.header.arrival(row)]);
            header.produced(&[reject.header.produced_at(row).unwrap_or(UNKNOWN)]);
            header.push(origin.seq, times);
            let named = self.streams.get(origin.stream);
            let [code, reason, at, from, of, position, time, bytes] = self.builder.cols() else {
                unreachable!("rejected records have eight columns");
            };
            code.push_str(reject.code.id);
            reason.push_str(&reject.reason);
            at.push_str(name);
            from.push_str(&named.source);
            of.push_str(&named.stream);
            position.push_str(&origin.seq.to_string());
            time.push(header.arrival(header.rows() - 1));
            match reject.header.raw_bytes(row) {
                Some(raw) => bytes.push_bytes(raw),
                None => bytes.push_absent(Presence::Null),
            }
            let start = keys.len() as u32;
            let key = reject.header.raw_key(row).map_or(Raw::NONE, |key| {
                keys.extend(key);
                (start, keys.len() as u32)
            });
            header.raw.keys.push(key);
        }
        header.raw.buf = keys.freeze();
        Batch::new(self.headers.share(shell), self.builder.finish())
    }

    pub fn settle(&mut self) {
        self.headers.settle(|_| {});
    }
}

#[cfg(test)]
mod tests {
    use forebay_batch::{Deadline, Header, Terms, Times};
    use forebay_types::{StreamId, code};

    use super::*;

    #[test]
    fn rejects_of_several_streams_keep_their_origin_times_and_terms() {
        let streams = Arc::new(StreamNames::default());
        for name in ["one", "two"] {
            streams.add("tx", name);
        }
        let header = |stream: u32, arrival: i64| {
            let mut header = Header::default();
            let deadline = Some(Deadline::AfterArrival(i64::from(stream) * 5));
            header.of_stream(StreamId(stream), Terms { out_of_order_ns: None, deadline });
            header.arrived(&[arrival]);
            (7..10).for_each(|seq| header.push(seq, Times { event: 1, high: 2 }));
            Arc::new(header)
        };
        let (one, two) = (header(0, 100), header(1, 200));
        let reject = |(header, row): (&Arc<Header>, u32)| Reject {
            header: header.clone(),
            row,
            code: &code::RECORD_BEHIND,
            reason: String::new(),
        };
        let rejects: Vec<Reject> = [(&one, 0), (&one, 2), (&two, 1), (&one, 1)].map(reject).into();
        let mut letters = Letters::new(streams);
        // The memory of one batch serves the next.
        for _ in 0..2 {
            let batch = letters.batch(NodeId(3), "counted", &rejects);
            let (header, group) = (batch.header(), &batch.groups()[0]);
            let row = |row: usize| {
                let origin = header.origin(row);
                let text = |column: usize| group.cols()[column].var().str(row).to_string();
                let at = format!("{} {}", header.arrival(row), header.deadline(row).unwrap_or_default());
                format!("{} {} at {at}: {} {}", origin.stream.0, origin.seq, text(4), text(5))
            };
            let rows: Vec<String> = batch.rows().iter().map(row).collect();
            let wanted = [
                "0 7 at 100 100: one 7",
                "0 9 at 100 100: one 9",
                "1 8 at 200 205: two 8",
                "0 8 at 100 100: one 8",
            ];
            assert_eq!(rows, wanted);
        }
    }
}
