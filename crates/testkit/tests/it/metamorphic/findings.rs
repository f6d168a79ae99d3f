//! What `docs/findings.md` says, run.
