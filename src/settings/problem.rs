//! What is wrong with a settings file, and how that reads.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Everything wrong with a settings file, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

/// One thing wrong with a settings file. Never holds a value from the file: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Empty where it is no matter of one file.
    pub file: PathBuf,
    /// Both from 1; 0 where a problem has no place in the text.
    pub line: usize,
    /// In characters.
    pub column: usize,
    /// Dotted, such as `token.refresh_every` or `playlist[1].report_id`; empty for the whole file.
    /// Playlist entries count from 0, as in the status.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub remedy: String,
}

/// A key that is right and has no effect yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    pub key: String,
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let end_of_last = if index == 0 { "" } else { "\n" };
            write!(f, "{end_of_last}{problem}")?;
        }
        Ok(())
    }
}

impl Problem {
    /// What is wrong and what would be right, without the place.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.remedy.is_empty() {
            return self.problem.clone();
        }
        format!("{}; {}", self.problem, self.remedy)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(f, &self.file, self.line, self.column, &self.key)?;
        f.write_str(&self.sentence())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_place(f, &self.file, self.line, self.column, &self.key)?;
        f.write_str("has no effect yet")
    }
}

fn write_place(
    f: &mut fmt::Formatter<'_>,
    file: &Path,
    line: usize,
    column: usize,
    key: &str,
) -> fmt::Result {
    if file.as_os_str().is_empty() {
        return match key {
            "" => Ok(()),
            key => write!(f, "{key}: "),
        };
    }
    write!(f, "{}:", file.display())?;
    if line > 0 {
        write!(f, "{line}:{column}:")?;
    }
    if !key.is_empty() {
        write!(f, " {key}:")?;
    }
    f.write_str(" ")
}
