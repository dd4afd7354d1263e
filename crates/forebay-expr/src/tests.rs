//! Tests of the whole way from text to values: what is said of mistakes, what expressions give, and programs against
//! an interpreter that goes row by row.

mod generate;
mod mistakes;
mod oracle;
mod programs;
mod speed;
mod table;
mod values;
