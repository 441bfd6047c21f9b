//! Signals by which the system asks the program to end.

/// Waits for SIGTERM, SIGHUP (the window is closed), or SIGINT from elsewhere.
#[cfg(unix)]
pub async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()];
    let waiting = signals.into_iter().filter_map(|kind| signal(kind).ok()).map(|mut signal| {
        Box::pin(async move {
            signal.recv().await;
        })
    });
    futures::future::select_all(waiting).await;
}

/// Waits for Ctrl-Break, or for the window to be closed.
#[cfg(windows)]
pub async fn asked_to_end() {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
    let (Ok(mut c), Ok(mut pause), Ok(mut close)) = (ctrl_c(), ctrl_break(), ctrl_close()) else {
        return std::future::pending().await;
    };
    tokio::select! { _ = c.recv() => {}, _ = pause.recv() => {}, _ = close.recv() => {} }
}
