//! Embed tokens from every source, and what becomes of every trouble on the way.

#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod canned;
mod identity;
mod lab;
mod network;
mod refusals;
mod secrets;
mod sources;
