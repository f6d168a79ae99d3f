//! Which process and which thread of the trace stands for what.
//!
//! Processes, in this order: the run, the workloads, the routers, the providers, the network. Nothing in a trace is a real
//! process: that is what viewers call a group of tracks. Threads carry state: what was true of a target and what was
//! believed of it, one above the other.

use sandbox_model::NodeId;

use super::json::Track;
use crate::names::Names;

/// Numbers of processes and threads. Threads have numbers of their own across the whole trace, as viewers expect.
pub(super) struct Layout {
    pub(super) run: Track,
    /// By workload.
    pub(super) workloads: Vec<Track>,
    /// By node: the track of attempts at it.
    pub(super) attempts: Vec<Track>,
    /// By node: what routers believed of it.
    pub(super) beliefs: Vec<Track>,
    /// Names of processes and threads in order.
    pub(super) processes: Vec<(Track, String)>,
    pub(super) threads: Vec<(Track, String)>,
    /// What a fault may name, with the process where it is shown.
    targets: Vec<(String, u32)>,
    next_thread: u32,
}

impl Layout {
    pub(super) fn new(names: &Names, sample: &str) -> Self {
        let mut layout = Self {
            run: Track { process: 0, thread: 0 },
            workloads: Vec::new(),
            attempts: vec![Track { process: 0, thread: 0 }; names.nodes.len()],
            beliefs: vec![Track { process: 0, thread: 0 }; names.nodes.len()],
            processes: Vec::new(),
            threads: Vec::new(),
            targets: Vec::new(),
            next_thread: 0,
        };
        layout.run = layout.process("run".to_owned());
        for name in &names.workloads {
            let track = layout.process(format!("workload {name}: {sample}"));
            layout.workloads.push(track);
        }
        for (id, node) in names.nodes.iter().enumerate().filter(|(_, node)| node.provider.is_none()) {
            let track = layout.process(format!("router {}", node.name));
            layout.node(id, &node.name, track);
        }
        for (index, provider) in names.providers.iter().enumerate() {
            let track = layout.process(format!("provider {provider}"));
            layout.targets.push((provider.clone(), track.process));
            for (id, node) in names.nodes.iter().enumerate().filter(|(_, n)| n.provider == Some(index)) {
                layout.node(id, &node.name, track);
            }
        }
        layout
    }

    fn process(&mut self, name: String) -> Track {
        let process = self.processes.len() as u32 + 1;
        let track = self.thread_without_name(process);
        self.processes.push((track, name));
        track
    }

    fn node(&mut self, id: usize, name: &str, process: Track) {
        self.attempts[id] = process;
        self.targets.push((name.to_owned(), process.process));
        // Perfetto sorts threads by number: what was believed stands below what was true.
        self.beliefs[id] = Track { process: process.process, thread: BELIEFS + id as u32 };
    }

    fn thread_without_name(&mut self, process: u32) -> Track {
        self.next_thread += 1;
        Track { process, thread: self.next_thread }
    }

    /// A new thread with a name, below those that its process has.
    pub(super) fn thread(&mut self, process: u32, name: String) -> Track {
        let track = self.thread_without_name(process);
        self.threads.push((track, name));
        track
    }

    /// The process that shows the faults of this target: of its provider, of the router, or of the network.
    pub(super) fn process_of_fault(&mut self, target: &str) -> u32 {
        if let Some((_, process)) = self.targets.iter().find(|(name, _)| name == target) {
            return *process;
        }
        if let Some((track, _)) = self.processes.iter().find(|(_, name)| name == NETWORK) {
            return track.process;
        }
        self.process(NETWORK.to_owned()).process
    }

    /// The track of attempts at a node.
    pub(super) fn attempts_at(&self, node: NodeId) -> Track {
        self.attempts.get(node.index()).copied().unwrap_or(self.run)
    }
}

/// The first number of threads that show beliefs; the threads below are numbered from 1.
const BELIEFS: u32 = 100_001;

const NETWORK: &str = "network";
