//! A stand-in for everything that everlit talks to: Entra, the Power BI REST API and report page, a customer's token service and a portal.
//!
//! All of it runs on loopback behind one CONNECT proxy, over TLS under the real host names, so that
//! an unmodified daemon with Microsoft's unmodified SDK works against it. What it does wrong is
//! switched on with [`Faults`]; what was asked of it is counted in [`Counters`].
//!
//! What it does not prove is how the real service behaves: see the facts it was built from.

/// The text of a file of the web packages that the build needs.
macro_rules! library {
    ($path:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../node_modules/",
            $path
        ))
    };
}

mod admin;
mod asked;
mod assertion;
mod certificate;
mod clock;
mod cloud;
mod counters;
mod entra;
mod faults;
mod figures;
mod hosts;
mod links;
mod names;
mod plain;
mod portal;
mod proxy;
mod query;
mod report;
mod rest;
mod server;
mod settings;
mod standin;
mod tls;
mod token_service;
mod tokens;

pub use asked::Asked;
pub use counters::{Counters, Frames};
pub use faults::{
    Error, ErrorForm, ErrorWords, Faults, HttpSign, Mood, Network, Refusal, Rendering, Switch,
    TextSign, TokenMessage, Trouble,
};
pub use names::*;
pub use settings::{Content, Credential};
pub use standin::{Entrance, Options, Standin};
