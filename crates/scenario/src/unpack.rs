//! Files from elsewhere: text that may be gzipped.

use std::io::Read as _;

use crate::problem::{Invalid, Problem};

/// Most bytes of a file after unpacking: a guard against one that is not what it seems.
const BYTES_MAX: u64 = 4 << 30;

/// The text of a file that may be gzipped. `origin` stands for it in messages, `format` says what it should have been.
pub(crate) fn text(origin: &str, bytes: &[u8], format: &str) -> Result<String, Invalid> {
    let bare = |message: String, hint: &str| Problem::bare(origin, "", message, Some(hint.to_owned()));
    let unpacked = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes)
            .take(BYTES_MAX)
            .read_to_end(&mut text)
            .map_err(|e| bare(format!("is not whole gzip: {e}"), "download it again"))?;
        text
    } else {
        bytes.to_vec()
    };
    String::from_utf8(unpacked).map_err(|_| bare("is not text".to_owned(), format).into())
}
