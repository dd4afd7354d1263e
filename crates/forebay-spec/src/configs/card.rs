//! A model's card from its file.

use crate::extract;
use crate::pipeline::Spanned;
use crate::read::integer;
use forebay_types::card::{Batching, Card, Dim, Source, Tensor, TensorColumn};
use forebay_types::code::{self, Code};
use forebay_types::{Diagnostic, Node, Record, Report, Span, Value};

/// `None` where the file is in error, which has been reported.
pub(super) fn card(report: &mut Report, spec: &Record, name: Spanned<String>) -> Option<Card> {
    let source = source(report, spec, name.span);
    let sha256 = extract::text(spec, "sha256").and_then(|digest| sha256(report, digest));
    let batch = batch(spec);
    let inputs = tensors(report, spec, "inputs");
    let outputs = tensors(report, spec, "outputs");
    Some(Card {
        name: name.value,
        version: extract::text(spec, "version").map(|version| version.value),
        source: source?,
        sha256: sha256?,
        licence: extract::text(spec, "licence")?.value,
        batch: batch?,
        inputs,
        outputs,
        span: name.span,
    })
}

fn wrong(report: &mut Report, code: &'static Code, span: Span, message: String, help: &str) {
    report.push(Diagnostic::error(code, span, message).help(help));
}

fn source(report: &mut Report, spec: &Record, name: Span) -> Option<Source> {
    let fields = spec.record("source")?;
    match (extract::text(fields, "file"), fields.record("package")) {
        (Some(file), None) => Some(Source::File(file.value)),
        (None, Some(package)) => Some(Source::Package {
            name: extract::text(package, "name")?.value,
            version: extract::text(package, "version")?.value,
            member: extract::text(package, "member")?.value,
        }),
        (file, _) => {
            let found =
                if file.is_some() { "both `file` and `package`" } else { "neither `file` nor `package`" };
            let span = spec.get("source").map_or(name, |node| node.span);
            let message = format!("the source of the model names {found}");
            wrong(report, &code::CARD_SOURCE, span, message, "name one of them");
            None
        }
    }
}

fn sha256(report: &mut Report, digest: Spanned<String>) -> Option<String> {
    let text = digest.value.to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(text);
    }
    let message =
        format!("a SHA-256 digest has 64 hexadecimal digits, this text has {}", text.chars().count());
    wrong(report, &code::DIGEST, digest.span, message, "`sha256sum FILE` prints it");
    None
}

fn batch(spec: &Record) -> Option<Batching> {
    let node = spec.get("batch")?;
    match node.record() {
        Some(fields) => fields.float("tolerance").map(Batching::Tolerance),
        None if node.str() == "one" => Some(Batching::One),
        None => Some(Batching::Invariant),
    }
}

fn tensors(report: &mut Report, spec: &Record, field: &str) -> Vec<Tensor> {
    let records = spec.list(field).iter().filter_map(Node::record);
    records.filter_map(|record| tensor(report, record, field == "inputs")).collect()
}

fn tensor(report: &mut Report, record: &Record, input: bool) -> Option<Tensor> {
    let name = extract::text(record, "tensor")?;
    let dims = dims(report, record)?;
    let columns = columns(record);
    let tensor = Tensor { name: name.value, ty: extract::ty(record, "type"), dims, columns };
    check_row(report, &tensor, name.span, input);
    Some(tensor)
}

fn dims(report: &mut Report, record: &Record) -> Option<Vec<Dim>> {
    let mut dims = Vec::new();
    for node in record.list("dims") {
        let dim = match &node.value {
            Value::Text(text) if !text.text.is_empty() => Some(Dim::Any(text.text.clone())),
            Value::Number(digits) => {
                integer(digits).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0).map(Dim::Fixed)
            }
            _ => None,
        };
        match dim {
            Some(dim) => dims.push(dim),
            None => {
                let help = "write `batch`, another name where the size is free, or a number";
                wrong(
                    report,
                    &code::CARD_TENSOR,
                    node.span,
                    "a dimension is a name or a whole number from 1".into(),
                    help,
                );
                return None;
            }
        }
    }
    Some(dims)
}

fn columns(record: &Record) -> Vec<TensorColumn> {
    let mut next = 0;
    let mut columns = Vec::new();
    for node in record.list("columns") {
        let Some(fields) = node.record() else { continue };
        let Some(name) = extract::text(fields, "name") else { continue };
        let at = fields.int("at").map_or(next, |at| at as usize);
        next = at + 1;
        columns.push(TensorColumn { name: name.value, at, null: fields.float("null"), span: node.span });
    }
    columns
}

/// Columns lie inside the row, each in a place of its own; those of an input fill it.
fn check_row(report: &mut Report, tensor: &Tensor, span: Span, input: bool) {
    let mut fixed =
        tensor.dims.iter().skip(1).map(|dim| if let Dim::Fixed(n) = dim { Some(*n) } else { None });
    let Some(row) = fixed.try_fold(1_u64, |size, n| size.checked_mul(n?)) else { return };
    if tensor.columns.is_empty() {
        return;
    }
    if input && tensor.columns.len() as u64 != row {
        let message = format!(
            "a row of `{}` has {row} elements, and there are {} columns",
            tensor.name,
            tensor.columns.len()
        );
        wrong(
            report,
            &code::CARD_TENSOR,
            span,
            message,
            "name a column for each element, in the order of the row",
        );
        return;
    }
    for (i, column) in tensor.columns.iter().enumerate() {
        let clash =
            tensor.columns[..i].iter().find(|other| other.name == column.name || other.at == column.at);
        if column.at as u64 >= row {
            let message = format!("`{}` would be element {} of a row of {row}", column.name, column.at);
            wrong(report, &code::CARD_TENSOR, column.span, message, "elements count from 0");
        } else if let Some(other) = clash {
            let message =
                format!("`{}` and `{}` are the same element or have one name", other.name, column.name);
            wrong(
                report,
                &code::CARD_TENSOR,
                column.span,
                message,
                "give each column a name and an index of its own",
            );
        }
    }
}
