//! Signals by which the system asks the program to end.

/// Waits for SIGTERM, SIGHUP (the window is closed), or SIGINT from elsewhere.
#[cfg(unix)]
pub(super) async fn asked_to_end() {
    use tokio::signal::unix::SignalKind;
    one_of(&[SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()]).await;
}

/// Waits for SIGTERM or SIGINT (Ctrl-C), without a screen. Whether it outlives its window is left to who started it
/// (nohup): a SIGHUP that is waited for is ignored no longer.
#[cfg(unix)]
pub async fn told_to_end() {
    use tokio::signal::unix::SignalKind;
    one_of(&[SignalKind::terminate(), SignalKind::interrupt()]).await;
}

#[cfg(unix)]
async fn one_of(signals: &[tokio::signal::unix::SignalKind]) {
    use tokio::signal::unix::signal;
    let waiting = signals.iter().filter_map(|kind| signal(*kind).ok()).map(|mut signal| {
        Box::pin(async move {
            signal.recv().await;
        })
    });
    futures::future::select_all(waiting).await;
}

/// Waits for Ctrl-Break, or for the window to be closed.
#[cfg(windows)]
pub(super) async fn asked_to_end() {
    told_to_end().await;
}

/// The same, without a screen.
#[cfg(windows)]
pub async fn told_to_end() {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
    let (Ok(mut c), Ok(mut pause), Ok(mut close)) = (ctrl_c(), ctrl_break(), ctrl_close()) else {
        return std::future::pending().await;
    };
    tokio::select! { _ = c.recv() => {}, _ = pause.recv() => {}, _ = close.recv() => {} }
}
