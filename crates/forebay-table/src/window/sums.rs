//! Running sums of a window: what enters is added, what leaves is taken away. All of it is integers, so nothing
//! depends on the order of either.

use super::layout::{Form, Layout, Sum};
use super::number::{Fixed192, fixed};

/// Adds the values of an event to the sums of a window, or takes them away.
#[inline]
pub fn apply<const ADD: bool>(layout: &Layout, window: &mut [u64], values: &[u64]) {
    for sum in &layout.sums {
        one::<ADD>(sum, &mut window[sum.at..], values[sum.word]);
    }
}

#[inline]
fn one<const ADD: bool>(sum: &Sum, words: &mut [u64], value: u64) {
    if sum.counted {
        if value == sum.form.absent() {
            return;
        }
        let count = &mut words[sum.width()];
        *count = if ADD { count.wrapping_add(1) } else { count.wrapping_sub(1) };
    }
    if !sum.summed {
        return;
    }
    match sum.form {
        Form::Flag => {
            words[0] = if ADD { words[0].wrapping_add(value) } else { words[0].wrapping_sub(value) }
        }
        Form::Int => wide::<ADD>(words, i128::from(value as i64)),
        Form::Uint => wide::<ADD>(words, i128::from(value)),
        Form::Float => {
            let x = fixed(f64::from_bits(value));
            Fixed192::add(words, if ADD { x } else { -x });
        }
    }
}

#[inline]
fn wide<const ADD: bool>(words: &mut [u64], x: i128) {
    let sum = integer(words);
    let sum = if ADD { sum.wrapping_add(x) } else { sum.wrapping_sub(x) };
    words[0] = sum as u64;
    words[1] = (sum >> 64) as u64;
}

/// A sum of integers.
#[inline]
pub fn integer(words: &[u64]) -> i128 {
    (u128::from(words[0]) | u128::from(words[1]) << 64) as i128
}
