//! HTTP clients made from the network settings.
