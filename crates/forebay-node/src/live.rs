//! What `forebay validate --live` finds out beside what the files say: whether clusters, models and lists that pipelines name are
//! there and can be used. Clusters are asked beside each other; each has a limit, so that the whole has one too.

use std::time::Duration;

use forebay_kafka::live::{Cluster, Found, Way, Wish};
use forebay_plan::plan::ListPlan;
use forebay_spec::pipeline::{Body, Pipeline};
use forebay_stage::{Fault, FaultKind};
use forebay_types::kind::Role;
use forebay_types::shape::{Names, Shape};
use forebay_types::unit::number_of;
use forebay_types::{Diagnostic, Report, Span};

use crate::connections::Known;
use crate::lists::Lists;
use crate::models::Models;
use crate::{Away, Error, Loaded, PipelineFile};

/// A cluster has said what it says within this time, or is away.
const ASK_WITHIN: Duration = Duration::from_secs(10);

/// What was found out.
#[derive(Debug, Default)]
pub struct Live {
    /// What is in the way, each at its place in a pipeline file.
    pub report: Report,
    /// Something that is needed is not there; everything else in the report is wrong.
    pub is_away: bool,
    pub is_wrong: bool,
    /// What is there.
    pub found: Vec<Needed>,
}

/// Something that is there and can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    pub pipeline: String,
    /// The node that it is for; empty for what several use.
    pub node: String,
    pub what: String,
    pub is: String,
}

/// Looks for everything that these pipelines need.
pub fn live(loaded: &Loaded) -> Live {
    let mut live = Live::default();
    for file in &loaded.pipelines {
        let Some(spec) = &file.spec else { continue };
        let mut looking = Looking { loaded, file, pipeline: &spec.pipeline, live: &mut live };
        looking.lists();
        looking.models();
        looking.clusters();
    }
    live.report.sort();
    live
}

struct Looking<'a> {
    loaded: &'a Loaded,
    file: &'a PipelineFile,
    pipeline: &'a Pipeline,
    live: &'a mut Live,
}

/// A node with what it wants of a cluster.
struct Client<'a> {
    body: &'a Body,
    wish: Wish,
}

impl Looking<'_> {
    fn name(&self) -> String {
        let metadata = &self.pipeline.metadata;
        format!("{}/{}", metadata.namespace.value, metadata.name.value)
    }

    fn good(&mut self, node: &str, what: String, is: String) {
        let pipeline = self.name();
        self.live.found.push(Needed { pipeline, node: node.into(), what, is });
    }

    fn bad(&mut self, diagnostic: Diagnostic, is_away: bool) {
        self.live.is_away |= is_away;
        self.live.is_wrong |= !is_away;
        self.live.report.push(diagnostic);
    }

    fn error(&mut self, span: Span, error: &Error) {
        self.bad(Diagnostic::error(error.code, span, error.message.clone()), error.away == Away::Yes);
    }

    fn fault(&mut self, span: Span, fault: &Fault, help: Option<String>) {
        let is_away = fault.kind == FaultKind::Away || Error::new(fault.code, "").away == Away::Yes;
        let diagnostic = Diagnostic::error(fault.code, span, fault.message.clone());
        self.bad(Diagnostic { help, ..diagnostic }, is_away);
    }

    fn lists(&mut self) {
        for list in self.pipeline.lists.iter().filter(|list| !list.broken) {
            let plan = ListPlan {
                name: list.name.value.clone(),
                ty: list.ty.clone(),
                file: list.file.value.clone(),
                column: list.column.as_ref().map(|column| column.value.clone()),
                reload_ns: None,
            };
            match Lists::read(&[plan]) {
                Ok(read) => {
                    let members = read.statuses[0].members.load(std::sync::atomic::Ordering::Relaxed);
                    let what = format!("list `{}`", list.name.value);
                    self.good("", what, number_of(members as usize, "value"));
                }
                Err(error) => self.error(list.file.span, &error),
            }
        }
    }

    fn models(&mut self) {
        let configs = self.loaded.configs(self.file);
        let pipeline = self.pipeline;
        let named: Vec<(&Body, Span, &str)> = pipeline.bodies().flat_map(models_of).collect();
        let Some((_, first, _)) = named.first() else { return };
        let models = match Models::new(configs) {
            Ok(models) => models,
            Err(error) => return self.error(*first, &error),
        };
        if let Err(error) = models.runtime() {
            self.error(*first, &error);
        }
        for (body, span, name) in named {
            // A model that has no card is said by what needs no look outside.
            let Ok(model) = models.find(name) else { continue };
            match models.verify(&model) {
                Ok(_) => {
                    let what = format!("model `{}`", model.card.label());
                    self.good(&body.name.value, what, "its file has its digest".into());
                }
                Err(error) => self.error(span, &error),
            }
        }
    }

    fn clusters(&mut self) {
        let group = self.name().replace('/', ".");
        let clients: Vec<Client<'_>> =
            self.pipeline.bodies().filter_map(|body| client(body, &group)).collect();
        let mut names: Vec<&str> = clients.iter().map(Client::connection).collect();
        names.sort_unstable();
        names.dedup();
        let known = Known { spec: self.file.spec.as_ref(), configs: self.loaded.configs(self.file) };
        let mut asked = Vec::new();
        for name in names {
            let of_it: Vec<&Client<'_>> =
                clients.iter().filter(|client| client.connection() == name).collect();
            // What has no file is said by what needs no look outside.
            if known.spec.is_none_or(|spec| spec.connection(known.configs, name).is_none()) {
                continue;
            }
            match Cluster::find(&known, name) {
                Ok(cluster) => asked.push((cluster, of_it)),
                Err(fault) => self.fault(of_it[0].span("connection"), &fault, None),
            }
        }
        for ((cluster, clients), answer) in asked.iter().zip(ask(&asked)) {
            match answer {
                Ok(found) => {
                    clients.iter().zip(found).for_each(|(client, found)| self.found(cluster, client, found))
                }
                Err(fault) => self.fault(clients[0].span("connection"), &fault, None),
            }
        }
    }

    fn found(&mut self, cluster: &Cluster, client: &Client<'_>, found: Found) {
        if let (Some(partitions), true) = (found.partitions, found.problems.is_empty()) {
            let verb = if matches!(client.wish.way, Way::Read { .. }) { "reads" } else { "writes" };
            let what = format!("{verb} topic `{}`, {}", client.wish.topic, cluster.shown());
            self.good(&client.body.name.value, what, number_of(partitions as usize, "partition"));
        } else if found.problems.is_empty() {
            let what = format!("writes topic `{}`, {}", client.wish.topic, cluster.shown());
            self.good(&client.body.name.value, what, "not there, and made at the start".into());
        }
        for problem in found.problems {
            self.fault(client.span(problem.field), &problem.fault, problem.help);
        }
    }
}

/// Asks all of them beside each other.
fn ask(asked: &[(Cluster, Vec<&Client<'_>>)]) -> Vec<Result<Vec<Found>, Fault>> {
    std::thread::scope(|scope| {
        let ask = |(cluster, clients): &(Cluster, Vec<&Client<'_>>)| {
            let wishes: Vec<Wish> = clients.iter().map(|client| client.wish.clone()).collect();
            let cluster = cluster.clone();
            scope.spawn(move || cluster.ask(&wishes, ASK_WITHIN))
        };
        let threads: Vec<_> = asked.iter().map(ask).collect();
        let answers = threads.into_iter().map(|thread| thread.join());
        answers.map(|answer| answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

impl Client<'_> {
    fn connection(&self) -> &str {
        self.body.config.as_ref().and_then(|config| config.text("connection")).unwrap_or_default()
    }

    /// A field, or the whole node where the field was left out.
    fn span(&self, field: &str) -> Span {
        let span = self.body.config.as_ref().map_or(Span::NONE, |config| config.span(field));
        if span.is_none() { self.body.span } else { span }
    }
}

fn client<'a>(body: &'a Body, group: &str) -> Option<Client<'a>> {
    let (kind, config) = (body.kind?, body.config.as_ref()?);
    let is_ours = std::ptr::eq(kind, &forebay_kafka::SOURCE) || std::ptr::eq(kind, &forebay_kafka::SINK);
    if !is_ours {
        return None;
    }
    let topic = config.text("topic")?.to_string();
    let way = match kind.role {
        Role::Source => Way::Read { group: config.text("group").unwrap_or(group).to_string() },
        _ => Way::Write { is_keyed: config.get("key").is_some(), creates: config.get("create").is_some() },
    };
    Some(Client { body, wish: Wish { topic, way } })
}

/// Models that a node names, each with its place.
fn models_of(body: &Body) -> Vec<(&Body, Span, &str)> {
    let (Some(kind), Some(config)) = (body.kind, &body.config) else { return Vec::new() };
    let names = kind.fields.iter().filter(|field| matches!(field.shape, Shape::Ref(Names::Model)));
    names.filter_map(|field| Some((body, config.span(field.name), config.text(field.name)?))).collect()
}
