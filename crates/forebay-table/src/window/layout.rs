//! What is kept of an event and of a key, in 64-bit words: everything about a configuration that the state has
//! to know.

/// How a word is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// i64: integers, decimals, times.
    Int,
    /// u64.
    Uint,
    /// The bits of an f64, never NaN.
    Float,
    /// 0 or 1.
    Flag,
}

impl Form {
    /// Stands in an event for a value that is not there. A value with these bits is rejected where it may be absent.
    pub fn absent(self) -> u64 {
        match self {
            Form::Int => i64::MIN as u64,
            Form::Uint => u64::MAX,
            Form::Float => f64::NAN.to_bits(),
            Form::Flag => 2,
        }
    }

    /// A number that stands in the same order as the value does.
    pub fn rank(self, word: u64) -> u64 {
        match self {
            Form::Int => word ^ 1 << 63,
            Form::Float if word >> 63 != 0 => !word,
            Form::Float => word | 1 << 63,
            Form::Uint | Form::Flag => word,
        }
    }

    /// The value of a rank.
    pub fn unrank(self, rank: u64) -> u64 {
        match self {
            Form::Int => rank ^ 1 << 63,
            Form::Float if rank >> 63 == 0 => !rank,
            Form::Float => rank & !(1 << 63),
            Form::Uint | Form::Flag => rank,
        }
    }
}

/// A value that is kept of every event: one aggregated expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub form: Form,
    pub optional: bool,
    /// Somebody asks for its sum, mean or share.
    pub summed: bool,
    /// Somebody asks for its smallest value.
    pub least: bool,
    /// Somebody asks for its greatest value.
    pub greatest: bool,
}

impl Word {
    pub fn is_absent(&self, word: u64) -> bool {
        self.optional && word == self.form.absent()
    }
}

/// How a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// Columns of fixed width, a word each.
    Words(usize),
    /// The text that is hashed.
    Text,
}

/// A running sum of a word, or only a count of its values.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    pub word: usize,
    pub form: Form,
    pub summed: bool,
    /// Values are counted, because some may be absent.
    pub counted: bool,
    /// Where it stands within the sums of a window.
    pub at: usize,
}

impl Sum {
    /// Words of the sum itself.
    pub fn width(&self) -> usize {
        match self.form {
            _ if !self.summed => 0,
            Form::Flag => 1,
            Form::Int | Form::Uint => 2,
            Form::Float => 3,
        }
    }
}

/// A summary of a word in every ring, for its smallest or greatest value.
#[derive(Clone, Copy, Debug)]
pub struct Extreme {
    pub word: usize,
    pub form: Form,
    pub optional: bool,
    pub greatest: bool,
}

/// Offsets within a slot that do not depend on the configuration.
pub mod slot {
    /// Where the ring's block begins, and its capacity.
    pub const BLOCK: usize = 0;
    /// The ring's first event and its length; [`FREE`] in a slot without a key.
    pub const SPAN: usize = 1;
    /// The event time that the windows stand at.
    pub const CURSOR: usize = 2;
    /// Where each window begins, and where all of them end, two a word.
    pub const BOUNDS: usize = 3;

    pub const FREE: u64 = u64::MAX;
}

/// The layout of events and slots.
#[derive(Clone, Debug)]
pub struct Layout {
    pub key: KeyForm,
    /// Lengths of the windows.
    pub windows_ns: Vec<i64>,
    pub delay_ns: i64,
    /// `delay` and the longest window: an event older than that is in no window.
    pub reach_ns: i64,
    /// What is kept of an event beside its time; those from `labels_from` on come with labels.
    pub words: Vec<Word>,
    pub labels_from: usize,
    /// Events carry the hash of their label key.
    pub labelled: bool,
    /// Words of an event.
    pub stride: usize,
    /// Where its values begin.
    pub values: usize,
    pub sums: Vec<Sum>,
    /// Words of the sums of one window.
    pub sum_words: usize,
    pub extremes: Vec<Extreme>,
    pub slot_words: usize,
    /// The number of labels that wait for an event of the key, where there are labels.
    pub waiting_at: usize,
    pub key_at: usize,
    pub sums_at: usize,
}

impl Layout {
    pub fn new(
        key: KeyForm,
        windows_ns: Vec<i64>,
        delay_ns: i64,
        words: Vec<Word>,
        labels_from: usize,
        labelled: bool,
    ) -> Layout {
        let longest = windows_ns.iter().copied().max().unwrap_or(0);
        let values = if labelled { 2 } else { 1 };
        let (sums, sum_words) = sums(&words);
        let extremes = words.iter().enumerate().flat_map(|(word, w)| {
            [(w.least, false), (w.greatest, true)]
                .into_iter()
                .filter(|(asked, _)| *asked)
                .map(move |(_, greatest)| Extreme { word, form: w.form, optional: w.optional, greatest })
        });
        let key_words = if let KeyForm::Words(words) = key { words } else { 1 };
        let waiting_at = slot::BOUNDS + (windows_ns.len() + 1).div_ceil(2);
        let key_at = waiting_at + usize::from(labelled);
        let sums_at = key_at + key_words;
        Layout {
            key,
            reach_ns: delay_ns.saturating_add(longest),
            stride: values + words.len(),
            values,
            sums,
            sum_words,
            extremes: extremes.collect(),
            slot_words: sums_at + sum_words * windows_ns.len(),
            waiting_at,
            key_at,
            sums_at,
            windows_ns,
            delay_ns,
            words,
            labels_from,
            labelled,
        }
    }

    pub fn label_words(&self) -> usize {
        self.words.len() - self.labels_from
    }

    /// The running sum of a word.
    pub fn sum_of(&self, word: usize) -> Option<usize> {
        self.sums.iter().position(|sum| sum.word == word)
    }

    pub fn extreme_of(&self, word: usize, greatest: bool) -> Option<usize> {
        self.extremes.iter().position(|extreme| extreme.word == word && extreme.greatest == greatest)
    }

    /// What bytes of one layout and bytes of another differ in, where neither can read the other.
    pub fn signature(&self) -> Vec<u8> {
        let key = match self.key {
            KeyForm::Words(words) => words as u8,
            KeyForm::Text => u8::MAX,
        };
        let words = self.words.iter().map(|word| word.form as u8 * 2 + u8::from(word.optional));
        [key, u8::from(self.labelled), self.labels_from as u8, self.words.len() as u8]
            .into_iter()
            .chain(words)
            .collect()
    }
}

fn sums(words: &[Word]) -> (Vec<Sum>, usize) {
    let mut sums = Vec::new();
    let mut at = 0;
    for (word, w) in words.iter().enumerate() {
        let counted = w.optional && (w.summed || w.least || w.greatest);
        if w.summed || counted {
            let sum = Sum { word, form: w.form, summed: w.summed, counted, at };
            at += sum.width() + usize::from(counted);
            sums.push(sum);
        }
    }
    (sums, at)
}
