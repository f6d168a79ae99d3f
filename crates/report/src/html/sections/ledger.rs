use crate::run_data::RunData;

pub(crate) fn section(_: &RunData) -> String {
    String::new()
}
