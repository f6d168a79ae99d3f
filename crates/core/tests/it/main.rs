//! Laws that need more than one module of the core, one file a subject.

mod goldens;
mod mm1;
mod oracle;
mod queue;
mod random;
mod samplers;
mod time;
