//! Builds every part once and joins them.
