//! A stage of one's own: `last { column: pan, count: 4 }` adds the last characters of a text as the column `last`.

use forebay_stage::batch::{Batch, Builder};
use forebay_stage::types::kind::{Facts, MAIN, ONE, Role};
use forebay_stage::types::shape::{Field, Shape};
use forebay_stage::types::{Addr, Column, Kind, Ty};
use forebay_stage::{Cx, Factory, Fault, Make, Stage};

pub static KIND: Kind = Kind {
    name: "last",
    role: Role::Stage,
    summary: "adds the last characters of a text",
    doc: "Adds the column `last`: the last `count` characters of `column`, or all of it where it is shorter.",
    fields: &[
        Field::required("column", Shape::ColumnName, "The text to take from."),
        Field::default("count", Shape::Int { min: 1, max: 64 }, "4", "How many characters."),
    ],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, ..Facts::NONE },
    example: "{ input: tx, last: { column: pan } }",
    check: |check| {
        let column = check.config.text("column").unwrap_or_default().to_string();
        check.read(0, [column.as_str()]);
        check.gives(vec![Column::new("last", Ty::String, check.span)]);
    },
};

pub const FACTORY: Factory = Factory {
    kind: &KIND,
    make: Make::Stage(|build| {
        let column = build.config.text("column").and_then(|name| build.inputs[0].as_ref()?.get(name));
        let from = column.expect("the plan found the column").addr;
        let count = build.config.int("count").unwrap_or(4) as usize;
        Ok(Box::new(Last { from, count, out: Builder::new(&[Ty::String]) }))
    }),
};

struct Last {
    from: Addr,
    count: usize,
    out: Builder,
}

impl Stage for Last {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        let texts = batch.col(self.from).var();
        self.out.begin();
        for row in 0..batch.header().rows() {
            let text = texts.str(row);
            let start = text.char_indices().rev().nth(self.count - 1).map_or(0, |(at, _)| at);
            self.out.col(0).push_str(&text[start..]);
        }
        cx.add(batch.rows().clone(), self.out.finish());
        Ok(())
    }
}
