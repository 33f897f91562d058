//! The dashboard and the alerts ask only for what `/metrics` tells.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use crate::{Device, exposition::is_name, metrics::metrics};

const DASHBOARD: &str = include_str!("../../config/grafana-dashboard.json");
const ALERTS: &str = include_str!("../../config/alerts.yml");

/// What Prometheus adds to each series of a device.
const SCRAPED: [&str; 2] = ["instance", "job"];

#[tokio::test]
async fn the_dashboard_asks_only_for_what_there_is() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let mut texts = BTreeMap::<_, Vec<_>>::new();
    collect_json(&dashboard, &mut texts);
    let device = Device::start().await;
    let known = Known::of(&device).await;
    let queries = texts["expr"].iter().chain(&texts["query"]);
    let mut used = BTreeSet::new();
    for query in queries.filter(|query| **query != "prometheus") {
        used.extend(
            known
                .check(query)
                .unwrap_or_else(|fault| panic!("{fault} in {query}")),
        );
    }
    for legend in &texts["legendFormat"] {
        known
            .check_legend(legend)
            .unwrap_or_else(|fault| panic!("{fault} in {legend}"));
    }
    let has_panel = |name: &String| name == "up" || used.contains(name);
    let unseen: Vec<_> = known.0.keys().filter(|name| !has_panel(name)).collect();
    // Grafana has the uptime, which says the same.
    assert_eq!(unseen, ["everlit_start_time_seconds"]);
}

#[test]
fn the_dashboard_is_importable_anywhere() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<_> = panels
        .iter()
        .map(|panel| panel["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        assert_eq!(
            panel["datasource"]["uid"], "${datasource}",
            "{}",
            panel["title"]
        );
    }
    assert_eq!(dashboard["templating"]["list"][0]["type"], "datasource");
}

#[tokio::test]
async fn the_alerts_ask_only_for_what_there_is() {
    let alerts = &YamlLoader::load_from_str(ALERTS).unwrap()[0];
    let rules = alerts["groups"][0]["rules"].as_vec().unwrap();
    let device = Device::start().await;
    let known = Known::of(&device).await;
    let mut names = BTreeSet::new();
    for rule in rules {
        let query = rule["expr"].as_str().unwrap();
        known
            .check(query)
            .unwrap_or_else(|fault| panic!("{fault} in {query}"));
        let annotations = rule["annotations"].as_hash().unwrap();
        for text in annotations.values().filter_map(Yaml::as_str) {
            known
                .check_legend(text)
                .unwrap_or_else(|fault| panic!("{fault} in {text}"));
        }
        assert!(
            annotations.contains_key(&Yaml::from_str("summary")),
            "{query}"
        );
        assert!(names.insert(rule["alert"].as_str().unwrap()));
    }
    assert_eq!(names.len(), 8);
}

#[tokio::test]
async fn a_query_for_what_there_is_not_is_found_out() {
    let device = Device::start().await;
    let known = Known::of(&device).await;
    for (query, fault) in [
        ("everlit_helthy == 0", "everlit_helthy"),
        ("everlit_healthy{phase=\"x\"} == 0", "phase"),
        ("sum by (cause) (everlit_recoveries_total)", "cause"),
        (
            "increase(everlit_recoveries_total{rung=\"sdk\"}[1h])",
            "sdk",
        ),
        ("increase(everlit_recoveries[1h]) > 5", "everlit_recoveries"),
        ("node_load1 > 3", "node_load1"),
    ] {
        let found = known.check(query).expect_err(query);
        assert!(found.contains(fault), "{found} in {query}");
    }
    assert!(known.check_legend("{{phrase}}").is_err());
    assert!(known.check_legend("of {{ $labels.phrase }}").is_err());
}

/// Metrics by name, with the values that each label has.
struct Known(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Known {
    async fn of(device: &Device) -> Self {
        let mut known = BTreeMap::<_, BTreeMap<_, BTreeSet<_>>>::new();
        let page = metrics(device).await;
        for sample in page
            .families
            .into_values()
            .flat_map(|family| family.samples)
        {
            let labels = known.entry(sample.name).or_default();
            for (label, value) in sample.labels {
                labels.entry(label).or_default().insert(value);
            }
        }
        known.insert("up".to_owned(), BTreeMap::new());
        Self(known)
    }

    /// The metrics that a query uses, or what it asks for in vain.
    fn check(&self, query: &str) -> Result<BTreeSet<String>, String> {
        let mut used = BTreeSet::new();
        let mut grouped = Vec::new();
        let mut rest = query;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let is_inside_word = rest[..start].ends_with(|c: char| c.is_ascii_digit() || c == '$');
            let word_end = rest[start..]
                .find(|c: char| !is_word(c))
                .map_or(rest.len(), |n| start + n);
            let (word, after) = (&rest[start..word_end], &rest[word_end..]);
            let next = after.trim_start();
            rest = after;
            match word {
                _ if is_inside_word => {}
                "by" | "without" | "on" | "ignoring" => {
                    let (labels, after) = list(next, '(', ')')?;
                    grouped.extend(labels.split(',').map(|label| label.trim().to_owned()));
                    rest = after;
                }
                "label_values" => {
                    let (arguments, after) = list(next, '(', ')')?;
                    let (metric, label) = arguments.split_once(',').ok_or("no label")?;
                    used.insert(metric.to_owned());
                    grouped.push(label.trim().to_owned());
                    rest = after;
                }
                "and" | "or" | "unless" => {}
                // A function, or an aggregation with its labels before the brackets.
                _ if next.starts_with('(') || next.starts_with("by (") => {}
                _ => {
                    used.insert(word.to_owned());
                    if next.starts_with('{') {
                        let (matchers, after) = list(next, '{', '}')?;
                        self.check_matchers(word, matchers)?;
                        rest = after;
                    }
                }
            }
        }
        self.check_grouping(&used, &grouped)?;
        Ok(used)
    }

    fn check_matchers(&self, metric: &str, matchers: &str) -> Result<(), String> {
        let labels = self.0.get(metric).ok_or(format!("no {metric}"))?;
        for matcher in matchers.split(',').map(str::trim) {
            let end = matcher.find(|c: char| !is_word(c)).ok_or("no operator")?;
            let (label, wanted) = matcher.split_at(end);
            if SCRAPED.contains(&label) {
                continue;
            }
            let values = labels
                .get(label)
                .ok_or(format!("{metric} has no {label}"))?;
            let wanted = wanted.trim_start_matches(['=', '~', '!']).trim_matches('"');
            if let Some(lost) = wanted.split('|').find(|one| !values.contains(*one)) {
                return Err(format!("{label} of {metric} is never {lost}"));
            }
        }
        Ok(())
    }

    fn check_grouping(&self, used: &BTreeSet<String>, grouped: &[String]) -> Result<(), String> {
        for metric in used {
            let labels = self.0.get(metric).ok_or(format!("no {metric}"))?;
            let is_there =
                |label: &&String| labels.contains_key(*label) || SCRAPED.contains(&label.as_str());
            if let Some(lost) = grouped.iter().find(|label| !is_there(label)) {
                return Err(format!("{metric} has no {lost}"));
            }
        }
        Ok(())
    }

    /// A text with labels' values in it, as `{{label}}` or `{{ $labels.label }}`.
    fn check_legend(&self, text: &str) -> Result<(), String> {
        for piece in text.split("{{").skip(1) {
            let (inside, _) = piece.split_once("}}").ok_or("an open brace")?;
            let inside = inside.trim();
            let label = match inside.strip_prefix('$') {
                Some(variable) => match variable.strip_prefix("labels.") {
                    Some(label) => label,
                    None if variable.split(' ').next() == Some("value") => continue,
                    None => return Err(format!("no variable {variable}")),
                },
                None => inside,
            };
            let mut all = self.0.values().flat_map(BTreeMap::keys);
            if !all.any(|known| known == label) && !SCRAPED.contains(&label) {
                return Err(format!("nothing has the label {label}"));
            }
        }
        Ok(())
    }
}

fn is_word(c: char) -> bool {
    is_name(&format!("_{c}"))
}

/// What is in the brackets that the text begins with, and what follows them.
fn list(text: &str, open: char, close: char) -> Result<(&str, &str), String> {
    let inside = text.strip_prefix(open).ok_or(format!("no {open}"))?;
    inside.split_once(close).ok_or(format!("no {close}"))
}

/// All strings below a value, by the key that they stand at.
fn collect_json<'a>(value: &'a Value, texts: &mut BTreeMap<&'a str, Vec<&'a str>>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if let Some(text) = value.as_str() {
                    texts.entry(key).or_default().push(text);
                }
                collect_json(value, texts);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_json(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
