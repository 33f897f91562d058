//! Asks who opened a connection, for many connections at once: each look takes some milliseconds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{Mutex as Turn, oneshot},
    task::spawn_blocking,
};

use super::neighbours::{self, Connection, Origin};

/// Clones share their looks.
#[derive(Debug, Clone, Default)]
pub(super) struct Inquiry(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    waiting: Mutex<Vec<Question>>,
    /// Held during a look; whoever waits for it meanwhile shares the next one.
    turn: Turn<()>,
}

#[derive(Debug)]
struct Question {
    connection: Connection,
    answer: oneshot::Sender<Origin>,
}

impl Inquiry {
    /// Who opened this connection, which has to be open already.
    pub(super) async fn origin(&self, connection: Connection) -> Origin {
        let (peer, local) = connection;
        if !neighbours::is_within_this_device(peer.ip(), local.ip()) {
            return Origin::Elsewhere;
        }
        let (answer, answered) = oneshot::channel();
        self.waiting().push(Question { connection, answer });
        {
            let _alone = self.0.turn.lock().await;
            let questions = std::mem::take(&mut *self.waiting());
            if !questions.is_empty() {
                // A look that panics answers nobody.
                let _ = spawn_blocking(move || answer_all(questions)).await;
            }
        }
        answered.await.unwrap_or(Origin::Unknown)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Question>> {
        // Nothing in there is ever half done.
        let waiting = &self.0.waiting;
        waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer_all(questions: Vec<Question>) {
    let connections: Vec<_> = questions
        .iter()
        .map(|question| question.connection)
        .collect();
    let origins = neighbours::origins(&connections);
    for (question, origin) in questions.into_iter().zip(origins) {
        // Whoever asked may have gone.
        let _ = question.answer.send(origin);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use tokio::task::JoinSet;

    use super::*;

    #[tokio::test]
    async fn many_that_ask_at_once_are_all_answered_also_if_one_gives_up() {
        let inquiry = Inquiry::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let local = listener.local_addr().unwrap();
        let nobody = "127.0.0.1:1".parse().unwrap();
        let (mut asking, mut streams) = (JoinSet::new(), Vec::new());
        for number in 0..40 {
            let stream = TcpStream::connect(local).unwrap();
            let (accepted, peer) = listener.accept().unwrap();
            streams.push((stream, accepted));
            let connection = (if number % 4 == 0 { nobody } else { peer }, local);
            let inquiry = inquiry.clone();
            let given_up = asking.spawn(async move { (number, inquiry.origin(connection).await) });
            if number == 1 {
                tokio::task::yield_now().await;
                given_up.abort();
            }
        }
        let mut answers = 0;
        while let Some(answer) = asking.join_next().await {
            let Ok((number, origin)) = answer else {
                continue;
            };
            let is_nobody = number % 4 == 0;
            let expected = if is_nobody {
                Origin::Unknown
            } else {
                Origin::Elsewhere
            };
            assert_eq!(origin, expected, "{number}");
            answers += 1;
        }
        assert!(answers >= 39);
    }
}
