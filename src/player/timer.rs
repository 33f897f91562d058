//! All deadlines of the player in one table, by name.

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Get the next token.
    TokenRefresh,
}
