//! What the configuration means, given the columns: read once for the check and once more to make the stage.

use forebay_stage::expr::{Names, Typed, compile};
use forebay_stage::types::kind::Scope;
use forebay_stage::types::value::Entry;
use forebay_stage::types::{Column, Diagnostic, Record, Report, Schema, Span, Ty, code};

use super::RULE;
use crate::value::{self, Given};

/// Rules, as far as they were right.
pub struct Spec {
    /// Every rule counts, not only the first.
    pub all: bool,
    pub rules: Vec<Rule>,
    pub columns: Vec<RuleColumn>,
}

pub struct Rule {
    pub name: String,
    /// `None` where it is in error.
    pub when: Option<Typed>,
}

/// A column that some branch sets.
pub struct RuleColumn {
    pub name: String,
    pub ty: Ty,
    pub span: Span,
    /// What each branch sets; `None` where it leaves the column unset. The last one is `else`.
    pub branches: Vec<Option<Given>>,
}

impl Spec {
    /// What the stage adds.
    pub fn columns(&self, span: Span) -> Vec<Column> {
        let rule = if self.all { Ty::List(Box::new(Ty::String)) } else { Ty::String };
        let columns =
            self.columns.iter().map(|column| Column::new(&column.name, column.ty.clone(), column.span));
        columns.chain([Column::new(RULE, rule.optional(), span)]).collect()
    }

    /// The columns that are read.
    pub fn reads(&self) -> impl Iterator<Item = &String> {
        let conditions = self.rules.iter().filter_map(|rule| rule.when.as_ref());
        let values =
            self.columns.iter().flat_map(|column| &column.branches).filter_map(|given| match given {
                Some(Given::Expr(typed)) => Some(typed),
                _ => None,
            });
        conditions.chain(values).flat_map(|typed| typed.columns())
    }
}

/// Reads a configuration and reports what is wrong with it.
pub struct Reading<'a> {
    pub config: &'a Record,
    pub main: &'a Schema,
    pub scope: &'a Scope,
    pub span: Span,
    pub report: &'a mut Report,
}

impl Reading<'_> {
    pub fn read(&mut self) -> Spec {
        let (first, all) = (self.config.list("first"), self.config.list("all"));
        let problem = match (first.is_empty(), all.is_empty()) {
            (false, false) => Some((self.config.span("all"), "`first` and `all` stand here together")),
            (true, true) => Some((self.span, "there is no rule")),
            _ => None,
        };
        if let Some((span, message)) = problem {
            let help = "write first: [...] for the first rule that matches, or all: [...] for every one";
            self.report.push(Diagnostic::error(&code::RULES_FORM, span, message).help(help));
        }
        let written = if first.is_empty() { all } else { first };
        let written: Vec<&Record> = written.iter().filter_map(|node| node.record()).collect();
        let rules = written.iter().map(|rule| self.rule(rule)).collect();
        self.names(&written);
        let mut branches: Vec<&[Entry]> = written.iter().map(|rule| rule.map("set")).collect();
        branches.push(self.config.map("else"));
        Spec { all: first.is_empty(), rules, columns: self.columns(&branches) }
    }

    fn rule(&mut self, rule: &Record) -> Rule {
        let when = rule.get("when").and_then(|node| {
            let names = Names { columns: self.main, scope: self.scope };
            compile(node.text()?, node.span, &names, Some(&Ty::Bool), self.report)
        });
        Rule { name: rule.text("name").unwrap_or_default().to_string(), when }
    }

    fn names(&mut self, rules: &[&Record]) {
        for (at, rule) in rules.iter().enumerate() {
            let same = rules[..at].iter().find(|other| other.text("name") == rule.text("name"));
            if let Some(other) = same {
                let message = format!("a rule `{}` is there already", rule.text("name").unwrap_or_default());
                let diagnostic = Diagnostic::error(&code::RULE_NAME, rule.span("name"), message);
                self.report.push(
                    diagnostic.also(other.span("name"), "first here").help("give each rule its own name"),
                );
            }
        }
    }

    fn columns(&mut self, branches: &[&[Entry]]) -> Vec<RuleColumn> {
        let mut columns: Vec<RuleColumn> = Vec::new();
        for entry in branches.iter().copied().flatten() {
            if columns.iter().any(|column| column.name == entry.key) {
                continue;
            }
            if entry.key == RULE {
                let help = "choose another name: `rule` is the name of the rule that matched";
                let message = "`rules` adds the column `rule` by itself";
                self.report.push(Diagnostic::error(&code::RULE_COLUMN, entry.key_span, message).help(help));
                continue;
            }
            let of = |branch: &&'_ [Entry]| branch.iter().position(|other| other.key == entry.key);
            let values: Vec<Option<&Entry>> =
                branches.iter().map(|branch| of(branch).map(|at| &branch[at])).collect();
            columns.push(self.column(entry, &values));
        }
        columns
    }

    /// One type has to do for all branches: the first one among theirs that does.
    fn column(&mut self, first: &Entry, values: &[Option<&Entry>]) -> RuleColumn {
        let names = Names { columns: self.main, scope: self.scope };
        let mut read = |entry: &Entry| value::read(&entry.node, &names, None, self.report);
        let own: Vec<Option<(Ty, Given)>> = values.iter().map(|entry| entry.and_then(&mut read)).collect();
        let types: Vec<Ty> = own.iter().flatten().map(|(ty, _)| ty.clone()).collect();
        let is_wrong = types.len() < values.iter().flatten().count() || types.contains(&Ty::Unknown);
        let fitting = types
            .iter()
            .find_map(|ty| self.all_as(ty.inner(), values).map(|given| (ty.inner().clone(), given)));
        let (ty, branches) = match fitting {
            _ if is_wrong => (Ty::Unknown, Vec::new()),
            Some((ty @ (Ty::List(_) | Ty::Struct(_) | Ty::Zones), _)) => {
                self.types_error(first, &format!("is {ty}"), "rules set numbers, texts, bools and times");
                (Ty::Unknown, Vec::new())
            }
            Some(found) => found,
            None => {
                // Where the first branch of another type stands; all have one, or there would be an error already.
                let entries = || values.iter().copied().flatten();
                let odd = types.iter().position(|ty| ty.inner() != types[0].inner()).unwrap_or(0);
                let (ty, odd) = (&types[odd], entries().nth(odd).unwrap_or(first));
                let what = format!("is {} before and {} here", types[0].inner(), ty.inner());
                self.types_error(odd, &what, "give every branch a value of one type, such as 1.0 beside 0.5");
                (Ty::Unknown, Vec::new())
            }
        };
        let nullable = types.iter().any(Ty::is_optional) || values.contains(&None);
        let ty = if nullable { ty.optional() } else { ty };
        RuleColumn { name: first.key.clone(), ty, span: first.key_span, branches }
    }

    fn types_error(&mut self, first: &Entry, what: &str, help: &str) {
        let message = format!("the column `{}` {what}", first.key);
        self.report.push(Diagnostic::error(&code::RULE_TYPES, first.key_span, message).help(help));
    }

    /// The values of all branches in this type, if every one has it.
    fn all_as(&self, ty: &Ty, values: &[Option<&Entry>]) -> Option<Vec<Option<Given>>> {
        let names = Names { columns: self.main, scope: self.scope };
        let wanted = ty.clone().optional();
        let mut branches = Vec::new();
        for entry in values {
            let Some(entry) = entry else {
                branches.push(None);
                continue;
            };
            let (found, given) = value::read(&entry.node, &names, Some(&wanted), &mut Report::default())?;
            if found.inner() != ty {
                return None;
            }
            branches.push(Some(given));
        }
        Some(branches)
    }
}
