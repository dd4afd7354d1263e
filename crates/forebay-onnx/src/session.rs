//! A model that is ready to run: the safe level above ONNX Runtime. It takes rows as slices and gives slices back;
//! names, types and shapes were held to the card when it was opened.
//!
//! A session runs on one thread, its caller's, and belongs to one lane.

mod contract;

use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::session::{HasSelectedOutputs, OutputSelector, RunOptions, SessionInputValue, SessionOutputs};
use ort::value::{PrimitiveTensorElementType, TensorRef};
use smallvec::SmallVec;

use forebay_stage::ModelFile;
use forebay_stage::types::Ty;
use forebay_stage::types::card::{Dim, Tensor};

use crate::{Error, runtime};

/// Rows of a tensor, one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Values<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
    I64(&'a [i64]),
}

pub struct Session {
    inner: ort::session::Session,
    options: RunOptions<HasSelectedOutputs>,
    file: ModelFile,
    /// For each input of the file, in the file's order, its tensor on the card.
    inputs: Vec<usize>,
    /// The wanted outputs, as tensors of the card.
    outputs: Vec<usize>,
}

/// What a model answered, for the outputs that were asked for.
pub struct Answers<'s> {
    outputs: SmallVec<[SessionOutput<'s>; 4]>,
    held: SessionOutputs<'s>,
}

type SessionOutput<'s> = (&'s Tensor, usize);

impl Session {
    /// Opens a model and holds it to its card. `outputs` are the card's output tensors that will be read, by
    /// position; the others are not asked for.
    pub fn open(file: &ModelFile, outputs: &[usize]) -> Result<Session, Error> {
        let failed = |e: ort::Error| failed(file, &e);
        let inner = builder()?.commit_from_file(&file.path).map_err(failed)?;
        contract::check(file, &inner)?;
        let position = |name: &str| file.card.inputs.iter().position(|tensor| tensor.name == name);
        let inputs = inner.inputs().iter().map(|input| position(input.name()).expect("as the contract says"));
        let inputs = inputs.collect();
        let names = outputs.iter().map(|output| &file.card.outputs[*output].name);
        let wanted = names.fold(OutputSelector::no_default(), |wanted, name| wanted.with(name));
        let options = RunOptions::new().map_err(failed)?.with_outputs(wanted);
        Ok(Session { inner, options, file: file.clone(), inputs, outputs: outputs.to_vec() })
    }

    /// Runs the model over `rows` rows. `inputs` are in the order of the card.
    pub fn run(&mut self, rows: usize, inputs: &[Values<'_>]) -> Result<Answers<'_>, Error> {
        let card = &self.file.card;
        let tensor = |at: &usize| tensor(rows, &card.inputs[*at], inputs[*at]);
        let tensors: ort::Result<SmallVec<[SessionInputValue<'_>; 4]>> =
            self.inputs.iter().map(tensor).collect();
        let tensors = tensors.map_err(|e| failed(&self.file, &e))?;
        let held =
            self.inner.run_with_options(&tensors[..], &self.options).map_err(|e| failed(&self.file, &e))?;
        let outputs = self.outputs.iter().map(|at| (&card.outputs[*at], rows * width(&card.outputs[*at])));
        let answers = Answers { outputs: outputs.collect(), held };
        answers.whole().map_err(|why| Error::Failed {
            model: card.label(),
            path: self.file.path.clone(),
            why,
        })?;
        Ok(answers)
    }
}

impl Answers<'_> {
    /// The values of the wanted output at a position in what was asked for.
    pub fn get(&self, output: usize) -> Values<'_> {
        match self.outputs[output].0.ty {
            Ty::F64 => Values::F64(self.extract(output).unwrap_or_default()),
            Ty::I64 => Values::I64(self.extract(output).unwrap_or_default()),
            _ => Values::F32(self.extract(output).unwrap_or_default()),
        }
    }

    /// Whether every output has the type and the number of values that the card promises. A file may say less of its
    /// shapes than it should, so this is seen only now.
    fn whole(&self) -> Result<(), String> {
        for (at, (tensor, count)) in self.outputs.iter().enumerate() {
            let found = match tensor.ty {
                Ty::F64 => self.extract::<f64>(at).map(<[f64]>::len),
                Ty::I64 => self.extract::<i64>(at).map(<[i64]>::len),
                _ => self.extract::<f32>(at).map(<[f32]>::len),
            };
            if found != Some(*count) {
                let (name, shape) = (&tensor.name, self.held[at].dtype());
                return Err(format!(
                    "its output `{name}` came as {shape}, where {count} values of {} were due",
                    tensor.ty
                ));
            }
        }
        Ok(())
    }

    fn extract<T: PrimitiveTensorElementType>(&self, output: usize) -> Option<&[T]> {
        self.held[output].try_extract_tensor().ok().map(|(_, values)| values)
    }
}

impl Values<'_> {
    /// The element type of the tensor.
    pub fn ty(&self) -> Ty {
        match self {
            Values::F32(_) => Ty::F32,
            Values::F64(_) => Ty::F64,
            Values::I64(_) => Ty::I64,
        }
    }
}

/// The number of values of a row.
pub fn width(tensor: &Tensor) -> usize {
    let fixed = |dim: &Dim| match dim {
        Dim::Any(_) => 1,
        Dim::Fixed(size) => *size as usize,
    };
    tensor.dims.iter().skip(1).map(fixed).product()
}

/// The caller's values as a tensor, where they lie.
fn tensor<'v>(rows: usize, tensor: &Tensor, values: Values<'v>) -> ort::Result<SessionInputValue<'v>> {
    let shape = [rows, width(tensor)];
    Ok(match values {
        Values::F32(values) => TensorRef::from_array_view((shape, values))?.into(),
        Values::F64(values) => TensorRef::from_array_view((shape, values))?.into(),
        Values::I64(values) => TensorRef::from_array_view((shape, values))?.into(),
    })
}

fn builder() -> Result<SessionBuilder, Error> {
    let configured = |environment| -> ort::Result<SessionBuilder> {
        Ok(ort::session::Session::builder(&environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            // The caller's thread does all the work: lanes share the machine, the library does not.
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            // A pattern is planned for one shape, and the number of rows changes from call to call.
            .with_memory_pattern(false)?
            .with_log_level(LogLevel::Error)?)
    };
    configured(runtime::environment()?)
        .map_err(|e| Error::Runtime { why: format!("ONNX Runtime gives no session: {e}") })
}

fn failed(file: &ModelFile, error: &ort::Error) -> Error {
    Error::Failed { model: file.card.label(), path: file.path.clone(), why: error.to_string() }
}
