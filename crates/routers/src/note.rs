//! What a composed router remembers of one request between questions, in 64 bits.

/// Retries are counted up to this.
pub(crate) const RETRIES_COUNTED: u32 = u8::MAX as u32;

/// Progress of a request.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Note {
    /// The request has been seen.
    pub(crate) known: bool,
    /// Position among the groups.
    pub(crate) group: u8,
    /// Further attempts in this group so far.
    pub(crate) retries: u8,
    /// Times that the group was gone through again.
    pub(crate) round: u8,
    /// Attempts made before this group, or this round of it.
    pub(crate) first: u16,
    /// Attempts made when it was last decided what follows a failure; what was decided is in `then`.
    pub(crate) decided: u16,
    pub(crate) then: Then,
}

/// What follows a failure, after a wait or at once.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) enum Then {
    #[default]
    Leave,
    Same,
    Again,
    Round,
    GiveUp,
}

const THENS: [Then; 5] = [Then::Leave, Then::Same, Then::Again, Then::Round, Then::GiveUp];

impl Note {
    pub(crate) fn unpack(bits: u64) -> Self {
        Self {
            known: bits & 1 == 1,
            then: THENS[(bits >> 1 & 7) as usize % THENS.len()],
            group: (bits >> 4) as u8,
            retries: (bits >> 12) as u8,
            round: (bits >> 20) as u8,
            first: (bits >> 28) as u16,
            decided: (bits >> 44) as u16,
        }
    }

    pub(crate) fn pack(self) -> u64 {
        u64::from(self.known)
            | (self.then as u64) << 1
            | u64::from(self.group) << 4
            | u64::from(self.retries) << 12
            | u64::from(self.round) << 20
            | u64::from(self.first) << 28
            | u64::from(self.decided) << 44
    }

    /// The request goes on to the next group, after so many attempts.
    pub(crate) fn leave(&mut self, attempts: usize) {
        self.group += 1;
        self.retries = 0;
        self.round = 0;
        self.first = attempts as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        for then in THENS {
            let note =
                Note { known: true, group: 3, retries: 200, round: 255, first: 65_535, decided: 77, then };
            assert_eq!(Note::unpack(note.pack()), note);
        }
        assert_eq!(Note::unpack(0), Note::default());
    }
}
