//! The window that the view fills.

use anyhow::{Context as _, Result};
use gtk::{gdk, prelude::*};
use tao::{
    dpi::LogicalSize,
    event_loop::EventLoop,
    platform::unix::WindowExtUnix,
    window::{Fullscreen, Window, WindowBuilder},
};

use super::{Windowed, handle::Request};

const WINDOW_SIZE: LogicalSize<f64> = LogicalSize::new(1280.0, 720.0);

pub(super) fn open(event_loop: &EventLoop<Request>, windowed: Windowed) -> Result<Window> {
    let builder = WindowBuilder::new().with_title("everlit");
    let builder = match windowed {
        Windowed::Window => builder.with_inner_size(WINDOW_SIZE),
        Windowed::Fullscreen => {
            let monitor = event_loop
                .primary_monitor()
                .or_else(|| event_loop.available_monitors().next())
                .context("the display has no monitor: plug one in and switch it on")?;
            // Without a window manager, only the size makes the window fill the screen.
            builder
                .with_decorations(false)
                .with_inner_size(monitor.size())
                .with_fullscreen(Some(Fullscreen::Borderless(None)))
        }
    };
    let window = builder.build(event_loop).context("cannot open a window")?;
    if windowed == Windowed::Fullscreen {
        window.set_cursor_visible(false);
        follow_screen(window.gtk_window());
    }
    Ok(window)
}

/// A screen that is plugged in later, or turned, brings another size.
fn follow_screen(window: &gtk::ApplicationWindow) {
    let Some(screen) = WidgetExt::screen(window) else {
        return;
    };
    let own = window.clone();
    screen.connect_size_changed(move |screen| fill(&own, screen));
    // With two monitors, one may come or go within a screen that stays as large as it was.
    let own = window.clone();
    screen.connect_monitors_changed(move |screen| fill(&own, screen));
}

fn fill(window: &gtk::ApplicationWindow, screen: &gdk::Screen) {
    let display = screen.display();
    let Some(monitor) = display.primary_monitor().or_else(|| display.monitor(0)) else {
        return;
    };
    let area: gdk::Rectangle = monitor.geometry();
    window.move_(area.x(), area.y());
    window.resize(area.width(), area.height());
}
