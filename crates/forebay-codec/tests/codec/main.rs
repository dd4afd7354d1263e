//! The codec from outside: schemas, lines and columns as text tables, and properties over generated ones.

mod table;

mod lines;
mod property;
mod quick;
mod read;
mod write;
