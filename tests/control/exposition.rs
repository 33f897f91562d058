//! Reads OpenMetrics text and forgives nothing.

use std::collections::BTreeMap;

/// A page of metrics that keeps every rule of OpenMetrics 1.0.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    pub(crate) families: BTreeMap<String, Family>,
}

#[derive(Debug, Default)]
pub(crate) struct Family {
    kind: String,
    help: Option<String>,
    unit: Option<String>,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Exposition {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let body = text.strip_suffix("# EOF\n").ok_or("no EOF at the end")?;
        let mut found = Self::default();
        let mut current = String::new();
        for line in body.lines() {
            found
                .take_line(line, &mut current)
                .map_err(|fault| format!("{line:?}: {fault}"))?;
        }
        if !body.is_empty() && !body.ends_with('\n') {
            return Err("the last line has no end".to_owned());
        }
        for (name, family) in &found.families {
            family
                .check(name)
                .map_err(|fault| format!("{name}: {fault}"))?;
        }
        Ok(found)
    }

    /// The value of the one sample with this name and these labels.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let wanted = owned(labels);
        let mut all = self.families.values().flat_map(|family| &family.samples);
        let sample = all.find(|sample| sample.name == name && sample.labels == wanted)?;
        Some(sample.value)
    }

    fn take_line(&mut self, line: &str, current: &mut String) -> Result<(), String> {
        let Some(comment) = line.strip_prefix('#') else {
            let sample = Sample::parse(line)?;
            let family = self.families.get_mut(current.as_str());
            let family = family.ok_or("a sample before any metadata")?;
            if !family.owns(current, &sample.name) {
                return Err(format!("no sample of {current}, a {}", family.kind));
            }
            let is_double =
                |other: &Sample| other.name == sample.name && other.labels == sample.labels;
            if family.samples.iter().any(is_double) {
                return Err("it is there twice".to_owned());
            }
            family.samples.push(sample);
            return Ok(());
        };
        self.take_comment(comment, current)
    }

    fn take_comment(&mut self, comment: &str, current: &mut String) -> Result<(), String> {
        let mut words = comment.strip_prefix(' ').ok_or("no space")?.splitn(3, ' ');
        let (Some(what), Some(name), Some(text)) = (words.next(), words.next(), words.next())
        else {
            return Err("a comment that means nothing".to_owned());
        };
        if !is_name(name) {
            return Err(format!("{name:?} is no name"));
        }
        if current != name {
            if self.families.contains_key(name) {
                return Err("its family is torn apart".to_owned());
            }
            name.clone_into(current);
        }
        let family = self.families.entry(name.to_owned()).or_default();
        if !family.samples.is_empty() {
            return Err("metadata after samples".to_owned());
        }
        let earlier = match what {
            "HELP" => family.help.replace(text.to_owned()),
            "UNIT" => family.unit.replace(text.to_owned()),
            "TYPE" => {
                let earlier = std::mem::replace(&mut family.kind, text.to_owned());
                (!earlier.is_empty()).then_some(earlier)
            }
            _ => return Err("no such kind of comment".to_owned()),
        };
        match earlier {
            Some(_) => Err(format!("a second {what}")),
            None => Ok(()),
        }
    }
}

impl Family {
    fn owns(&self, family: &str, sample: &str) -> bool {
        let Some(suffix) = sample.strip_prefix(family) else {
            return false;
        };
        let suffixes: &[&str] = match self.kind.as_str() {
            "gauge" => &[""],
            "counter" => &["_total"],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[],
        };
        suffixes.contains(&suffix)
    }

    fn check(&self, name: &str) -> Result<(), String> {
        if self.help.as_deref().unwrap_or_default().is_empty() {
            return Err("no HELP".to_owned());
        }
        if let Some(unit) = &self.unit
            && !name.ends_with(&format!("_{unit}"))
        {
            return Err(format!("does not end with its unit {unit}"));
        }
        let base_units = ["seconds", "bytes"];
        let named = base_units
            .into_iter()
            .find(|unit| name.ends_with(&format!("_{unit}")));
        if named != self.unit.as_deref() {
            return Err(format!("its name says {named:?}, UNIT {:?}", self.unit));
        }
        if self.samples.is_empty() {
            return Err("no sample".to_owned());
        }
        for sample in &self.samples {
            let is_fit = match self.kind.as_str() {
                "counter" => sample.value >= 0.0,
                "info" => sample.value == 1.0,
                _ => !sample.value.is_nan(),
            };
            if !is_fit {
                return Err(format!("{} of a {}", sample.value, self.kind));
            }
        }
        match self.kind.as_str() {
            "histogram" => self.check_histogram(name),
            _ => Ok(()),
        }
    }

    fn check_histogram(&self, name: &str) -> Result<(), String> {
        let one = |suffix: &str| {
            let mut all = self.samples.iter();
            let found = all.find(|sample| sample.name == format!("{name}{suffix}"));
            found
                .map(|sample| sample.value)
                .ok_or(format!("no {suffix}"))
        };
        one("_sum")?;
        let mut last = (f64::NEG_INFINITY, 0.0);
        for bucket in self.samples.iter().filter(|s| s.name.ends_with("_bucket")) {
            let le = bucket.labels.get("le").ok_or("a bucket without le")?;
            let up_to = le.replace("+Inf", "inf").parse().map_err(|_| "a bad le")?;
            if up_to <= last.0 || bucket.value < last.1 {
                return Err("its buckets do not rise".to_owned());
            }
            last = (up_to, bucket.value);
        }
        if last != (f64::INFINITY, one("_count")?) {
            return Err("the last bucket does not hold all".to_owned());
        }
        Ok(())
    }
}

impl Sample {
    fn parse(line: &str) -> Result<Self, String> {
        let end = line.find(['{', ' ']).ok_or("no value")?;
        let (name, rest) = line.split_at(end);
        if !is_name(name) {
            return Err(format!("{name:?} is no name"));
        }
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => labels(rest)?,
            None => (BTreeMap::new(), rest),
        };
        let value = rest.strip_prefix(' ').ok_or("no space before the value")?;
        let is_number = value
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.e".contains(c));
        let value = value.parse().ok().filter(|_| is_number);
        Ok(Self {
            name: name.to_owned(),
            labels,
            value: value.ok_or("the value is no number")?,
        })
    }
}

/// The labels after the opening brace, and what comes after the closing one.
fn labels(mut rest: &str) -> Result<(BTreeMap<String, String>, &str), String> {
    let mut labels = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").ok_or("a label without value")?;
        if !is_name(name) || name.contains(':') {
            return Err(format!("{name:?} is no label"));
        }
        let (value, after) = quoted(after)?;
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("the label {name} is there twice"));
        }
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok((labels, after.strip_prefix('}').ok_or("an open brace")?)),
        }
    }
}

/// A label's value after the opening quote, and what comes after the closing one.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, c == '\\') {
            ('"', _) => return Ok((value, &text[at + 1..])),
            (_, true) => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                _ => return Err("a bad escape".to_owned()),
            },
            (c, false) => value.push(c),
        }
    }
    Err("an open quote".to_owned())
}

pub(crate) fn is_name(name: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    name.chars().all(is_inner)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
}

fn owned(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    labels.iter().map(pair).collect()
}

#[test]
fn an_exposition_that_breaks_a_rule_is_refused() {
    let head = "# HELP a_seconds b\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\n";
    assert!(Exposition::parse(&format!("{head}a_seconds 1\n# EOF\n")).is_ok());
    for (text, fault) in [
        (format!("{head}a_seconds 1\n"), "no EOF"),
        (format!("{head}a_seconds 1\n# EOF\n# EOF\n"), "comment"),
        (format!("{head}a_seconds 1\na_seconds 2\n# EOF\n"), "twice"),
        (
            format!("{head}a_seconds{{x=\"1\",x=\"2\"}} 1\n# EOF\n"),
            "twice",
        ),
        (format!("{head}a_seconds one\n# EOF\n"), "no number"),
        (format!("{head}a_seconds_total 1\n# EOF\n"), "no sample of"),
        (format!("{head}# EOF\n"), "no sample"),
        (format!("{head}{head}a_seconds 1\n# EOF\n"), "a second HELP"),
        (format!("{head}a_seconds 1\n\n# EOF\n"), "no value"),
        (
            "# HELP a b\n# TYPE a counter\na 1\n# EOF\n".to_owned(),
            "no sample of",
        ),
        (
            "# HELP a_bytes b\n# TYPE a_bytes gauge\na_bytes 1\n# EOF\n".to_owned(),
            "UNIT",
        ),
        ("# TYPE a gauge\na 1\n# EOF\n".to_owned(), "no HELP"),
    ] {
        let refusal = Exposition::parse(&text).expect_err(&text);
        assert!(
            refusal.contains(fault),
            "{refusal} instead of {fault}: {text}"
        );
    }
}
