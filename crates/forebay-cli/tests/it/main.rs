//! The binary as users meet it: what it prints, what it runs, and what becomes of a run that is disturbed.

mod desk;

mod shown;
mod exits;
mod running;
mod disturbed;
mod undeclared;
mod planned;
mod crashing;
mod tripping;
mod watched;
mod operated;
mod tapped;
mod tested;
