//! The window and the web view; lives on the main thread.
