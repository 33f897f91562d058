//! everlit keeps a dashboard on a wall, for years, with nobody touching it.
//!
//! Start here. One state machine decides everything ([`player`]); thin edges report facts to it
//! and carry out its orders; one loop ([`driver`]) joins them.
//!
//! # Layers
//!
//! Imports go only downwards, and `tests/tidy.rs` checks it:
//!
//! ```text
//! main → app, cli → driver → edges: token store webview portal net links systemd timedate memory incident
//!                                      recent system signals clock readable secret provision update → player → settings
//! ```
//!
//! * [`settings`]: what the operator asked for, as checked types. Pure.
//! * [`player`]: `(Event, now) → Commands`. Pure: no IO, no clock, no threads.
//! * edges never decide and never know each other.
//!
//! # Invariants
//!
//! * No dead token is on the screen while the service is reachable.
//! * At most one token fetch is in flight.
//! * A healthy page is never reloaded by a refresh.
//! * In every phase a deadline or a pending answer exists: nothing waits for ever.
//! * A secret never reaches a log, a `Debug` text, a URL or the status.
//!
//! # Glossary
//!
//! | word | meaning |
//! | --- | --- |
//! | token | a Power BI *embed* token; it shows one report and lives about an hour |
//! | Entra token | what Entra gives the service principal; used once, to get a token |
//! | source | where tokens come from: a service principal or a token service |
//! | API token | lets a program in, with a scope: read, operate or configure |
//! | version | one text of the settings file, with who wrote it, how, and what came of it |
//! | trial | new settings that the glass has not confirmed yet; without a picture they are undone |
//! | door, gate | where the network gets in, and what says who may ask for what |
//! | content | what a playlist entry shows: a report (through the SDK) or a page (any URL) |
//! | page | one document loaded into the view, numbered by [`player::PageId`] |
//! | slate | a page of our own, shown when there is no content to show |
//! | cover | the last good picture, laid over a page that is not fit to be seen |
//! | invitation | how a technician gets into the portal: address, certificate's fingerprint, pairing code |
//! | plate | the device's name, or the invitation, over the picture because an operator asked |
//! | badge | a few words in a corner of the screen: how old the data is |
//! | sign | one way to see that a token expired: clock, SDK, HTTP, text |
//! | rung | one step of the recovery ladder |
//! | beat | one heartbeat question to the page |
//! | glance | a look at the web process from outside, between two beats; what it shows is a glimpse |
//! | lookout | the loop that glances for as long as its overseer wants, and tells once the process stirs |
//! | probe | a request of the daemon's own that asks whether a content's server is back |
//! | glass | what the viewer sees in the end: the page, or the cover over it, with the badge |
//! | incident | one trouble from its first sign until all is well; a warning, then `recovered` |

pub mod app;
pub mod cli;
pub mod clock;
pub mod driver;
pub mod incident;
pub mod links;
pub mod logging;
pub mod memory;
pub mod net;
pub mod player;
pub mod portal;
pub mod provision;
pub mod readable;
pub mod recent;
pub mod secret;
pub mod settings;
pub mod signals;
pub mod store;
pub mod supervise;
pub mod system;
pub mod systemd;
pub mod timedate;
pub mod token;
pub mod update;
pub mod webview;
