//! Watches WebKit's network process, whose end WebKit tells nobody about.

use std::{
    os::fd::{AsRawFd, OwnedFd},
    rc::Rc,
};

use glib::{ControlFlow, IOCondition};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tracing::debug;

use crate::player::Event;

use super::{context, process, stage::Stage};

/// The network process that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    Nobody,
    /// Nobody now; another one was before, and took what it had been told with it.
    Lost,
    Process(Pid),
}

impl Stage {
    /// Begins to watch the network process, if there is one that is not watched yet.
    pub(super) fn watch_network_process(self: &Rc<Self>) {
        if let Watched::Process(_) = self.network_process.get() {
            return;
        }
        let Some((pid, handle)) = process::network_process()
            .and_then(|pid| Some((pid, pidfd_open(pid, PidfdFlags::empty()).ok()?)))
        else {
            return;
        };
        if self.network_process.replace(Watched::Process(pid)) == Watched::Lost {
            self.trust_again();
        }
        self.await_end(handle);
    }

    fn await_end(self: &Rc<Self>, handle: OwnedFd) {
        let stage = Rc::clone(self);
        let descriptor = handle.as_raw_fd();
        glib::source::unix_fd_add_local(descriptor, IOCondition::IN, move |_, _| {
            // The watch ends, and the descriptor with it.
            let _ = &handle;
            stage.network_process.set(Watched::Lost);
            let stage = Rc::clone(&stage);
            // WebKit has to notice the end, too, before it takes anything for a new process.
            glib::idle_add_local_once(move || stage.network_process_ended());
            ControlFlow::Break
        });
    }

    fn network_process_ended(self: &Rc<Self>) {
        debug!("the network process ended");
        self.trust_again();
        self.watch_network_process();
        self.report(Event::NetworkProcessEnded);
    }

    /// A new network process knows nothing of the certificates that the one before was told of.
    fn trust_again(&self) {
        let trusted = &mut self.trusted.borrow_mut();
        trusted.clear();
        context::trust_all(&self.context, trusted, &self.network.borrow());
    }
}
