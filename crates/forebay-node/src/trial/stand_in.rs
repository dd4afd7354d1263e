//! What stands in for a mocked stage: one that adds given columns to every record, or nulls as if there had been no
//! time, and one whose every call fails.

use forebay_codec::{Extra, FieldSpec, JsonReader, RecordError};
use forebay_stage::batch::{Batch, Builder};
use forebay_stage::types::kind::{Check, Facts, MAIN, ONE, Role};
use forebay_stage::types::{Column, Kind, Record, Schema, Value, code};
use forebay_stage::{Build, Cx, Factory, Fault, Make, Stage};

use super::data;

pub(super) const FACTORIES: [Factory; 2] = [
    Factory { kind: &GIVEN, make: Make::Stage(make_given) },
    Factory { kind: &FAILING, make: Make::Stage(|_| Ok(Box::new(Failing))) },
];

pub(super) static GIVEN: Kind = Kind {
    name: "(columns of a test)",
    role: Role::Stage,
    summary: "Adds the columns that a test gives.",
    doc: "Stands in for a stage that a test mocks with columns, or with `late`.",
    fields: &[],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts { adds: true, ..Facts::NONE },
    example: "",
    check,
};

pub(super) static FAILING: Kind = Kind {
    name: "(failing calls of a test)",
    role: Role::Stage,
    summary: "Rejects every record.",
    doc: "Stands in for a stage that a test mocks with `error`.",
    fields: &[],
    inputs: MAIN,
    outputs: ONE,
    facts: Facts::NONE,
    example: "",
    check,
};

/// The configuration of a stand-in that makes these columns: the values of `line`, an object of JSON, for each record.
pub(super) fn config(columns: &Schema, line: &str, late: bool) -> Record {
    let column = |column: &Column| {
        let fields = vec![
            ("name", data::text(column.name.as_str())),
            ("type", data::node(Value::Ty(column.ty.clone()))),
            ("sensitive", data::node(Value::Bool(column.sensitive))),
        ];
        data::node(Value::Record(Record { fields }))
    };
    let columns = columns.columns.iter().map(column).collect();
    let fields = vec![
        ("columns", data::node(Value::List(columns))),
        ("line", data::text(line)),
        ("late", data::node(Value::Bool(late))),
    ];
    Record { fields }
}

/// Reads lines of these columns.
pub(super) fn reader(columns: &Schema) -> Result<JsonReader, RecordError> {
    let field = |(slot, column): (usize, &Column)| FieldSpec {
        name: column.name.clone(),
        ty: column.ty.clone(),
        default: None,
        slot: Some(slot),
        sensitive: column.sensitive,
    };
    let fields: Vec<FieldSpec> = columns.columns.iter().enumerate().map(field).collect();
    JsonReader::new(&fields, Extra::Ignore)
}

fn check(check: &mut Check<'_>) {
    let columns = check.config.list("columns").iter().filter_map(|node| {
        let column = node.record()?;
        let Value::Ty(ty) = &column.get("type")?.value else { return None };
        let sensitive = column.bool("sensitive").unwrap_or_default();
        Some(Column::new(column.text("name")?, ty.clone(), check.span).sensitive(sensitive))
    });
    let columns = columns.collect();
    check.gives(columns);
}

fn make_given(build: &Build<'_>) -> Result<Box<dyn Stage>, Fault> {
    let added = build.outputs.first().cloned().unwrap_or_default();
    let json = reader(&added).map_err(refused)?;
    Ok(Box::new(Given {
        line: build.config.text("line").unwrap_or_default().to_string(),
        late: build.config.bool("late").unwrap_or_default(),
        json,
        builder: Builder::new(added.columns.iter().map(|column| &column.ty)),
    }))
}

fn refused(error: RecordError) -> Fault {
    Fault::fatal(&code::TEST_MOCK, error.message)
}

struct Given {
    line: String,
    late: bool,
    json: JsonReader,
    builder: Builder,
}

impl Stage for Given {
    fn push(&mut self, cx: &mut Cx<'_>, _port: usize, batch: &Batch) -> Result<(), Fault> {
        self.builder.begin();
        for _ in 0..batch.header().rows() {
            self.json.read_record(self.line.as_bytes(), &mut self.builder).map_err(refused)?;
        }
        if self.late {
            batch.rows().iter().for_each(|row| batch.header().set_late(row));
        }
        cx.add(batch.rows().clone(), self.builder.finish());
        Ok(())
    }
}

struct Failing;

impl Stage for Failing {
    fn push(&mut self, _cx: &mut Cx<'_>, _port: usize, _batch: &Batch) -> Result<(), Fault> {
        Err(Fault::call(&code::TEST_ERROR, "the test makes every call of this stage fail"))
    }
}
