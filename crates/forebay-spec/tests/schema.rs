//! The JSON Schema of files and kinds.

mod support;

use forebay_spec::{FileKind, config_schema, schema};
use support::KINDS;

#[test]
fn the_schema_of_a_pipeline_completes_kinds_fields_and_words() {
    let schema = schema(KINDS, None).unwrap();
    let source = &schema["properties"]["spec"]["properties"]["sources"]["additionalProperties"];
    assert_eq!(source["properties"]["file"]["required"][0], "path");
    assert_eq!(source["oneOf"][0]["required"][0], "file");
    assert_eq!(source["properties"]["extra"]["default"], "ignore");
    assert!(
        source["properties"]["file"]["properties"]["rate"]["description"].as_str().unwrap().contains("pace")
    );
    assert_eq!(source["properties"]["schema"]["anyOf"][1]["propertyNames"]["not"]["const"], "stream");
    let sinks = &schema["properties"]["spec"]["properties"]["sinks"]["additionalProperties"];
    assert_eq!(sinks["properties"]["delivery"]["oneOf"][0]["const"], "exactly_once");
    // What is secret never stands in the file.
    assert_eq!(sinks["properties"]["file"]["properties"]["password"]["pattern"], "\\$\\{secret:");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn a_kind_has_a_schema_of_its_own() {
    let set = schema(KINDS, Some("set")).unwrap();
    assert_eq!(set["type"], "object");
    assert!(set["additionalProperties"]["type"].is_array());
    // A source and a sink share the name.
    assert_eq!(schema(KINDS, Some("file")).unwrap()["oneOf"].as_array().unwrap().len(), 2);
    assert!(schema(KINDS, Some("nothing")).is_none());
}

#[test]
fn configuration_files_have_schemas() {
    for (kind, field) in [
        (FileKind::Model, "sha256"),
        (FileKind::Connection, "kafka"),
        (FileKind::Environment, "vars"),
        (FileKind::Pop, "jurisdiction"),
    ] {
        let schema = config_schema(kind);
        assert!(schema["properties"]["spec"]["properties"][field].is_object(), "{kind:?}");
    }
}
