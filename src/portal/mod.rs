//! The API, on the control socket.
