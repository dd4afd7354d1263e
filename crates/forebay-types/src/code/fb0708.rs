//! A number has more digits than its decimal.

use super::Code;

pub const CODE: Code = Code {
    id: "FB0708",
    title: "a decimal with too many digits",
    text: "\
`decimal(2)` holds two digits behind the point, exactly; `12.505` has three, and rounding money silently is not for
Forebay to decide. Zeros at the end do not count: `12.500` is fine. In front of the point there is room for 18 digits
less those behind it. Declare `decimal(3)`, or round at the producer.",
    examples: &[],
};
