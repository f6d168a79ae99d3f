//! The parts of the page that have no time axis. Each gives one `<section>`, or nothing where it has nothing to say.
