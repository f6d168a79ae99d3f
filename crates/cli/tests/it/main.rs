//! The `sandbox` command from outside: exit codes, files, and that what the documents say is what it prints.

mod bench;
mod books;
mod documents;
mod exit_codes;
mod help;
mod import;
mod replay;
mod run_directory;
mod script;
mod streams;
mod weather;
