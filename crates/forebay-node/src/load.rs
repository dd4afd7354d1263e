//! From paths to checked pipelines, the same way for every verb: read the file with what counts from outside, resolve
//! it, and lay it out where a plan is wanted. Every mistake of every file is in one report.

use forebay_plan::{Known, Plan};
use forebay_spec::{Configs, Loader as _};
use forebay_stage::Registry;
use forebay_types::{Diagnostic, Files, Report, Span, code};

use crate::disk::Disk;
use crate::models::Models;

/// What the command line says about all pipelines.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    pub spec: forebay_spec::Options,
    /// In place of the nearest `configs/` above each file.
    pub configs: Option<String>,
}

/// How far to go.
#[derive(Clone, Debug)]
pub enum Goal {
    /// What is wrong with the files by themselves; files of `configs/` may be among them.
    Check,
    /// A plan for this machine.
    Plan(forebay_plan::Options),
}

/// What came of it.
#[derive(Debug)]
pub struct Loaded {
    /// The texts that diagnostics point into.
    pub files: Files,
    pub report: Report,
    /// In the order in which they were named; files of `configs/` are left out.
    pub pipelines: Vec<PipelineFile>,
    configs: Vec<Configs>,
}

#[derive(Debug)]
pub struct PipelineFile {
    /// As it was named to us.
    pub path: String,
    /// `None` where there is no pipeline at all in the file.
    pub spec: Option<forebay_spec::Loaded>,
    /// `None` where none was wanted or the pipeline has errors.
    pub plan: Option<Plan>,
    configs: usize,
}

impl Loaded {
    /// The files in `configs/` that count for a pipeline.
    pub fn configs(&self, file: &PipelineFile) -> &Configs {
        &self.configs[file.configs]
    }
}

/// Says that a folder which `--configs` names is not there. Without this it would count as an empty one.
fn no_folder(files: &mut Files, folder: &str) -> Diagnostic {
    let file = files.add("--configs", folder);
    let span = Span { file, start: 0, end: folder.len() as u32 };
    Diagnostic::error(&code::UNREADABLE, span, format!("`{folder}` is no folder"))
        .help("name the folder that holds models/, connections/, env/ and pops/")
}

/// Reads pipeline files.
pub fn load(registry: &Registry, paths: &[String], options: &LoadOptions, goal: &Goal) -> Loaded {
    let mut loading = Loading {
        registry,
        options,
        goal,
        folders: Vec::new(),
        loaded: Loaded {
            files: Files::default(),
            report: Report::default(),
            pipelines: Vec::new(),
            configs: Vec::new(),
        },
    };
    if let Some(folder) = options.configs.as_deref().filter(|folder| !Disk.is_folder(folder)) {
        let diagnostic = no_folder(&mut loading.loaded.files, folder);
        loading.loaded.report.push(diagnostic);
    }
    for path in paths {
        loading.file(path);
    }
    loading.loaded
}

/// The files in `configs/` alone: those that count in the working directory, or in a folder that is named.
pub fn load_configs(folder: Option<&str>) -> (Configs, Files, Report) {
    let (mut files, mut report) = (Files::default(), Report::default());
    let folder = folder.map(str::to_string).or_else(|| forebay_spec::configs_folder(&Disk, "here.yaml"));
    let configs = match folder {
        Some(folder) if !Disk.is_folder(&folder) => {
            report.push(no_folder(&mut files, &folder));
            Configs::default()
        }
        Some(folder) => Configs::read(&mut files, &Disk, &folder, &mut report),
        None => Configs::default(),
    };
    report.sort();
    (configs, files, report)
}

struct Loading<'a> {
    registry: &'a Registry,
    options: &'a LoadOptions,
    goal: &'a Goal,
    /// Folders that were read, in step with `loaded.configs`.
    folders: Vec<Option<String>>,
    loaded: Loaded,
}

impl Loading<'_> {
    fn file(&mut self, path: &str) {
        if matches!(self.goal, Goal::Check) && is_config(path) {
            return self.config(path);
        }
        let configs = self.configs(path);
        // Each file has a report of its own while it is checked: the mistakes of one do not keep the next from its plan.
        let mut report = Report::default();
        let kinds = self.registry.kinds();
        let Loaded { files, configs: known, .. } = &mut self.loaded;
        let known = &known[configs];
        let options = &self.options.spec;
        let spec = forebay_spec::read_pipeline(files, &Disk, path, &kinds, known, options, &mut report);
        let plan = spec.as_ref().and_then(|spec| {
            if matches!(self.goal, Goal::Check) {
                report.diagnostics.extend(spec.test_mistakes.iter().cloned());
            }
            let resolved =
                forebay_plan::resolve(&spec.pipeline, &Known { models: known, files }, &mut report);
            match self.goal {
                Goal::Check => {
                    forebay_plan::check_tests(&resolved, &mut report);
                    None
                }
                Goal::Plan(options) => {
                    let models = Models::sizes(known);
                    forebay_plan::plan(
                        resolved,
                        &forebay_plan::Options { models, ..options.clone() },
                        &mut report,
                    )
                }
            }
        });
        report.sort();
        self.loaded.report.diagnostics.append(&mut report.diagnostics);
        self.loaded.pipelines.push(PipelineFile { path: path.to_string(), spec, plan, configs });
    }

    /// Reads the folder that counts for a file, once.
    fn configs(&mut self, path: &str) -> usize {
        let named = self.options.configs.clone();
        let folder = named.or_else(|| forebay_spec::configs_folder(&Disk, path));
        if let Some(at) = self.folders.iter().position(|known| *known == folder) {
            return at;
        }
        let mut report = Report::default();
        let configs = match &folder {
            Some(folder) => Configs::read(&mut self.loaded.files, &Disk, folder, &mut report),
            None => Configs::default(),
        };
        report.sort();
        self.loaded.report.diagnostics.append(&mut report.diagnostics);
        self.folders.push(folder);
        self.loaded.configs.push(configs);
        self.folders.len() - 1
    }

    /// A file of `configs/`: with its whole folder where it lies in one, else by itself.
    fn config(&mut self, path: &str) {
        let above = Disk.folders_above(path);
        if let Some(folder) = above.get(1).filter(|folder| folder.rsplit('/').next() == Some("configs"))
            && self.options.configs.as_ref().is_none_or(|named| named == folder)
        {
            self.configs(path);
            return;
        }
        let mut report = Report::default();
        forebay_spec::check_config(&mut self.loaded.files, &Disk, path, &mut report);
        report.sort();
        self.loaded.report.diagnostics.append(&mut report.diagnostics);
    }
}

/// Whether a file says that it is one of `configs/`. Its `kind` stands at the beginning of a line; what is written in
/// another way is read as a pipeline, and that reader says what is wrong.
fn is_config(path: &str) -> bool {
    let kind = |line: &str| {
        let kind =
            line.strip_prefix("kind:")?.split('#').next()?.trim().trim_matches(['"', '\'']).to_string();
        Some(["Model", "Connection", "Environment", "PoP"].contains(&kind.as_str()))
    };
    Disk.read(path).is_ok_and(|text| text.lines().find_map(kind).unwrap_or(false))
}
