//! Anything that a frame could send to the guard's channel.
#![no_main]

use everlit::webview::guard::Note;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(note) = Note::parse(text) {
        assert!(text.len() <= 4096, "a long text was taken for {note:?}");
    }
});
