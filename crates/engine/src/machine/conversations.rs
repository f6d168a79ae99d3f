//! What endpoints have of a prompt from before: the conversation so far, or the beginning that a workload's prompts
//! share.
//!
//! An endpoint has it from the moment at which it completes an answer; how long it keeps it is the endpoint's affair.

use sandbox_core::{Span, Time};

use super::Machine;
use crate::slab::NONE;

impl Machine {
    /// How many prompt tokens of `request` an `endpoint` that keeps prefixes for `ttl` would not have to read again: the
    /// conversation so far if it served the turn before, otherwise the shared beginning if it served any request of
    /// the workload.
    pub(crate) fn cached_tokens(&self, request: u32, endpoint: u16, now: Time, ttl: Span) -> u32 {
        let r = &self.requests[request];
        let fresh = |served: Time| served <= now && now.since(served) <= ttl;
        let of_conversation = match r.conversation {
            NONE => 0,
            id => match self.conversations[id].last {
                Some((turn, at, served)) if turn + 1 == r.turn && at == endpoint && fresh(served) => r.prefix,
                _ => 0,
            },
        };
        let shared = match self.last_served[self.served_index(r.workload, endpoint)] {
            Some(served) if fresh(served) => r.shared,
            _ => 0,
        };
        of_conversation.max(shared)
    }

    /// An endpoint has completed an answer of a workload; `request` is [`NONE`] if nobody waits for it any more.
    pub(super) fn note_served(&mut self, workload: u16, request: u32, endpoint: u16, now: Time) {
        if !self.world.workloads[workload as usize].has_prefixes() {
            return;
        }
        let index = self.served_index(workload, endpoint);
        self.last_served[index] = Some(now);
        if request == NONE {
            return;
        }
        let r = &self.requests[request];
        if r.conversation != NONE {
            let last = &mut self.conversations[r.conversation].last;
            // An answer that was overtaken by that to a later turn is no news.
            if last.is_none_or(|(turn, ..)| turn <= r.turn) {
                *last = Some((r.turn, endpoint, now));
            }
        }
    }

    fn served_index(&self, workload: u16, endpoint: u16) -> usize {
        workload as usize * self.world.endpoints.len() + endpoint as usize
    }

    /// A request of a conversation leaves; the conversation with it, if that was all.
    pub(super) fn leave_conversation(&mut self, id: u32) {
        if id == NONE {
            return;
        }
        let conversation = &mut self.conversations[id];
        conversation.alive -= 1;
        if conversation.alive == 0 && conversation.over {
            self.conversations.give_back(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use sandbox_scenario::Resolved;

    use super::*;
    use crate::machine::Keeps;
    use crate::weather::{Sky, outage_script};

    const SCENARIO: &str = r#"(
        name: "talk", start: "2026-11-18 00:00 UTC", duration: "30m",
        providers: [(name: "a", region: "here"), (name: "b", region: "here")],
        endpoints: [
            (name: "plan", provider: "a", price: (input: "$1/M", output: "$1/M"),
             serving: (prefill_base: "100ms", prefill_per_token: "0s", step_base: "10ms", sequences: 64)),
            (name: "spare", provider: "b", price: (input: "$1/M", output: "$1/M"),
             serving: (prefill_base: "100ms", prefill_per_token: "0s", step_base: "10ms", sequences: 64)),
        ],
        routers: [(name: "router", strategy: Fallback(targets: ["plan", "spare"], retries: 0))],
        workloads: [(
            name: "w", region: "here", entry: "router", plan: "plan", arrivals: Poisson(rate: "30/min"),
            input: Constant(100), output: Constant(51), cacheable: 0.4,
            conversations: (turns: 5.0, think: Constant("10s"), context_max: 1100),
        )],
        weather: (script: [(target: "a", kind: Down(), from: "10m", until: "20m")]),
    )"#;

    #[test]
    fn an_endpoint_has_what_it_served_and_no_longer_than_it_keeps_it() {
        let resolved = Resolved::parse("talk.ron", SCENARIO, None, &[]).unwrap_or_else(|e| panic!("{e}"));
        let mut simulation =
            crate::run::start(&resolved, &outage_script(&resolved), Sky::Drawn, Keeps::Everything);
        let (hour, second) = (Span::from_hours(1), Span::from_secs(1));
        let (mut later_turns, mut cut, mut moved, mut width) = (0, 0, 0, 0);
        for tenth in 1..18_000_u64 {
            let now = Time::ZERO + Span::from_millis(100 * tenth);
            simulation.run_until(now).unwrap();
            let machine = &simulation.model;
            let ids: Vec<u32> = machine.requests.ids().collect();
            width = width.max(machine.conversations.width());
            for id in ids {
                let r = &machine.requests[id];
                let before = 151 * (r.turn - 1);
                assert_eq!(r.shared, 40);
                if before + 100 <= 1100 {
                    assert_eq!((r.input, r.prefix), (before + 100, before));
                } else {
                    // Its oldest turns were cut off: nothing stands where it stood.
                    assert_eq!((r.input, r.prefix), (1100, 0));
                    cut += 1;
                }
                // Between the outage's ends all is served by the spare, before and after by the plan.
                let previous = r.arrived.as_secs_f64() - 10.0;
                let is_done = machine.attempts.iter().any(|a| a.request == id && a.served != NONE);
                if (599.0..600.0).contains(&previous) || is_done {
                    // Perhaps broken off by the fault's begin; or already its own turn is what was served last.
                    continue;
                }
                let (home, away) = if (600.0..1200.0).contains(&previous) { (1, 0) } else { (0, 1) };
                let shared = |endpoint: u16, ttl| match machine.last_served[endpoint as usize] {
                    Some(served) if now.since(served) <= ttl => 40,
                    _ => 0,
                };
                let cached = |endpoint, ttl| machine.cached_tokens(id, endpoint, now, ttl);
                if r.turn > 1 {
                    later_turns += 1;
                    assert_eq!(cached(home, hour), r.prefix.max(40));
                    moved += u32::from(home == 1);
                } else {
                    assert_eq!(cached(home, hour), shared(home, hour));
                }
                // The conversation's part is ten seconds old.
                assert_eq!(cached(home, second), shared(home, second));
                assert_eq!(cached(away, hour), shared(away, hour));
            }
        }
        assert!(later_turns > 1_000 && cut > 20 && moved > 300, "{later_turns} {cut} {moved}");
        // 0.1 conversations a second, each for (5 - 1) * 10 s and an answer: 4 on average, Poisson; 20 has a chance of
        // 1e-8 at an instant.
        assert!(width <= 20 && simulation.model.simulated_requests > 700, "{width}");
    }

    /// The same conversations at endpoints that keep prefixes for an hour and take 1 ms for a token: whoever comes to the
    /// endpoint of the turn before pays for what is new, whoever has moved pays for all but the shared beginning.
    #[test]
    fn a_conversation_that_moves_pays_full_prefill() {
        let text = SCENARIO
            .replace(r#"prefill_per_token: "0s","#, r#"prefill_per_token: "1ms", prefix_cache: "1h","#)
            .replace("cacheable: 0.4,", "");
        let resolved = Resolved::parse("talk.ron", &text, None, &[]).unwrap_or_else(|e| panic!("{e}"));
        let mut simulation =
            crate::run::start(&resolved, &outage_script(&resolved), Sky::Drawn, Keeps::Everything);
        // By request, so that each counts once: whether it is a later turn, found a prefix, and has one.
        let mut seen = std::collections::BTreeMap::new();
        for tenth in 1..18_000_u64 {
            simulation.run_until(Time::ZERO + Span::from_millis(100 * tenth)).unwrap();
            let machine = &simulation.model;
            for attempt in machine.attempts.iter() {
                if !matches!(attempt.stage, crate::machine::Stage::Working(_)) || attempt.request == NONE {
                    continue;
                }
                let r = &machine.requests[attempt.request];
                let e = attempt.target.index();
                let (_, at, _) =
                    machine.conversations[r.conversation].last.unwrap_or((0, u16::MAX, Time::ZERO));
                let expected = if r.turn > 1 && usize::from(at) == e { r.prefix } else { 0 };
                assert_eq!(attempt.cached, expected, "turn {}", r.turn);
                let work = Span::from_millis(100 + u64::from(r.input - expected));
                assert_eq!(machine.prefill_of(attempt, e as u16), work);
                seen.insert(r.key, (r.turn > 1, expected > 0, r.prefix > 0));
            }
        }
        let count = |what: (bool, bool, bool)| seen.values().filter(|&&found| found == what).count();
        let (stayed, moved) = (count((true, true, true)), count((true, false, true)));
        assert!(stayed > 300 && moved >= 2, "{stayed} stayed, {moved} moved");
    }
}
