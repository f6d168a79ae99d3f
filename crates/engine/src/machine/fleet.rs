//! Hosted gateways hear of their targets from their other customers' requests.
//!
//! Those requests are not simulated one by one: at every report their number at each endpoint is drawn, and what
//! becomes of each, as things stand there at that moment. They take no slot and no allowance of ours: they are part of
//! what `congestion` and spikes of limits stand for.

use sandbox_core::{Span, Time, uniform};
use sandbox_providers::{Condition, Fate, Luck};
use sandbox_routers::Fleet;

use super::{Event, Machine, Queue};
use crate::world::{Kind, Typical};

impl Machine {
    pub(super) fn schedule_feeds(&mut self, queue: &mut Queue) {
        for router in 0..self.world.routers.len() {
            if let Some(feed) = &self.world.routers[router].feed {
                let first = Time::ZERO.saturating_add(feed.every);
                self.schedule(first, Event::Fleet(router as u16), queue);
            }
        }
    }

    /// A report is due at a gateway: what is seen now sets out, and what has had its lag is heard.
    pub(super) fn report(&mut self, router: u16, now: Time, queue: &mut Queue) {
        let index = usize::from(router);
        let Some(mut feed) = self.world.routers[index].feed.take() else { return };
        for number in 0..feed.typical.len() {
            let Some(typical) = feed.typical[number] else { continue };
            let node = self.world.routers[index].targets[number];
            let Kind::Endpoint(e) = self.world.nodes[node.index()].kind else { continue };
            let condition = self.world.nodes[node.index()].health.condition();
            let mut draw = feed.noise.at(feed.number, number as u64);
            let requests = feed.requests.sample(&mut draw);
            let competing = self.world.endpoints[usize::from(e)].competing;
            if requests > 0 {
                let seen = seen(condition, competing, typical, requests, &mut draw);
                let report = Fleet { now, target: number, ..seen };
                feed.on_its_way.push_back((now.saturating_add(feed.lag), report));
            }
        }
        feed.number += 1;
        while let Some(&(_, report)) = feed.on_its_way.front().filter(|(due, _)| *due <= now) {
            feed.on_its_way.pop_front();
            let report = Fleet { now, ..report };
            self.world.routers[index].strategy.hear(&report);
            if let Some(monitor) = &mut self.listeners.monitor {
                monitor.heard(index, &report);
            }
        }
        let next = now.saturating_add(feed.every);
        self.world.routers[index].feed = Some(feed);
        self.update_beliefs(index, now);
        if next < self.end {
            self.schedule(next, Event::Fleet(router), queue);
        }
    }
}

/// What becomes of so many requests at an endpoint in this condition.
fn seen(
    condition: &Condition,
    competing: f64,
    typical: Typical,
    requests: u64,
    draw: &mut sandbox_core::Draw,
) -> Fleet {
    let mut report =
        Fleet { now: Time::ZERO, target: 0, passed: 0, failed: 0, limited: 0, ttft: None, speed: None };
    let stuck = condition.hangs || condition.stalls || condition.capacity <= 0.0;
    if stuck {
        report.failed = requests as u32;
    } else if condition.refuses.is_none() && !condition.needs_luck() && condition.limit_scale >= 1.0 {
        report.passed = requests as u32;
    } else {
        for _ in 0..requests {
            let limits = uniform(draw);
            let luck = Luck {
                errors: uniform(draw),
                client: uniform(draw),
                slow_fail: uniform(draw),
                cut: uniform(draw),
            };
            match condition.fate(luck) {
                // Others run against the same narrowed limits: an assumption.
                _ if limits >= condition.limit_scale => report.limited += 1,
                Fate::Served(None) => report.passed += 1,
                Fate::Fails(failure) if failure.status == sandbox_model::Status::TOO_MANY_REQUESTS => {
                    report.limited += 1
                }
                _ => report.failed += 1,
            }
        }
    }
    if report.passed > 0 {
        let slower = |span: Span, factor: f64| Span::from_secs_f64_saturating(span.as_secs_f64() * factor);
        report.ttft = Some(slower(typical.prefill, condition.slowdown * condition.prefill_slowdown));
        let (alone, each, sequences) = typical.step;
        let others = (competing * f64::from(sequences)) as u64;
        let step = slower(alone.saturating_add(each * others), condition.slowdown).as_secs_f64();
        report.speed = (step > 0.0).then(|| 1.0 / step);
    }
    report
}
