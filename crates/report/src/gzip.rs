//! Gzip (RFC 1952) as a stream. Not through flate2: it compresses with whichever zlib the build has switched on, and
//! their bytes differ.

use std::io::{self, Write};

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};

/// Compression level: a higher one makes traces a fifth smaller and takes several times as long.
const LEVEL: i32 = 3;

/// Compresses what is written to it.
pub struct Gzip<W> {
    out: W,
    deflate: Box<CompressorOxide>,
    pending: Vec<u8>,
    sum: crc32fast::Hasher,
    length: u32,
}

/// Bytes that are compressed at once.
const CHUNK: usize = 1 << 16;

impl<W: Write> Gzip<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn new(mut out: W) -> io::Result<Self> {
        // Deflate, no name, no time, no system: the same bytes everywhere.
        out.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])?;
        // Negative bits of window: no zlib header.
        let deflate = Box::new(CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, -15, 0)));
        Ok(Self {
            out,
            deflate,
            pending: Vec::with_capacity(CHUNK),
            sum: crc32fast::Hasher::new(),
            length: 0,
        })
    }

    /// Ends the file and gives `out` back.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.compress(TDEFLFlush::Finish)?;
        self.out.write_all(&self.sum.clone().finalize().to_le_bytes())?;
        self.out.write_all(&self.length.to_le_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn compress(&mut self, flush: TDEFLFlush) -> io::Result<()> {
        self.sum.update(&self.pending);
        // The format wants the length modulo 2^32.
        self.length = self.length.wrapping_add(self.pending.len() as u32);
        let mut failed = Ok(());
        let (status, _) = compress_to_output(&mut self.deflate, &self.pending, flush, |bytes| {
            failed = self.out.write_all(bytes);
            failed.is_ok()
        });
        self.pending.clear();
        failed?;
        match status {
            TDEFLStatus::Okay | TDEFLStatus::Done => Ok(()),
            bad => Err(io::Error::other(format!("deflate ended with {bad:?}"))),
        }
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= CHUNK {
            self.compress(TDEFLFlush::None)?;
        }
        Ok(bytes.len())
    }

    /// Writes nothing: what is pending is compressed with what follows, so that bytes do not depend on when callers flush.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a [`Gzip`] wrote.
#[cfg(test)]
pub(crate) fn gunzip(file: &[u8]) -> Vec<u8> {
    let (data, tail) = file.split_at(file.len() - 8);
    assert_eq!(data[..4], [0x1f, 0x8b, 8, 0]);
    let plain = miniz_oxide::inflate::decompress_to_vec(&data[10..]).expect("it was deflated");
    assert_eq!(tail[..4], crc32fast::hash(&plain).to_le_bytes());
    assert_eq!(tail[4..], (plain.len() as u32).to_le_bytes());
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_however_it_was_cut() {
        let text: String = (0..40_000).map(|n| format!("{}\n", n * n % 7919)).collect();
        let write = |step: usize| {
            let mut gzip = Gzip::new(Vec::new()).unwrap();
            text.as_bytes().chunks(step).for_each(|piece| gzip.write_all(piece).unwrap());
            gzip.finish().unwrap()
        };
        for step in [100, 7_777, 1 << 20] {
            assert_eq!(gunzip(&write(step)), text.as_bytes(), "{step}");
        }
        assert!(write(100).len() < text.len() / 2);
        assert_eq!(gunzip(&Gzip::new(Vec::new()).unwrap().finish().unwrap()), b"");
    }
}
