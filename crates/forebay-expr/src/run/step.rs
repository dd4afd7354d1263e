//! The steps of a program.

use forebay_types::Ty;

use super::calendar::{ZoneCache, calendar};
use super::cast::cast;
use super::compare::{compare, compare_exact};
use super::frame::{Absent, Data, Frame, Reg, RegId, SiteId, SourceId, Val};
use super::logic::{choose, demand, fill, is_null, load, logic, merge, not, null};
use super::member::{is_in, is_in_few, is_member};
use super::nested::{gather, index, size};
use super::number::{abs, arith, negate};
use super::text::{concat, find, text_size};
use crate::scalar::Scalar;
use crate::typed::{Arith, Calendar, Cast, Compare, Find, Form};
use crate::values::Members;

/// What a failing row of arithmetic points at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sites {
    pub overflow: SiteId,
    pub zero: SiteId,
}

pub(crate) enum Step {
    /// One value for all rows.
    Fill(Scalar, Form),
    Null(Form),
    /// A column whose type is narrower than its form.
    Load {
        source: SourceId,
        ty: Ty,
    },
    /// Fields of structs that were chosen row by row.
    Gather {
        of: Data,
        ty: Ty,
    },
    IsNull(Absent),
    Demand {
        absent: Absent,
        prior: Option<RegId>,
        site: SiteId,
    },
    Merge(RegId, RegId),
    Not(Data),
    Logic {
        and: bool,
        sides: [(Data, Option<RegId>); 2],
    },
    Choose {
        form: Form,
        test: Data,
        test_errors: Option<RegId>,
        cases: [Val; 2],
    },
    Compare {
        form: Form,
        compare: Compare,
        sides: [Data; 2],
    },
    /// Numbers of any two types, each times 10 to a power.
    CompareExact {
        compare: Compare,
        sides: [(Data, Form, u8); 2],
    },
    Arith {
        form: Form,
        arith: Arith,
        sides: [Data; 2],
        prior: Option<RegId>,
        sites: Sites,
    },
    Negate {
        form: Form,
        of: Data,
        prior: Option<RegId>,
        site: SiteId,
    },
    Abs {
        form: Form,
        of: Data,
        prior: Option<RegId>,
        site: SiteId,
    },
    Concat {
        sides: [Data; 2],
        prior: Option<RegId>,
        site: SiteId,
    },
    Find {
        find: Find,
        text: Data,
        what: Data,
    },
    TextSize {
        of: Data,
        chars: bool,
    },
    Size(Data),
    Index {
        list: Data,
        at: Data,
        item: Ty,
        prior: Option<RegId>,
        site: SiteId,
    },
    In {
        needle: Data,
        form: Form,
        list: Data,
        item: Ty,
    },
    InFew {
        needle: Data,
        form: Form,
        few: Vec<Scalar>,
    },
    InMembers {
        needle: Data,
        form: Form,
        members: Members,
    },
    InList {
        needle: Data,
        form: Form,
        list: usize,
    },
    Calendar {
        calendar: Calendar,
        zone: ZoneCache,
        of: Data,
    },
    Cast {
        cast: Cast,
        from: Ty,
        of: Data,
        absent: Option<Absent>,
        prior: Option<RegId>,
        site: SiteId,
    },
}

impl Step {
    pub fn run(&mut self, frame: &Frame, out: &mut Reg) {
        match self {
            Step::Fill(value, form) => fill(frame, out, value, *form),
            Step::Null(form) => null(frame, out, *form),
            Step::Load { source, ty } => load(frame, out, *source, ty),
            Step::Gather { of, ty } => gather(frame, out, of, ty),
            Step::IsNull(absent) => is_null(frame, out, *absent),
            Step::Demand { absent, prior, site } => demand(frame, out, *absent, *prior, *site),
            Step::Merge(a, b) => merge(frame, out, *a, *b),
            Step::Not(of) => not(frame, out, of),
            Step::Logic { and, sides } => logic(frame, out, *and, sides),
            Step::Choose { form, test, test_errors, cases } => {
                choose(frame, out, *form, test, *test_errors, cases)
            }
            Step::Compare { form, compare: op, sides: [a, b] } => compare(frame, out, *form, *op, a, b),
            Step::CompareExact { compare, sides: [a, b] } => compare_exact(frame, out, *compare, a, b),
            Step::Arith { form, arith: op, sides: [a, b], prior, sites } => {
                out.errors.begin(frame.errors(*prior));
                arith(frame, out, *form, *op, a, b, *sites);
            }
            Step::Negate { form, of, prior, site } => {
                out.errors.begin(frame.errors(*prior));
                negate(frame, out, *form, of, *site);
            }
            Step::Abs { form, of, prior, site } => {
                out.errors.begin(frame.errors(*prior));
                abs(frame, out, *form, of, *site);
            }
            Step::Concat { sides: [a, b], prior, site } => {
                out.errors.begin(frame.errors(*prior));
                concat(frame, out, a, b, *site);
            }
            Step::Find { find: how, text, what } => find(frame, out, *how, text, what),
            Step::TextSize { of, chars } => text_size(frame, out, of, *chars),
            Step::Size(of) => size(frame, out, of),
            Step::Index { list, at, item, prior, site } => {
                out.errors.begin(frame.errors(*prior));
                index(frame, out, list, at, item, *site);
            }
            Step::In { needle, form, list, item } => is_in(frame, out, needle, *form, list, item),
            Step::InFew { needle, form, few } => is_in_few(frame, out, needle, *form, few),
            Step::InMembers { needle, form, members } => is_member(frame, out, needle, *form, members),
            Step::InList { needle, form, list } => is_member(frame, out, needle, *form, &frame.lists[*list]),
            Step::Calendar { calendar: what, zone, of } => calendar(frame, out, *what, zone, of),
            Step::Cast { cast: op, from, of, absent, prior, site } => {
                out.errors.begin(frame.errors(*prior));
                cast(frame, out, *op, from, of, *absent, *site);
            }
        }
    }
}
