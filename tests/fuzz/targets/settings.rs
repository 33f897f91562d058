//! Any text as the settings file, and any page filled in over it.
//!
//! The input is the text; a NUL, which no settings file may hold, begins each `name=value`.
#![no_main]

use std::{collections::BTreeMap, path::Path};

use everlit::settings::{
    check, diff,
    form::{Failure, Form, apply},
};
use libfuzzer_sys::fuzz_target;

/// Where a seed holds a secret in the wrong place, it holds this word.
const CANARY: &str = "C4n4ryB1rd";

fuzz_target!(|input: &str| {
    let mut parts = input.split('\0');
    let text = parts.next().unwrap_or_default();
    let pairs = parts.filter_map(|pair| pair.split_once('='));
    let page: BTreeMap<_, _> = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let file = Path::new("settings.toml");
    let checked = check(text, file);
    if let Err(problems) = &checked {
        assert!(!problems.0.is_empty());
        for problem in &problems.0 {
            assert!(!problem.sentence().contains(CANARY), "{problem}");
        }
    }
    let Ok(form) = Form::of(text, file) else {
        assert!(checked.is_err(), "the check takes what the form does not");
        return;
    };
    let count = checked.as_ref().map_or_else(|problems| problems.0.len(), |_| 0);
    assert_eq!(form.all_problems().count(), count, "a problem is lost, or made up");
    let inputs = form.inputs();
    let untouched = inputs.map(|input| (input.name.clone(), input.value.clone())).collect();
    assert_eq!(apply(text, file, &untouched).map(|applied| applied.text).as_deref(), Ok(text));
    match apply(text, file, &page) {
        Ok(applied) => {
            assert_eq!(diff(text, &applied.text).is_empty(), text == applied.text);
            let again = apply(&applied.text, file, &BTreeMap::new());
            assert_eq!(again.map(|again| again.text), Ok(applied.text));
        }
        Err(Failure::NoToml(problems)) => panic!("{problems}"),
        Err(Failure::Unwritable { key }) => assert!(!key.is_empty()),
    }
});
