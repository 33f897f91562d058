//! The screen: a window, a WebKit view in it, and what happens on its pages. Main thread only.
//!
//! [`run`] takes the main thread for good. The rest of the daemon talks to the view through a
//! [`ViewHandle`] and hears from it through the function given to [`run`].

use std::{convert::Infallible, path::PathBuf};

use anyhow::{Context as _, Result};
use tao::{
    event::{Event as LoopEvent, WindowEvent},
    event_loop::{ControlFlow, EventLoopBuilder},
};

use crate::{player::Event, settings::Network};

pub use handle::ViewHandle;
pub use lookout::{Lookout, Overseer, lookout};
pub use process::{WebProcess, web_process, webkit_version};

use engine::Engine;
use handle::Request;
use stage::Stage;

mod badge;
mod block;
mod context;
mod engine;
mod glance;
mod gpu;
pub mod guard;
mod handle;
mod host;
mod hosts;
mod inspect;
mod invitation;
mod lookout;
mod network_process;
mod orders;
mod pane;
mod photograph;
mod ping;
mod plate;
mod policy;
mod process;
mod qr;
mod script;
mod signals;
mod slate;
mod snapshot;
mod stage;
mod surroundings;
mod template;
mod view;
mod window;

/// What the view needs to know before the first order.
#[derive(Debug, Clone)]
pub struct ViewOptions {
    pub windowed: Windowed,
    /// What slates and plates give as the device's address when the portal has told none that
    /// leads here; asked when one is shown.
    pub address: fn() -> String,
    pub network: Network,
    /// A folder of the daemon's own for what is gone with it.
    pub scratch: PathBuf,
    /// The web process is asked to save memory near this limit, and ended at one and a half of it.
    pub memory_limit_mb: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Windowed {
    /// An ordinary window, for a developer's desktop.
    Window,
    /// The whole screen, without decorations.
    Fullscreen,
}

/// Opens the window and runs its loop for ever; must be called on the main thread.
///
/// `start` gets the handle once the view exists; `report` hears every event, on the main thread.
///
/// # Errors
///
/// There is no display, or the window cannot be opened. Otherwise the process ends by
/// [`ViewHandle::exit`] and this never returns.
pub fn run(
    options: ViewOptions,
    start: impl FnOnce(ViewHandle),
    report: impl Fn(Event) + 'static,
) -> Result<Infallible> {
    let drivers = surroundings::prepare(&options.scratch);
    // Before tao, which would panic.
    gtk::init().context("there is no display to show anything on (DISPLAY or WAYLAND_DISPLAY)")?;
    let engine = Engine::start(&options, &drivers);
    let event_loop = EventLoopBuilder::<Request>::with_user_event().build();
    let window = window::open(&event_loop, options.windowed)?;
    let stage = Stage::open(engine, window, options, Box::new(report))?;
    start(ViewHandle::new(event_loop.create_proxy()));

    event_loop.run(move |event, _, flow| {
        if !matches!(*flow, ControlFlow::ExitWithCode(_)) {
            *flow = ControlFlow::Wait;
        }
        if let LoopEvent::UserEvent(Request::Exit(code)) = event {
            stage.close();
            *flow = ControlFlow::ExitWithCode(code);
        } else if let LoopEvent::UserEvent(request) = event {
            stage.serve(request);
        } else if let LoopEvent::WindowEvent {
            event: WindowEvent::CloseRequested,
            ..
        } = event
        {
            stage.report(Event::StopAsked);
        }
    })
}
