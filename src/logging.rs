//! Logs to the journal with fields, or to stderr.
