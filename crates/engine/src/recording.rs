//! Keeps what is told of attempts until they are over, for [`Records`].
//!
//! An attempt is over when its caller and its endpoint are done with it, and its answer has reached the client or is lost:
//! only then is it known what was billed for it, and whether in vain.

use sandbox_core::Time;
use sandbox_model::{Answer, Usd};
use sandbox_routers::Reason;

use crate::records::{AttemptRecord, BeliefRecord, Records, RequestRecord};
use crate::slab::NONE;

/// A sink of records, and the attempts that are not over.
pub(crate) struct Recording {
    sink: Box<dyn Records>,
    /// By number of the attempt in the machine.
    drafts: Vec<Option<Draft>>,
    /// Whose answers are on their way: by number of the response in the machine.
    underway: Vec<Option<Underway>>,
}

struct Draft {
    record: AttemptRecord,
    has_ended: bool,
    response: u32,
}

/// Whose answer it is.
enum Underway {
    /// That of this attempt.
    Draft(u32),
    /// That of an attempt that has handed it on to a router above.
    Over(AttemptRecord),
}

impl Recording {
    pub(crate) fn new(sink: Box<dyn Records>) -> Self {
        Self { sink, drafts: Vec::new(), underway: Vec::new() }
    }

    pub(crate) fn request(&mut self, record: &RequestRecord) {
        self.sink.request(record);
    }

    pub(crate) fn belief(&mut self, record: &BeliefRecord) {
        if record.from < record.until {
            self.sink.belief(record);
        }
    }

    /// An attempt sets out.
    pub(crate) fn sent(&mut self, id: u32, record: AttemptRecord) {
        put(&mut self.drafts, id, Draft { record, has_ended: false, response: NONE });
    }

    /// A router chose it.
    pub(crate) fn chosen(&mut self, id: u32, reason: Reason, place: u16) {
        if let Some(draft) = self.draft(id) {
            (draft.record.reason, draft.record.place) = (Some(reason), place);
        }
    }

    pub(crate) fn first_token(&mut self, id: u32, at: Time) {
        if let Some(draft) = self.draft(id) {
            draft.record.first_token = Some(at);
        }
    }

    /// It ends for its caller: with this answer, or unwanted.
    pub(crate) fn ended(&mut self, id: u32, now: Time, answer: Option<Answer>) {
        if let Some(draft) = self.draft(id).filter(|draft| !draft.has_ended) {
            (draft.record.ended, draft.record.answer, draft.has_ended) = (now, answer, true);
        }
    }

    /// Its endpoint bills it, for an answer or in vain.
    pub(crate) fn bill(&mut self, id: u32, billed: Usd, in_vain: bool) {
        if let Some(draft) = self.draft(id) {
            draft.record.billed += billed;
            if in_vain {
                draft.record.wasted += billed;
            }
        }
    }

    /// Its endpoint has completed this response.
    pub(crate) fn completed(&mut self, id: u32, response: u32) {
        if let Some(draft) = self.draft(id) {
            draft.response = response;
            put(&mut self.underway, response, Underway::Draft(id));
        }
    }

    /// A response has reached its client, or comes too late.
    pub(crate) fn arrived(&mut self, response: u32, too_late: bool) {
        let whose = self.underway.get_mut(response as usize).and_then(Option::take);
        match whose {
            None => {}
            Some(Underway::Draft(id)) => {
                if let Some(draft) = self.draft(id).filter(|_| too_late) {
                    draft.record.wasted = draft.record.billed;
                }
            }
            Some(Underway::Over(mut record)) => {
                if too_late {
                    record.wasted = record.billed;
                }
                self.sink.attempt(&record);
            }
        }
    }

    /// The machine is done with an attempt.
    pub(crate) fn freed(&mut self, id: u32) {
        let Some(draft) = self.drafts.get_mut(id as usize).and_then(Option::take) else { return };
        let own =
            |whose: &&mut Option<Underway>| matches!(whose, Some(Underway::Draft(other)) if *other == id);
        match self.underway.get_mut(draft.response as usize).filter(own) {
            Some(whose) => *whose = Some(Underway::Over(draft.record)),
            None => self.sink.attempt(&draft.record),
        }
    }

    /// The scenario is over.
    pub(crate) fn finish(&mut self, end: Time) {
        for draft in self.drafts.iter_mut().filter_map(Option::take) {
            let ended = if draft.has_ended { draft.record.ended } else { end };
            self.sink.attempt(&AttemptRecord { ended, ..draft.record });
        }
        for whose in self.underway.iter_mut().filter_map(Option::take) {
            if let Underway::Over(record) = whose {
                self.sink.attempt(&record);
            }
        }
    }

    fn draft(&mut self, id: u32) -> Option<&mut Draft> {
        self.drafts.get_mut(id as usize).and_then(Option::as_mut)
    }
}

fn put<T>(list: &mut Vec<Option<T>>, index: u32, value: T) {
    let index = index as usize;
    if list.len() <= index {
        list.resize_with(index + 1, || None);
    }
    list[index] = Some(value);
}
