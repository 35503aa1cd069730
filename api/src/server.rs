//! Starting and stopping: what was acknowledged is finished, what streams is given a moment.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use eventlog::sqlite::{Clock, system_clock};
use tokio::net::TcpListener;

use crate::app::{App, First};
use crate::config::Config;
use crate::router::router;

/// How long answers under way may take once the service is told to stop.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// A service that listens.
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    /// What gets somebody in, where this start made the log.
    pub first: First,
}

impl Server {
    /// Opens everything and begins to listen.
    ///
    /// # Errors
    /// What keeps it from starting, in words for the person who starts it.
    pub async fn open(config: Config) -> Result<Server> {
        Server::open_at(config, system_clock()).await
    }

    /// The same by another clock than the machine's, for tests.
    ///
    /// # Errors
    /// As [`Server::open`].
    pub async fn open_at(config: Config, clock: Clock) -> Result<Server> {
        crate::routes::service::recorder();
        let listen = config.listen;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("{listen} cannot be listened on (is another service there? --listen chooses another)")
        })?;
        let runtime = tokio::runtime::Handle::current();
        let opened = tokio::task::spawn_blocking(move || {
            let _inside = runtime.enter();
            App::open(config, clock)
        });
        let (app, first) = opened.await??;
        Ok(Server { app, listener, first })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// The service behind it.
    pub fn app(&self) -> Arc<App> {
        self.app.clone()
    }

    /// Serves until `stop` is there, then finishes.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let app = self.app;
        let (told, mut telling) = tokio::sync::watch::channel(false);
        let stopping = app.clone();
        let signal = async move {
            stop.await;
            stopping.begin_stopping();
            let _ = told.send(true);
            // Requests that wait for an import are answered once it has stopped after its batch.
            let stop = move || {
                stopping.imports.stop();
                stopping.stored.stop();
            };
            let _ = tokio::task::spawn_blocking(stop).await;
        };
        let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(self.listener, service).with_graceful_shutdown(signal);
        let drained = async {
            let _ = telling.wait_for(|told| *told).await;
            tokio::time::sleep(DRAIN_MAX).await;
        };
        tokio::select! {
            served = serve.into_future() => served?,
            () = drained => tracing::warn!("some answers were cut off"),
        }
        tokio::task::spawn_blocking(move || app.close()).await?;
        Ok(())
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn told_to_stop() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        if let Ok(mut signal) =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        {
            signal.recv().await;
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
