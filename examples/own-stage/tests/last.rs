//! The stage against a text table.

use forebay_stage::testing::{batch, push_into, schema, stage, table, text};
use forebay_stage::types::{Addr, Value};

#[test]
fn the_last_characters_are_added() {
    let input = schema("pan: string");
    let fields = [("column", text("pan")), ("count", Value::Int(4))];
    let mut stage = stage(&own_stage::FACTORY, &fields, &input);
    let called = push_into(stage.as_mut(), 0, batch(&input, "pan\n4929123412345678\nñandú\nab", 0));
    let mut output = schema("last: string");
    output.columns[0].addr = Addr { group: 1, column: 0 };
    assert_eq!(table(&called.emitted[0].1, &output), "last\n5678\nandú\nab");
}
