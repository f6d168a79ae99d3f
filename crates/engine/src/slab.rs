//! Slots that are used again: no allocation per request once a run has reached its width.

/// An index that stands for nothing.
pub(crate) const NONE: u32 = u32::MAX;

const FEW: &str = "fewer than 2³² requests are alive at once";

/// A vector with a free list. Freed entries keep their value, so that what they own can be used again.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    entries: Vec<(bool, T)>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), free: Vec::new() }
    }

    /// An entry to fill: a freed one with its old value, or a new one.
    pub(crate) fn take(&mut self, new: impl FnOnce() -> T) -> u32 {
        if let Some(index) = self.free.pop() {
            self.entries[index as usize].0 = true;
            return index;
        }
        self.insert(new())
    }

    /// An entry with this value.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        if let Some(index) = self.free.pop() {
            self.entries[index as usize] = (true, value);
            return index;
        }
        self.entries.push((true, value));
        u32::try_from(self.entries.len() - 1).expect(FEW)
    }

    pub(crate) fn give_back(&mut self, index: u32) {
        let entry = &mut self.entries[index as usize];
        assert!(entry.0, "an entry is given back once");
        entry.0 = false;
        self.free.push(index);
    }

    /// Gives an entry back, and returns what it held.
    pub(crate) fn remove(&mut self, index: u32) -> T
    where
        T: Copy,
    {
        self.give_back(index);
        self.entries[index as usize].1
    }

    /// Whether an index is in use.
    pub(crate) fn is_used(&self, index: u32) -> bool {
        self.entries.get(index as usize).is_some_and(|(used, _)| *used)
    }

    /// The indices in use.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        (0..self.entries.len() as u32).filter(|&index| self.entries[index as usize].0)
    }

    /// The most entries that were ever in use at once: what the memory grows with.
    #[cfg(test)]
    pub(crate) fn width(&self) -> usize {
        self.entries.len()
    }

    /// The entries in use, in order of index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().filter(|(used, _)| *used).map(|(_, value)| value)
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, index: u32) -> &T {
        let entry = &self.entries[index as usize];
        debug_assert!(entry.0, "an entry is used after it was given back");
        &entry.1
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut T {
        let entry = &mut self.entries[index as usize];
        debug_assert!(entry.0, "an entry is used after it was given back");
        &mut entry.1
    }
}
