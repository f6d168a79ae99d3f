//! The `sandbox` command from outside: exit codes, files, and that what the documents say is what it prints.

mod about;
mod bench;
mod books;
mod check;
mod diff;
mod documents;
mod examples;
mod exit_codes;
mod explain;
mod exports;
mod formats;
mod help;
mod import;
mod import_prices;
mod init;
mod replay;
mod report_page;
mod run_directory;
mod schema;
mod script;
mod site;
mod streams;
mod weather;
