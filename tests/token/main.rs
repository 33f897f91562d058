//! Embed tokens from every source, and what becomes of every trouble on the way.

mod canned;
mod identity;
mod lab;
mod network;
mod refusals;
mod secrets;
mod sources;
