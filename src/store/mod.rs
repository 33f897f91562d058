//! Reads, watches and writes the settings file.
