//! Holds a model's file to its card: pipelines are checked against the card alone, so whatever the card says of
//! tensors has to be true of the file.

use ort::value::{Outlet, TensorElementType, ValueType};

use forebay_stage::ModelFile;
use forebay_stage::types::card::{Dim, Tensor};

use crate::Error;

/// A tensor as the file has it.
#[derive(Debug)]
struct Found {
    name: String,
    /// The element type in our words, or what else it is.
    element: String,
    /// `None` where any size is allowed.
    dims: Vec<Option<u64>>,
}

/// Every difference in one error. An output of the file that the card does not mention is none: nobody will read it.
pub fn check(file: &ModelFile, session: &ort::session::Session) -> Result<(), Error> {
    let found = |outlets: &[Outlet]| outlets.iter().map(Found::of).collect::<Vec<_>>();
    let (inputs, outputs) = (found(session.inputs()), found(session.outputs()));
    let mut differences = compare("input", &file.card.inputs, &inputs);
    for extra in
        inputs.iter().filter(|found| !file.card.inputs.iter().any(|tensor| tensor.name == found.name))
    {
        differences.push(format!(
            "the file has the input `{}` ({}), and the card has none",
            extra.name,
            extra.text()
        ));
    }
    differences.extend(compare("output", &file.card.outputs, &outputs));
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::Differs { model: file.card.label(), path: file.path.clone(), differences })
}

fn compare(side: &str, card: &[Tensor], file: &[Found]) -> Vec<String> {
    let mut differences = Vec::new();
    for tensor in card {
        let (name, says) = (&tensor.name, text(&tensor.ty.to_string(), &card_dims(tensor)));
        match file.iter().find(|found| found.name == *name) {
            None => {
                let names: Vec<String> = file.iter().map(|found| format!("`{}`", found.name)).collect();
                let names = names.join(", ");
                differences
                    .push(format!("the card has the {side} `{name}` ({says}), and the file has {names}"));
            }
            Some(found) if found.fits(tensor) => {}
            Some(found) => differences
                .push(format!("the {side} `{name}` is {says} on the card and {} in the file", found.text())),
        }
    }
    differences
}

impl Found {
    fn of(outlet: &Outlet) -> Found {
        let name = outlet.name().to_string();
        match outlet.dtype() {
            ValueType::Tensor { ty, shape, .. } => Found {
                name,
                element: element(*ty),
                dims: shape.iter().map(|dim| u64::try_from(*dim).ok()).collect(),
            },
            other => Found { name, element: other.to_string(), dims: Vec::new() },
        }
    }

    /// A size that the file leaves open may be fixed by the card, not the other way.
    fn fits(&self, tensor: &Tensor) -> bool {
        let fits = |(wanted, found): (Option<u64>, &Option<u64>)| found.is_none() || wanted == *found;
        self.element == tensor.ty.to_string()
            && self.dims.len() == tensor.dims.len()
            && card_dims(tensor).into_iter().zip(&self.dims).all(fits)
    }

    fn text(&self) -> String {
        text(&self.element, &self.dims)
    }
}

fn card_dims(tensor: &Tensor) -> Vec<Option<u64>> {
    let size = |dim: &Dim| match dim {
        Dim::Any(_) => None,
        Dim::Fixed(size) => Some(*size),
    };
    tensor.dims.iter().map(size).collect()
}

/// `f32 [any, 15]`.
fn text(element: &str, dims: &[Option<u64>]) -> String {
    let dims: Vec<String> =
        dims.iter().map(|dim| dim.map_or("any".into(), |size| size.to_string())).collect();
    format!("{element} [{}]", dims.join(", "))
}

/// The name of an element type as a card writes it, ONNX Runtime's own where a card has none.
fn element(ty: TensorElementType) -> String {
    let ours = match ty {
        TensorElementType::Float32 => "f32",
        TensorElementType::Float64 => "f64",
        TensorElementType::Int8 => "i8",
        TensorElementType::Int16 => "i16",
        TensorElementType::Int32 => "i32",
        TensorElementType::Int64 => "i64",
        TensorElementType::Uint8 => "u8",
        TensorElementType::Uint16 => "u16",
        TensorElementType::Uint32 => "u32",
        TensorElementType::Uint64 => "u64",
        TensorElementType::Bool => "bool",
        TensorElementType::String => "string",
        other => return other.to_string(),
    };
    ours.to_string()
}
