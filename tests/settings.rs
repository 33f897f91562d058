//! The settings file: defaults, every kind of mistake, the schema and the examples.
