//! The player in a simulated world: weeks of a wall's life in seconds, with every fault we know.

mod agenda;
mod faults;
mod file;
mod healing;
mod invariants;
mod ledger;
mod properties;
mod refresh;
mod seeds;
mod service;
mod settings;
mod trace;
mod trouble;
mod view;
mod world;
