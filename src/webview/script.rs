//! Calls functions on the page in the view, with arguments that never become part of a document.

use glib::{VariantDict, prelude::*};
use javascriptcore::ValueExt;
use webkit2gtk::{WebView, WebViewExt};

use super::guard;

#[derive(Debug, Clone, Copy)]
pub(super) enum World {
    /// The page's own.
    Page,
    /// The guard's, which the page cannot see.
    Guard,
}

impl World {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Page => None,
            Self::Guard => Some(guard::WORLD),
        }
    }
}

/// Runs the body of an async function in the main frame and hands over the text it returns.
///
/// `None`: it threw, or the document went away. A hung page never answers.
pub(super) fn call(
    view: &WebView,
    world: World,
    body: &str,
    arguments: &[(&str, &str)],
    answered: impl FnOnce(Option<String>) + 'static,
) {
    let values = VariantDict::new(None);
    for (name, value) in arguments {
        values.insert_value(name, &value.to_variant());
    }
    view.call_async_javascript_function(
        body,
        Some(&values.end()),
        world.name(),
        None,
        gio::Cancellable::NONE,
        |result| {
            let text =
                result.inspect_err(|error| tracing::debug!(%error, "a call into the page failed"));
            answered(text.ok().map(|value| value.to_str().to_string()));
        },
    );
}
