//! `forebay schema [KIND]`: JSON Schema for editors, from the same shapes as the reader.

use forebay_node::Registry;
use forebay_spec::{FileKind, config_schema};

use crate::args::Schema;
use crate::exit::Exit;
use crate::kinds::unknown;
use crate::output::{misuse, print};

/// Kinds of files by what they say under `kind`; a pipeline is none of `configs/`.
const FILES: [(&str, Option<FileKind>); 5] = [
    ("Pipeline", None),
    ("Model", Some(FileKind::Model)),
    ("Connection", Some(FileKind::Connection)),
    ("Environment", Some(FileKind::Environment)),
    ("PoP", Some(FileKind::Pop)),
];

pub fn run(args: &Schema, registry: &Registry) -> Exit {
    let kinds = registry.kinds();
    let name = args.kind.as_deref();
    let file = FILES.iter().find(|(file, _)| name.is_some_and(|name| name.eq_ignore_ascii_case(file)));
    let schema = match file {
        Some((_, Some(kind))) => Some(config_schema(*kind)),
        Some((_, None)) => forebay_spec::schema(&kinds, None),
        None => forebay_spec::schema(&kinds, name),
    };
    match schema {
        Some(schema) => {
            print(&format!("{schema:#}\n"));
            Exit::Good
        }
        None => {
            let name = name.unwrap_or_default();
            let known = kinds.iter().map(|kind| kind.name).chain(FILES.iter().map(|(file, _)| *file));
            misuse(&unknown(name, known))
        }
    }
}
