//! What a search for broken promises tells other programs: JUnit XML for whoever collects test results, annotations for
//! GitHub.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::error::ReportError;

/// A promise, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    /// Whose: `quick/hybrid`. Promises of the same owner stand together.
    pub owner: String,
    /// Its name, or the objective as it was written.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing broke it.
    Kept,
    /// Nobody knows, and why.
    Unknown(String),
    /// Something broke it.
    Broken {
        /// What happened, in one sentence.
        sentence: String,
        /// The command that shows it.
        repro: String,
        /// The script that does it.
        script: String,
    },
}

/// A report in the XML format of JUnit as Jenkins, GitLab and GitHub's reporters read it: one test case a promise, in
/// order. No times: the same results give the same bytes.
///
/// # Errors
/// [`ReportError::Draw`] if the writer fails: our bug.
pub fn junit_xml(promises: &[Promise]) -> Result<String, ReportError> {
    let mut report = Report::new("sandbox check");
    for owned in promises.chunk_by(|a, b| a.owner == b.owner) {
        let mut suite = TestSuite::new(owned[0].owner.as_str());
        for Promise { owner, name, outcome } in owned {
            let status = match outcome {
                Outcome::Kept => TestCaseStatus::success(),
                Outcome::Unknown(why) => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(why.as_str());
                    status
                }
                Outcome::Broken { sentence, repro, script } => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(sentence.as_str()).set_type("falsified");
                    status.set_description(format!("{sentence}\n\n{repro}\n\n{script}"));
                    status
                }
            };
            let mut case = TestCase::new(name.as_str(), status);
            case.set_classname(owner.as_str());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string().map_err(|error| ReportError::Draw(error.to_string()))
}

/// A line that GitHub Actions shows at a line of a file
/// ([workflow commands](https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions)).
#[must_use]
pub fn github_error(file: &str, line: usize, title: &str, message: &str) -> String {
    let (file, title) = (property(file), property(title));
    format!("::error file={file},line={line},title={title}::{}", data(message))
}

/// As `escapeData` of `@actions/core` does it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As `escapeProperty` of `@actions/core` does it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_case_for_each_promise() {
        let promise = |name: &str, outcome| Promise {
            owner: "quick/hybrid".to_owned(),
            name: name.to_owned(),
            outcome,
        };
        let promises = [
            promise("residency", Outcome::Kept),
            promise(
                "availability >= 99%",
                Outcome::Broken {
                    sentence: "97 % & \"less\"".to_owned(),
                    repro: "sandbox run quick.ron".to_owned(),
                    script: "(faults: [])".to_owned(),
                },
            ),
            promise("attempts", Outcome::Unknown("the search ended before".to_owned())),
        ];
        insta::assert_snapshot!(junit_xml(&promises).unwrap());
    }

    #[test]
    fn annotations_are_escaped_as_github_says() {
        assert_eq!(
            github_error("a,b:c.ron", 7, "100%", "one: 5 %, two\r\nthree"),
            "::error file=a%2Cb%3Ac.ron,line=7,title=100%25::one: 5 %25, two%0D%0Athree"
        );
    }
}
