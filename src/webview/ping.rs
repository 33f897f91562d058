//! The cheapest question that a page's thread answers.

use std::{ffi::CStr, ptr};

use glib::{gobject_ffi::GObject, translate::ToGlibPtr};
use webkit2gtk::{WebView, ffi};

/// A command that every page says it can execute, at any time and without a look at its content
/// (EditorCommand.cpp).
const ALWAYS_POSSIBLE: &CStr = c"StyleWithCSS";

/// Hears whether the main frame's thread comes round to anything.
///
/// No script runs for that, neither on the page nor, to read a script's answer, here. A process that
/// ends is no answer: of it WebKit says that it can execute nothing.
#[expect(
    unsafe_code,
    reason = "the bindings drop what the page says about the command"
)]
pub(super) fn ping<F: FnOnce() + 'static>(view: &WebView, answered: F) {
    let answered = Box::into_raw(Box::new(answered));
    // SAFETY: the view lives, the command is a C string, and `hear` takes `answered` back, once:
    // GIO calls it exactly once, in the thread that asks.
    unsafe {
        ffi::webkit_web_view_can_execute_editing_command(
            view.to_glib_none().0,
            ALWAYS_POSSIBLE.as_ptr(),
            ptr::null_mut(),
            Some(hear::<F>),
            answered.cast(),
        );
    }
}

#[expect(unsafe_code, reason = "GIO's kind of callback")]
unsafe extern "C" fn hear<F: FnOnce()>(
    view: *mut GObject,
    result: *mut gio::ffi::GAsyncResult,
    answered: glib::ffi::gpointer,
) {
    // SAFETY: called by GIO with the view that was asked, with its answer, and with what `ping` gave.
    let (answered, is_possible) = unsafe {
        (
            Box::from_raw(answered.cast::<F>()),
            ffi::webkit_web_view_can_execute_editing_command_finish(
                view.cast(),
                result,
                ptr::null_mut(),
            ),
        )
    };
    if is_possible != glib::ffi::GFALSE {
        answered();
    }
}
