//! Gets embed tokens from their source.
