//! What can be said about an `infer` stage before it runs: whether the model is one of rows, and whether the records
//! have what its card asks for.

use forebay_stage::types::card::{Card, Dim, Tensor, TensorColumn};
use forebay_stage::types::code;
use forebay_stage::types::kind::{Check, CopyTerm, MemoryTerm, NoCard};
use forebay_stage::types::nearest::nearest;
use forebay_stage::types::{Column, Diagnostic, Record, Schema, Span, Ty};

use super::number::Number;
use super::{MAX_ROWS, gather};
use crate::session::width;

pub fn check(check: &mut Check<'_>) {
    let Some((name, span)) = check.config.text("model").map(|name| (name, check.config.span("model"))) else {
        return;
    };
    // What an unknown model adds is unknown too: whoever reads it is in no second error.
    check.answer.outputs = vec![Schema::unknown()];
    let models = check.models;
    let card = match models.card(name) {
        Ok(card) => card,
        Err(why) => return check.report.diagnostics.extend(no_card(name, span, why)),
    };
    let problems = unfit(card);
    if let Some(first) = problems.first() {
        let message = format!("`infer` cannot run the model `{name}`: {first}");
        let diagnostic = problems[1..].iter().fold(
            Diagnostic::error(&code::MODEL_SHAPE, span, message).also(card.span, "its card"),
            |diagnostic, problem| diagnostic.also(Span::NONE, problem),
        );
        check.report.push(diagnostic.help("name a model of rows, or mend the tensors on its card"));
        return;
    }
    let columns = resolve(check, card, name, span);
    check.read(0, columns.iter().map(String::as_str));
    let prefix = check.config.text("as");
    let adds =
        card.outputs.iter().flat_map(|tensor| tensor.columns.iter().map(move |column| (tensor, column)));
    let adds = adds.map(|(tensor, column)| Column::new(added(prefix, column), tensor.ty.clone(), span));
    check.gives(adds.collect());
    let row_bytes = card.inputs.iter().map(|tensor| (width(tensor) * tensor.ty.width()) as u64).sum();
    check.answer.memory.push(MemoryTerm { bytes: row_bytes * MAX_ROWS as u64, each: "lane".into() });
    let what = format!("columns into the tensors of {}", card.label());
    check.answer.copies.push(CopyTerm { what, bytes_per_record: row_bytes });
    check.answer.models.push(card.label());
}

/// The name of an output column of the card in the records.
pub fn added(prefix: Option<&str>, column: &TensorColumn) -> String {
    match prefix {
        Some(prefix) => format!("{prefix}_{}", column.name),
        None => column.name.clone(),
    }
}

/// The column of the records that stands for an input column of the card.
pub fn renamed<'c>(config: &'c Record, column: &'c TensorColumn) -> &'c str {
    let with = config.map("with").iter().find(|entry| entry.key == column.name);
    with.map_or(&column.name, |entry| entry.node.str())
}

fn no_card(name: &str, span: Span, why: NoCard) -> Option<Diagnostic> {
    match why {
        NoCard::Unknown { near } => {
            let message = format!("there is no model `{name}`");
            let error = Diagnostic::error(&code::MODEL_UNKNOWN, span, message);
            Some(match near {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("a model is a card in `configs/models/`, `NAME.yaml`"),
            })
        }
        NoCard::Version { known } => {
            let base = name.split('@').next().unwrap_or(name);
            let message = match name.split_once('@') {
                Some((_, version)) => format!("the model `{base}` has no version `{version}`"),
                None => format!("the model `{base}` has {} versions, and none is named", known.len()),
            };
            let names: Vec<String> = known.iter().map(|label| format!("`{label}`")).collect();
            let help = format!("write {}", names.join(" or "));
            Some(Diagnostic::error(&code::MODEL_VERSION, span, message).help(help))
        }
        // The card's own mistakes were reported where they stand.
        NoCard::Broken => None,
    }
}

/// Why the model is none of rows, tensor by tensor.
fn unfit(card: &Card) -> Vec<String> {
    let mut problems = Vec::new();
    for tensor in card.inputs.iter().chain(&card.outputs) {
        if !matches!(tensor.ty, Ty::F32 | Ty::F64 | Ty::I64) {
            problems.push(format!(
                "the tensor `{}` is of {}, and not of f32, f64 or i64",
                tensor.name, tensor.ty
            ));
        }
        for column in tensor.columns.iter().filter(|column| column.at >= width(tensor)) {
            problems.push(format!(
                "the column `{}` is element {} of the tensor `{}`, whose rows have {}",
                column.name,
                column.at,
                tensor.name,
                width(tensor)
            ));
        }
    }
    problems.extend(card.inputs.iter().filter_map(unfit_input));
    problems.extend(card.outputs.iter().filter_map(unfit_output));
    if card.inputs.is_empty() {
        problems.push("its card has no inputs".into());
    }
    if card.outputs.iter().all(|tensor| tensor.columns.is_empty()) {
        problems.push("its card names no column of an output".into());
    }
    problems
}

fn unfit_input(tensor: &Tensor) -> Option<String> {
    let name = &tensor.name;
    if !matches!(tensor.dims[..], [Dim::Any(_), Dim::Fixed(1..)]) {
        return Some(format!("the input `{name}` is not `[batch, n]` with a fixed n"));
    }
    if let Some(at) = (0..width(tensor)).find(|at| !tensor.columns.iter().any(|column| column.at == *at)) {
        return Some(format!("element {at} of the input `{name}` has no column"));
    }
    let twice =
        |column: &&TensorColumn| tensor.columns.iter().filter(|other| other.at == column.at).count() > 1;
    if let Some(column) = tensor.columns.iter().find(twice) {
        return Some(format!("element {} of the input `{name}` has two columns", column.at));
    }
    let cut = |null: f64| tensor.ty == Ty::I64 && !gather::is_i64(null);
    let column = tensor.columns.iter().find(|column| column.null.is_some_and(cut))?;
    Some(format!(
        "`null` of the column `{}` is no whole number, and the input `{name}` is of i64",
        column.name
    ))
}

fn unfit_output(tensor: &Tensor) -> Option<String> {
    let rows = matches!(tensor.dims[..], [Dim::Any(_)] | [Dim::Any(_), Dim::Fixed(1..)]);
    (!rows && !tensor.columns.is_empty())
        .then(|| format!("the output `{}` is neither `[batch]` nor `[batch, m]` with a fixed m", tensor.name))
}

/// The columns of main that the model reads, with a diagnostic for each that is not as it has to be.
fn resolve(check: &mut Check<'_>, card: &Card, model: &str, span: Span) -> Vec<String> {
    let main = check.main();
    let inputs =
        || card.inputs.iter().flat_map(|tensor| tensor.columns.iter().map(move |column| (tensor, column)));
    check_renames(check, &main, model, inputs().map(|(_, column)| column.name.as_str()).collect());
    let (mut columns, mut missing) = (Vec::new(), Vec::new());
    for (tensor, wanted) in inputs() {
        let name = renamed(check.config, wanted);
        match main.get(name) {
            Some(column) => {
                check.report.diagnostics.extend(misfit(column, tensor, wanted, model, span));
                columns.push(name.to_string());
            }
            // A rename to no column was reported at its own place.
            None if main.open || name != wanted.name => {}
            None => missing.push(wanted),
        }
    }
    check.report.diagnostics.extend(lacking(&missing, &main, model, span));
    columns
}

fn check_renames(check: &mut Check<'_>, main: &Schema, model: &str, known: Vec<&str>) {
    for entry in check.config.map("with") {
        if !known.contains(&entry.key.as_str()) {
            let message = format!("the model `{model}` has no input column `{}`", entry.key);
            let error = Diagnostic::error(&code::MODEL_RENAME, entry.key_span, message);
            check.report.push(error.meant(&entry.key, known.iter().copied()));
        }
        let column = entry.node.str();
        if main.get(column).is_none() && !main.open {
            let message = format!("there is no column `{column}` for the model's `{}`", entry.key);
            let error = Diagnostic::error(&code::MODEL_COLUMN, entry.node.span, message);
            check.report.push(error.meant(column, main.names()));
        }
    }
}

/// One diagnostic for all columns that are not there.
fn lacking(missing: &[&TensorColumn], main: &Schema, model: &str, span: Span) -> Option<Diagnostic> {
    let first = missing.first()?;
    let names: Vec<String> = missing.iter().map(|column| format!("`{}`", column.name)).collect();
    let message = match &names[..] {
        [name] => format!("the model `{model}` reads the column {name}, which the input does not have"),
        _ => format!("the model `{model}` reads columns that the input does not have: {}", names.join(", ")),
    };
    // Where many are missing, the stage that makes them is, and no single rename mends that.
    let near = match missing {
        [column] => nearest(&column.name, main.names()).map(|near| (&column.name, near)),
        _ => None,
    };
    let help = match near {
        Some((name, near)) => format!("did you mean `{near}`? then write `with: {{ {name}: {near} }}`"),
        None => {
            format!("make them upstream, or name what stands for them: `with: {{ {}: COLUMN }}`", first.name)
        }
    };
    Some(
        Diagnostic::error(&code::MODEL_COLUMN, span, message)
            .also(first.span, "the card asks for it here")
            .help(help),
    )
}

/// What keeps a column from being an element of the tensor.
fn misfit(
    column: &Column,
    tensor: &Tensor,
    wanted: &TensorColumn,
    model: &str,
    span: Span,
) -> Option<Diagnostic> {
    let (name, ty) = (&column.name, &column.ty);
    if *ty.inner() == Ty::Unknown {
        return None;
    }
    if Number::of(ty.inner()).is_none_or(|number| !number.fits(&tensor.ty)) {
        let message = format!("the column `{name}` is {ty}, which has no place in a tensor of {}", tensor.ty);
        let help = match tensor.ty {
            Ty::I64 => "make an integer of it in a `set` stage before, such as `int(x)`",
            _ => "make a number of it in a `set` stage before",
        };
        let error = Diagnostic::error(&code::MODEL_COLUMN_TYPE, span, message);
        return Some(error.also(column.span, "declared here").also(wanted.span, "asked for here").help(help));
    }
    if ty.is_optional() && wanted.null.is_none() {
        let card_name = &wanted.name;
        let message =
            format!("the column `{name}` may be null, and the card of `{model}` says nothing about null");
        let help = format!(
            "say on the card what the model was trained with, `{{ name: {card_name}, null: 0 }}`, or give the value \
             before: `set: {{ {name}_or_0: \"= coalesce({name}, 0)\" }}` with `with: {{ {card_name}: {name}_or_0 }}`"
        );
        let error = Diagnostic::error(&code::MODEL_NULL, span, message);
        return Some(error.also(column.span, "declared here").also(wanted.span, "asked for here").help(help));
    }
    None
}
