//! Dense indices: position in the scenario's own list, so that tables are plain vectors.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub struct $name(pub u16);

        impl $name {
            /// The position as an index into a table of these.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of position `index`.
            ///
            /// # Panics
            /// If `index` does not fit 16 bits; a scenario is checked to hold fewer of everything.
            #[must_use]
            pub fn from_index(index: usize) -> Self {
                Self(u16::try_from(index).expect("a scenario has fewer than 65,536 of anything"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "#{}"), self.0)
            }
        }
    };
}

id! {
    /// A workload: who sends.
    WorkloadId
}
id! {
    /// A provider: whose machines serve, in whose region and time zone.
    ProviderId
}
id! {
    /// A node of the topology: endpoints first, routers after them.
    NodeId
}
