//! `--worst`.

use sandbox_scenario::Metric;

use super::Checked;
use crate::exit::Failure;

pub(super) fn search(checked: &Checked<'_>, metric: Metric, workload: Option<&str>) -> Result<(), Failure> {
    let _ = (checked, metric, workload);
    Ok(())
}
