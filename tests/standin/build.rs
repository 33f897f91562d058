//! Says what to do when Microsoft's web libraries are not installed.

use std::path::Path;

const LIBRARIES: [&str; 5] = [
    "http-post-message/dist/httpPostMessage.min.js",
    "powerbi-client/dist/powerbi.min.js",
    "powerbi-models/dist/models.min.js",
    "powerbi-router/dist/router.min.js",
    "window-post-message-proxy/dist/windowPostMessageProxy.min.js",
];

fn main() {
    for library in LIBRARIES {
        let path = Path::new("../../node_modules").join(library);
        assert!(
            path.exists(),
            "the stand-in needs node_modules/{library}: run `npm ci` in the top folder first"
        );
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-changed=web");
}
