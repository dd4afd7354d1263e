//! What a record gets: one aggregate over one window, read from where the windows stand.

use forebay_stage::expr::Aggregate;
use forebay_stage::types::Ty;
use forebay_stage::types::number::ratio;

use crate::window::{FIXED_UNIT, Fixed192, Form, Layout, View, integer};

/// A column's question to the windows.
#[derive(Clone, Debug)]
pub struct Ask {
    window: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Count,
    Sum {
        sum: usize,
    },
    /// `unit` is what one is in the word: 10^scale of a decimal.
    Mean {
        sum: usize,
        unit: u128,
    },
    Share {
        sum: usize,
    },
    /// A rank of a summary; turned round where it is the greatest.
    Extreme {
        which: usize,
        form: Form,
        greatest: bool,
    },
    First {
        word: usize,
    },
    Last {
        word: usize,
    },
}

/// A sum that its type does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl Ask {
    /// `ty` is the type of the expression behind the word.
    pub fn new(layout: &Layout, window: usize, function: Aggregate, word: Option<usize>, ty: &Ty) -> Ask {
        let word = word.unwrap_or(0);
        let sum = || layout.sum_of(word).expect("a word that is asked for its sum is summed");
        let what = match function {
            Aggregate::Count => What::Count,
            Aggregate::Sum => What::Sum { sum: sum() },
            Aggregate::Mean => What::Mean { sum: sum(), unit: 10u128.pow(scale(ty)) },
            Aggregate::Share => What::Share { sum: sum() },
            Aggregate::Min | Aggregate::Max => {
                let greatest = function == Aggregate::Max;
                let which = layout
                    .extreme_of(word, greatest)
                    .expect("a word that is asked for its extremes has them");
                What::Extreme { which, form: layout.words[word].form, greatest }
            }
            Aggregate::First => What::First { word },
            Aggregate::Last => What::Last { word },
        };
        Ask { window, what }
    }

    /// The answer as a word of the column's type; `None` is null.
    #[inline]
    pub fn answer(&self, view: &View<'_>) -> Result<Option<u64>, TooLarge> {
        let (layout, window) = (view.layout(), self.window);
        let count = |sum: usize| match layout.sums[sum].counted {
            true => view.sum(window, sum)[layout.sums[sum].width()],
            false => view.range(window).len() as u64,
        };
        Ok(match self.what {
            What::Count => Some(view.range(window).len() as u64),
            What::Sum { sum } => Some(total(layout, view, window, sum)?),
            What::Mean { sum, unit } => match count(sum) {
                0 => None,
                n => Some(mean(layout, view, window, sum, u128::from(n) * unit)?.to_bits()),
            },
            What::Share { sum } => {
                let (trues, n) = (view.sum(window, sum)[0], count(sum));
                Some(if n == 0 { 0.0 } else { trues as f64 / n as f64 }.to_bits())
            }
            What::Extreme { which, form, greatest } => match view.extreme(window, which) {
                _ if view.range(window).is_empty() => None,
                rank if layout.extremes[which].optional && rank == u64::MAX => None,
                rank => Some(form.unrank(if greatest { !rank } else { rank })),
            },
            What::First { word } => view.range(window).find_map(|index| value(layout, view, index, word)),
            What::Last { word } => {
                view.range(window).rev().find_map(|index| value(layout, view, index, word))
            }
        })
    }
}

fn scale(ty: &Ty) -> u32 {
    if let Ty::Decimal(scale) = ty.inner() { u32::from(*scale) } else { 0 }
}

fn value(layout: &Layout, view: &View<'_>, index: u32, word: usize) -> Option<u64> {
    let value = view.events.value(index, word);
    (!layout.words[word].is_absent(value)).then_some(value)
}

fn total(layout: &Layout, view: &View<'_>, window: usize, sum: usize) -> Result<u64, TooLarge> {
    let words = view.sum(window, sum);
    match layout.sums[sum].form {
        Form::Float => {
            let fixed = Fixed192::get(words).ok_or(TooLarge)?;
            Ok((fixed as f64 * FIXED_UNIT).to_bits())
        }
        _ => i64::try_from(integer(words)).map(|sum| sum as u64).map_err(|_| TooLarge),
    }
}

fn mean(layout: &Layout, view: &View<'_>, window: usize, sum: usize, parts: u128) -> Result<f64, TooLarge> {
    let words = view.sum(window, sum);
    match layout.sums[sum].form {
        Form::Float => Ok(ratio(Fixed192::get(words).ok_or(TooLarge)?, parts) * FIXED_UNIT),
        _ => Ok(ratio(integer(words), parts)),
    }
}
