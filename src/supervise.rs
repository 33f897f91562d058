//! Runs background tasks so that none dies unseen.
