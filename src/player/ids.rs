//! Numbers that join a command with the events that answer it.

macro_rules! number {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl $name {
            /// The number after this one.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }
    )*};
}

number! {
    /// One document loaded into the view: a report's host page, a web page or a slate.
    PageId,
    /// One token fetch.
    RequestId,
    /// One operation inside a page.
    OpId,
    /// One heartbeat question.
    BeatId,
    /// One question to the content's server.
    ProbeId,
}
