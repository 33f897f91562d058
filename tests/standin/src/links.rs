//! Which hosts can be reached, as far as open connections have to know at once.

use std::collections::BTreeSet;

use crate::{
    faults::{Faults, Network, Switch},
    names::REPORT_HOST,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Links {
    network: Network,
    unreachable: BTreeSet<String>,
    bad_certificate: Switch,
}

/// How a host is reached now; a connection ends when this changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Open,
    /// The same with a certificate that nobody trusts.
    Untrusted,
    /// The proxy says that it cannot connect.
    Refused,
    /// Nothing answers at all.
    Down,
}

impl Links {
    pub(crate) fn of(faults: &Faults) -> Self {
        Self {
            network: faults.network,
            unreachable: faults.unreachable.clone(),
            bad_certificate: faults.bad_certificate,
        }
    }

    pub(crate) fn way(&self, host: &str) -> Way {
        match (self.network, self.bad_certificate) {
            (Network::Down, _) => Way::Down,
            (Network::Up, _) if self.unreachable.contains(host) => Way::Refused,
            (Network::Up, Switch::On) if host == REPORT_HOST => Way::Untrusted,
            (Network::Up, Switch::On | Switch::Off) => Way::Open,
        }
    }
}
