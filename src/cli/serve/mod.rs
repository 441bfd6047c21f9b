//! `mailtriage serve`: an exporter for Prometheus that checks whatever target it is asked for (`/probe`), like
//! blackbox_exporter. It answers so many requests and makes so many probes at a time, and says 503 beyond that. It never
//! logs in. One request is read and answered in `http`, what is checked is in `modules`, who may ask in `web`.

mod http;
mod modules;
mod own;
mod web;

use super::args::SiteArgs;
use super::check::{Detail, Progress, run_until_stopped};
use super::meaning::trust;
use super::turns::{Turns, server_of};
use super::{Stop, lab, output::say};
use crate::check::Job;
use crate::net::{BoxStream, limits};
use crate::report::figures::State;
use crate::report::json;
use crate::report::prometheus::{Metrics, metrics};
use crate::site::Site;
use crate::text::{one_line, reason, visible_str};
use crate::tui::signals::told_to_end;
use crate::world::World;
use clap::Args;
use futures::StreamExt;
use futures::future::{FutureExt, Shared};
use futures::stream::FuturesUnordered;
use http::{Answer, Request, gone, read, send};
use modules::{DEFAULT, Module};
use own::Own;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use web::Web;

/// Requests that are read and answered at a time; others wait to be accepted.
const MOST_REQUESTS: usize = 256;
/// Probes that wait, for each that is being made.
const MOST_WAITING: usize = 4;
/// What is kept of the time that Prometheus waits, for the answer to arrive.
const FOR_THE_WAY: Duration = Duration::from_millis(500);
/// The shortest time in which a probe can find anything out.
const LEAST: Duration = Duration::from_secs(1);
/// From the end of a probe to the next one at the same server.
const PAUSE: Duration = Duration::from_secs(1);

/// What the exporter is asked for.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where it listens
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9587")]
    listen: SocketAddr,
    /// The modules: what is checked of a target; TOML, see docs/fleet.md
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// TLS and basic authentication, by the web configuration file of the Prometheus ecosystem (YAML)
    #[arg(long, value_name = "FILE")]
    web_config: Option<PathBuf>,
    /// Probes that are made at a time
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=32))]
    parallel: u16,
    /// Listens beyond this computer although nobody has to log in: whoever reaches it can have any server checked
    #[arg(long)]
    allow_unauthenticated: bool,
    /// Additional certificates to trust, as PEM
    #[arg(long, value_name = "PEM")]
    ca_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) site: SiteArgs,
}

/// Everything that the requests share.
struct Exporter {
    modules: BTreeMap<String, Module>,
    web: Web,
    world: World,
    own: Own,
    turns: Turns,
    places: Semaphore,
    /// Probes that have a place or wait for one.
    inside: AtomicUsize,
    parallel: usize,
    /// Ready when the program is to end.
    stop: Shared<Pin<Box<dyn Future<Output = ()>>>>,
}

pub(super) async fn run(args: &ServeArgs, site: &Site) -> Result<u8, Stop> {
    let world = World::system(trust(args.ca_file.as_deref(), site)?);
    let web = args.web_config.as_deref().map(Web::read).transpose()?.unwrap_or_default();
    let modules = modules::read(args.config.as_deref())?;
    let is_here = args.listen.ip().to_canonical().is_loopback();
    if !is_here && !web.wants_log_in() && !args.allow_unauthenticated {
        return Err(Stop::Usage(format!(
            "--listen {}: beyond this computer it needs a log-in (--web-config with basic_auth_users), or \
             --allow-unauthenticated",
            args.listen
        )));
    }
    if !is_here && web.wants_log_in() && web.tls.is_none() {
        say("mailtriage: warning: the log-in crosses the network without TLS: --web-config with tls_server_config");
    }
    let parallel = usize::from(args.parallel);
    limits::room_for(limits::RUN * parallel + MOST_REQUESTS)?;
    let cannot = |error: std::io::Error| format!("--listen {}: {}", args.listen, reason(&error));
    let listener = TcpListener::bind(args.listen).await.map_err(cannot)?;
    let scheme = if web.tls.is_some() { "https" } else { "http" };
    // The port may have been left to the system.
    say(&format!("mailtriage: listening on {scheme}://{}/", listener.local_addr().map_err(cannot)?));
    let exporter = Exporter {
        modules,
        web,
        own: Own::new(world.now()),
        world,
        turns: Turns::new(1, PAUSE),
        places: Semaphore::new(parallel),
        inside: 0.into(),
        parallel,
        stop: told_to_end().boxed_local().shared(),
    };
    exporter.serve(&listener).await;
    say("mailtriage: ended");
    Ok(0)
}

impl Exporter {
    async fn serve(&self, listener: &TcpListener) {
        let (mut requests, mut stop) = (FuturesUnordered::new(), self.stop.clone());
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(()) = requests.next() => {}
                accepted = listener.accept(), if requests.len() < MOST_REQUESTS => match accepted {
                    Ok((stream, _)) => requests.push(self.connection(stream)),
                    // Whatever it lacks, it will not lack for long.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
            }
        }
        // Probes that are being made end in order, and their answers are sent.
        let _ = timeout(Duration::from_secs(3), async { while requests.next().await.is_some() {} }).await;
    }

    async fn connection(&self, stream: TcpStream) {
        match &self.web.tls {
            None => self.request(Box::new(stream)).await,
            Some(tls) => {
                if let Ok(Ok(stream)) = timeout(http::PATIENCE, tls.accept(stream)).await {
                    self.request(Box::new(stream)).await;
                }
            }
        }
    }

    async fn request(&self, mut stream: BoxStream) {
        let Some(request) = read(&mut stream).await else { return };
        let (answer, is_head) = match request {
            Err(answer) => (answer, false),
            Ok(request) => (self.answer(&request, &mut stream).await, request.is_head),
        };
        send(&mut stream, &answer, is_head, &self.own).await;
    }

    async fn answer(&self, request: &Request, stream: &mut BoxStream) -> Answer {
        if request.is_cross_site {
            return Answer::text(403, "no page of another web site may ask here");
        }
        if !self.web.lets_in(request.authorization.as_deref()).await {
            return Answer::text(401, "log in").with("WWW-Authenticate: Basic realm=\"mailtriage\"\r\n");
        }
        match request.path.as_str() {
            "/probe" => self.probe(request, stream).await,
            "/metrics" => {
                let inside = self.inside.load(Ordering::Relaxed);
                let running = inside.min(self.parallel);
                Answer::metrics(self.own.text(running, inside - running))
            }
            "/-/healthy" | "/-/ready" => Answer::text(200, "healthy"),
            "/" => Answer::page(self.page()),
            _ => Answer::text(404, "there is /probe?target=…&module=…, /metrics and /-/healthy"),
        }
    }

    fn page(&self) -> String {
        let mut out = String::from(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>mailtriage</title><h1>mailtriage</h1>\
             <p>Checks whether mail can be sent by a server, for Prometheus.</p>\
             <ul><li><a href=\"/metrics\">/metrics</a>: this exporter<li>/probe?target=smtp.example.com:587&amp;module=NAME; \
             modules:<ul>",
        );
        for name in self.modules.keys() {
            let _ = write!(out, "<li>{}", visible_str(name).replace('&', "&amp;").replace('<', "&lt;"));
        }
        out + "</ul></ul></html>\n"
    }

    /// A probe, within what Prometheus waits for and what may be made at a time.
    async fn probe(&self, request: &Request, stream: &mut BoxStream) -> Answer {
        let began = Instant::now();
        let (module, account) = match self.asked(request) {
            Ok(asked) => asked,
            Err(why) => return Answer::text(400, one_line(&visible_str(&why))),
        };
        let waits = request.scrape_timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let limit = module.limit(waits.map(|waits| waits.saturating_sub(FOR_THE_WAY)));
        if limit < LEAST {
            return Answer::text(400, "the time limit leaves less than a second for the probe");
        }
        let busy = |why: &str| {
            self.own.refused();
            Answer::text(503, why).with("Retry-After: 5\r\n")
        };
        let Some(_inside) = Inside::enter(&self.inside, self.parallel * (1 + MOST_WAITING)) else {
            return busy("too many probes at a time");
        };
        // What is left after half of the time would often not be enough.
        let ready = timeout_at(began + limit / 2, async {
            let turn = match module.practice() {
                Some(_) => None,
                None => Some(self.turns.wait(&server_of(&account, self.world.net.as_ref()).await).await),
            };
            (turn, self.places.acquire().await)
        });
        let stop = self.stop.clone();
        let _turn = tokio::select! {
            biased;
            () = stop.clone() => return busy("the exporter ends"),
            () = gone(stream) => return busy("nobody waits for it"),
            turn = ready => match turn {
                Ok(turn) => turn,
                Err(_) => return busy("too many probes at a time, or another one at this server"),
            },
        };
        let job = match self.job(module, account, limit.saturating_sub(began.elapsed())) {
            Ok(job) => job,
            Err(why) => return Answer::text(400, one_line(&visible_str(&why))),
        };
        let ends = async {
            tokio::select! { () = stop.clone() => {}, () = gone(stream) => {} }
        };
        let started = Instant::now();
        let session = run_until_stopped(job, BTreeMap::new(), Detail::Least, Progress::Nothing, Box::pin(ends)).await;
        if stop.now_or_never().is_some() {
            return busy("the exporter ends");
        }
        let report = json::report(&session);
        let took = started.elapsed();
        self.own.probed(report.outcome(), took);
        let mut out = Metrics::default();
        let is_ok = State::of(&report) == State::Ok;
        out.gauge("probe_success", "Whether no fault was found, up to the log-in.", &[], f64::from(u8::from(is_ok)));
        out.gauge("probe_duration_seconds", "How long the probe took.", &[], took.as_secs_f64());
        Answer::metrics(out.text() + &metrics(&report, &[]))
    }

    fn asked(&self, request: &Request) -> Result<(&Module, crate::account::Account), String> {
        let name = request.parameter("module")?.unwrap_or(DEFAULT);
        let module = self.modules.get(name).ok_or_else(|| format!("there is no module \"{name}\""))?;
        let target = request.parameter("target")?.ok_or("the parameter target is missing")?;
        Ok((module, module.account(target)?))
    }

    fn job(&self, module: &Module, account: crate::account::Account, limit: Duration) -> Result<Job, String> {
        let options = module.options(limit);
        match module.practice() {
            Some(name) => {
                let job = lab::job(&lab::find(name)?)?;
                Ok(Job {
                    options: crate::check::Options { references: job.options.references, ..options },
                    attempt: None,
                    ..job
                })
            }
            None => Ok(Job { world: self.world.again(), account, options, attempt: None }),
        }
    }
}

/// A probe's place among those that have one or wait for one, until it is dropped.
struct Inside<'a>(&'a AtomicUsize);

impl<'a> Inside<'a> {
    fn enter(count: &'a AtomicUsize, most: usize) -> Option<Self> {
        let more = |count: usize| (count < most).then_some(count + 1);
        count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Inside(count))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
