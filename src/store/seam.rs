//! Stands in for the settings parser until its branch is merged.

use std::{path::Path, time::Duration};

use crate::settings::{
    Cursor, Display, Network, Portal, Problem, Problems, Recovery, Rotation, Settings,
    TokenSettings, WhenOffline,
};

impl Settings {
    pub(crate) fn parse(text: &str, file: &Path) -> Result<Self, Problems> {
        let table: toml::Table = toml::from_str(text).map_err(|e| {
            Problems(vec![Problem {
                file: file.to_owned(),
                line: 1,
                column: 1,
                key: String::new(),
                problem: e.message().to_owned(),
                remedy: String::new(),
            }])
        })?;
        let name = table.get("player").and_then(|p| p.get("name")?.as_str());
        let bad: Vec<_> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains("nmae") || line.contains("tokne"))
            .map(|(index, line)| Problem {
                file: file.to_owned(),
                line: index + 1,
                column: 1,
                key: line.to_owned(),
                problem: "unknown key".to_owned(),
                remedy: String::new(),
            })
            .collect();
        if !bad.is_empty() {
            return Err(Problems(bad));
        }
        let limit = Duration::from_secs(60);
        Ok(Self {
            name: name.map(str::to_owned),
            token: TokenSettings {
                refresh_every: limit,
                refresh_on_interaction: true,
                refresh_before_expiry: limit,
            },
            source: None,
            playlist: Vec::new(),
            display: Display {
                rotate: Rotation::None,
                zoom: 1.0,
                cursor: Cursor::Hidden,
                schedule: Vec::new(),
            },
            network: Network::default(),
            portal: Portal {
                listen: ([127, 0, 0, 1], 8400).into(),
                open_metrics: false,
            },
            recovery: Recovery {
                load_limit: limit,
                heartbeat_limit: limit,
                blank_after: limit,
                when_offline: WhenOffline::Keep,
                offline_limit: limit,
                confirm_within: limit,
            },
        })
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}
