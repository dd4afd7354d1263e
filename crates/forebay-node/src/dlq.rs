//! Dead letters of a pipeline, looked at from outside: where its file lets them go, what is there, and what of it is sent back to where
//! it came from. The pipeline need not run, and is not disturbed where it does.
//!
//! What holds: a letter is sent back once, unless somebody asks for more. How far that is stands in the cluster, as offsets of the
//! group `NAMESPACE.NAME.dlq`, so that it does not matter who replays from where.

mod letter;
mod marks;
mod replay;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use forebay_kafka::letters::Topic;
use forebay_plan::plan::PlanNode;
use forebay_types::code;

use crate::connections::Known;
use crate::{Error, Loaded, PipelineFile};

pub use letter::{Filter, Letter};
pub use replay::{How, Replayed, Sent};

/// Where a pipeline's rejected records go.
pub struct DeadLetters<'a> {
    pipeline: &'a str,
    known: Known<'a>,
    /// The pipeline's sources.
    sources: BTreeMap<&'a str, &'a PlanNode>,
    place: Place,
}

enum Place {
    Topic(Box<Topic>),
    Files { path: String, is_numbered: bool },
}

impl<'a> DeadLetters<'a> {
    /// Of a file that has a plan.
    pub fn find(loaded: &'a Loaded, file: &'a PipelineFile) -> Result<DeadLetters<'a>, Error> {
        let plan = file.plan.as_ref().expect("only pipelines with a plan have dead letters");
        let sinks = || {
            let dead = |node: &&PlanNode| node.sink.as_ref().is_some_and(|sink| sink.dead_letters);
            plan.nodes.iter().filter(dead)
        };
        let known = Known { spec: file.spec.as_ref(), configs: loaded.configs(file) };
        let place = if let Some(sink) = sinks().find(|node| node.kind.name == "kafka") {
            let text = |name: &str| sink.config.text(name).unwrap_or_default();
            let group = format!("{}.dlq", plan.name.replace('/', "."));
            let topic = Topic::open(&known, text("connection"), text("topic"), &group);
            let topic = topic.map_err(|fault| Error::of(&plan.name, Some(&sink.name), &fault))?;
            Place::Topic(Box::new(topic))
        } else if let Some((sink, path)) = sinks().find_map(|node| {
            let path = node.config.text("path").filter(|path| node.kind.name == "file" && *path != "-")?;
            Some((node, path))
        }) {
            let size = |rotate: &str| forebay_types::unit::parse_size(rotate).is_ok();
            Place::Files { path: path.into(), is_numbered: sink.config.text("rotate").is_some_and(size) }
        } else {
            let message = "no sink of it writes `rejected` to a topic or to files";
            return Err(Error::new(&code::NO_LETTERS, message).in_pipeline(&plan.name));
        };
        let sources = plan.nodes.iter().filter(|node| node.source.is_some());
        let sources = sources.map(|node| (node.name.as_str(), node)).collect();
        Ok(DeadLetters { pipeline: &plan.name, known, sources, place })
    }

    /// The topic or files, for messages.
    pub fn shown(&self) -> String {
        match &self.place {
            Place::Topic(topic) => topic.shown(),
            Place::Files { path, .. } => format!("`{path}`"),
        }
    }

    /// Reads all letters that match; says how many things lie there that are none.
    pub fn read(&self, filter: &Filter, mut each: impl FnMut(Letter)) -> Result<u64, Error> {
        let mut unreadable = 0;
        let mut take = |letter: Option<Letter>| match letter {
            Some(letter) if filter.takes(&letter) => each(self.cover(letter)),
            Some(_) => {}
            None => unreadable += 1,
        };
        match &self.place {
            Place::Topic(topic) => {
                let read = topic.read(&BTreeMap::new(), |post| {
                    take(Letter::of_post(topic.name(), post));
                    Ok(())
                });
                read.map_err(|fault| Error::of(self.pipeline, None, &fault))?;
            }
            Place::Files { path, is_numbered } => {
                for file in forebay_file::letters::written(path, *is_numbered) {
                    let name = file.display().to_string();
                    let broken = |error: std::io::Error| {
                        Error::new(&code::FILE_UNREADABLE, format!("`{name}`: {error}"))
                            .in_pipeline(self.pipeline)
                    };
                    let text = forebay_file::letters::open(&file).map_err(broken)?;
                    for (line, text) in BufReader::new(text).split(b'\n').enumerate() {
                        take(Letter::of_line(&name, line + 1, &text.map_err(broken)?));
                    }
                }
            }
        }
        Ok(unreadable)
    }

    /// Takes out what nobody may see: of a source with sensitive columns, the original bytes and the key.
    fn cover(&self, mut letter: Letter) -> Letter {
        let source = self.sources.get(letter.source.as_str()).and_then(|node| node.source.as_ref());
        // Nobody knows what there is in what a source gave that is not in the file any more.
        let hides = source.is_none_or(|source| source.declared.iter().any(|column| column.sensitive));
        letter.is_covered = hides && (letter.bytes.is_some() || letter.key.is_some());
        if hides {
            (letter.bytes, letter.key) = (None, None);
        }
        letter
    }
}
