//! Runs background tasks so that none dies unseen.

use std::future::Future;

use anyhow::{Context as _, Result, anyhow};
use tokio::task::JoinSet;

/// A set of tasks that should run for ever; the end of one is news.
#[derive(Debug, Default)]
pub struct Tasks {
    running: JoinSet<(&'static str, Result<()>)>,
}

impl Tasks {
    /// Starts a task under a name for the log.
    pub fn start(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        self.running.spawn(async move { (name, task.await) });
    }

    /// Waits until some task ends. A task that ends well is let go; with no task, waits for ever.
    ///
    /// # Errors
    ///
    /// The failure or panic of the first task that ended badly, with its name.
    pub async fn next_failure(&mut self) -> anyhow::Error {
        loop {
            match self.running.join_next().await {
                Some(Ok((name, Ok(())))) => tracing::debug!(task = name, "task ended"),
                Some(Ok((name, Err(error)))) => {
                    return error.context(format!("the {name} task failed"));
                }
                Some(Err(error)) => return anyhow!(error).context("a task panicked"),
                None => std::future::pending::<()>().await,
            }
        }
    }
}

/// A current-thread runtime for the background thread.
///
/// # Errors
///
/// When the operating system gives no event queue.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the background runtime")
}
