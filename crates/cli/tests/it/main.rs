//! The `sandbox` command from outside: exit codes, files, and that what the documents say is what it prints.

mod bench;
mod books;
mod check;
mod documents;
mod examples;
mod exit_codes;
mod explain;
mod exports;
mod help;
mod import;
mod import_prices;
mod replay;
mod run_directory;
mod schema;
mod script;
mod streams;
mod weather;
