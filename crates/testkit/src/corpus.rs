//! Scripts that were found, kept as files.
