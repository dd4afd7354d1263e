//! What an expression finds at run time beside columns: vars, and lists that may be replaced while it runs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::{HashSet, HashSetExt};
use forebay_types::Ty;

use crate::scalar::Scalar;
use crate::typed::Form;

/// Vars and lists of a run, by name.
#[derive(Clone, Debug, Default)]
pub struct Values {
    vars: Vec<(String, Scalar)>,
    lists: Vec<(String, Arc<List>)>,
}

impl Values {
    pub fn with_var(mut self, name: impl Into<String>, value: Scalar) -> Values {
        self.vars.push((name.into(), value));
        self
    }

    pub fn with_list(mut self, name: impl Into<String>, list: Arc<List>) -> Values {
        self.lists.push((name.into(), list));
        self
    }

    pub(crate) fn var(&self, name: &str) -> &Scalar {
        match self.vars.iter().find(|(var, _)| var == name) {
            Some((_, value)) => value,
            None => panic!("the var `{name}` was declared and has no value"),
        }
    }

    pub(crate) fn list(&self, name: &str) -> &Arc<List> {
        match self.lists.iter().find(|(list, _)| list == name) {
            Some((_, list)) => list,
            None => panic!("the list `{name}` was declared and is not there"),
        }
    }
}

/// A list that may be replaced between batches. Readers look at a number a batch, and only take the lock when
/// there is something new.
#[derive(Debug)]
pub struct List {
    version: AtomicU64,
    members: Mutex<Arc<Members>>,
}

impl List {
    pub fn new(members: Members) -> List {
        List { version: AtomicU64::new(1), members: Mutex::new(Arc::new(members)) }
    }

    /// Programs see the new members from their next batch on.
    pub fn replace(&self, members: Members) {
        let mut slot = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = Arc::new(members);
        self.version.fetch_add(1, Ordering::Release);
    }

    pub fn members(&self) -> Arc<Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }
}

/// The members of a list, all of one type.
#[derive(Clone, Debug)]
pub struct Members {
    set: Set,
}

#[derive(Clone, Debug)]
enum Set {
    I64(HashSet<i64>),
    U64(HashSet<u64>),
    /// By their bits; no NaN, and one zero.
    Float(HashSet<u64>),
    Text(HashSet<Box<[u8]>>),
}

impl Members {
    /// An empty list of this type, which is a simple one: no list and no struct.
    pub fn new(ty: &Ty) -> Members {
        let set = match Form::of(ty) {
            Form::I64 | Form::Bool => Set::I64(HashSet::new()),
            Form::U64 => Set::U64(HashSet::new()),
            Form::F32 | Form::F64 => Set::Float(HashSet::new()),
            Form::Text => Set::Text(HashSet::new()),
            Form::Nested => panic!("a list holds simple values, not {ty}"),
        };
        Members { set }
    }

    /// Adds a value of the list's type, as [`Scalar::read`] gives it; null is in no list.
    pub fn insert(&mut self, value: Scalar) {
        match (&mut self.set, value) {
            (_, Scalar::Null) => {}
            (Set::I64(set), Scalar::I64(value)) => drop(set.insert(value)),
            (Set::I64(set), Scalar::Bool(value)) => drop(set.insert(value.into())),
            (Set::U64(set), Scalar::U64(value)) => drop(set.insert(value)),
            (Set::Float(set), Scalar::F32(value)) => set.extend(float_key(value.into())),
            (Set::Float(set), Scalar::F64(value)) => set.extend(float_key(value)),
            (Set::Text(set), Scalar::Text(value)) => drop(set.insert(value.as_ref().into())),
            (_, value) => panic!("{value:?} is not of the list's type"),
        }
    }

    pub fn len(&self) -> usize {
        match &self.set {
            Set::I64(set) => set.len(),
            Set::U64(set) | Set::Float(set) => set.len(),
            Set::Text(set) => set.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(crate) fn has_i64(&self, value: i64) -> bool {
        match &self.set {
            Set::I64(set) => set.contains(&value),
            Set::U64(set) => u64::try_from(value).is_ok_and(|value| set.contains(&value)),
            Set::Float(_) | Set::Text(_) => false,
        }
    }

    #[inline]
    pub(crate) fn has_u64(&self, value: u64) -> bool {
        match &self.set {
            Set::I64(set) => i64::try_from(value).is_ok_and(|value| set.contains(&value)),
            Set::U64(set) => set.contains(&value),
            Set::Float(_) | Set::Text(_) => false,
        }
    }

    #[inline]
    pub(crate) fn has_float(&self, value: f64) -> bool {
        match &self.set {
            Set::Float(set) => float_key(value).is_some_and(|key| set.contains(&key)),
            _ => false,
        }
    }

    #[inline]
    pub(crate) fn has_text(&self, value: &[u8]) -> bool {
        match &self.set {
            Set::Text(set) => set.contains(value),
            _ => false,
        }
    }
}

/// Equal floats have equal keys, and NaN, which equals nothing, has none.
fn float_key(value: f64) -> Option<u64> {
    if value.is_nan() { None } else { Some(if value == 0.0 { 0 } else { value.to_bits() }) }
}
