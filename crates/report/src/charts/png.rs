//! Pixels to a PNG file. Not the `png` crate: it compresses with whichever zlib the build has switched on, and their
//! bytes differ.

/// Compression level: 9 makes the file a few percent smaller and takes twice the time.
const LEVEL: u8 = 7;

/// An RGB picture, eight bits a channel, row after row, as the bytes of a file
/// (Portable Network Graphics, second edition, ISO/IEC 15948).
pub(super) fn encode(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    file(pixels, width, height, Samples::Rgb)
}

/// The same in shades of grey, a byte a pixel.
pub(crate) fn encode_grey(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    file(pixels, width, height, Samples::Grey)
}

/// What a pixel is: its value is the colour type of the standard.
#[derive(Copy, Clone)]
enum Samples {
    Grey = 0,
    Rgb = 2,
}

fn file(pixels: &[u8], width: u32, height: u32, samples: Samples) -> Vec<u8> {
    let bytes = match samples {
        Samples::Grey => 1,
        Samples::Rgb => 3,
    };
    assert_eq!(pixels.len() as u64, u64::from(width) * u64::from(height) * bytes, "whole pixels");
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    // Eight bits, the one compression, the one filtering, not interlaced.
    head.extend([8, samples as u8, 0, 0, 0]);
    chunk(&mut file, *b"IHDR", &head);
    let data = miniz_oxide::deflate::compress_to_vec_zlib(
        &differences(pixels, width as usize * bytes as usize),
        LEVEL,
    );
    chunk(&mut file, *b"IDAT", &data);
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// Each row as the differences from the one above (filter 2, "Up"): plots are mostly upright edges.
fn differences(pixels: &[u8], pitch: usize) -> Vec<u8> {
    let mut above = vec![0; pitch];
    let mut data = Vec::with_capacity(pixels.len() + pixels.len() / pitch);
    for row in pixels.chunks_exact(pitch) {
        data.push(2);
        data.extend(row.iter().zip(&above).map(|(here, up)| here.wrapping_sub(*up)));
        above.copy_from_slice(row);
    }
    data
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    // A picture of `Style::MAX` has 192 million bytes before compression.
    let length = u32::try_from(data.len()).expect("far below four billion bytes");
    file.extend(length.to_be_bytes());
    let from = file.len();
    file.extend(name);
    file.extend(data);
    let sum = crc(&file[from..]);
    file.extend(sum.to_be_bytes());
}

/// CRC-32 as PNG wants it, bit by bit: a few milliseconds a file.
fn crc(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| shift(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // The chunk that ends every PNG.
        let mut file = Vec::new();
        chunk(&mut file, *b"IEND", &[]);
        assert_eq!(file, [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82]);
    }

    #[test]
    fn pixels_come_back() {
        let pixels: Vec<u8> = (0..5 * 7 * 3).map(|i| (i * 37 % 251) as u8).collect();
        let file = encode(&pixels, 5, 7);
        let mut reader = ::png::Decoder::new(file.as_slice()).read_info().unwrap();
        let mut decoded = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut decoded).unwrap();
        assert_eq!((info.width, info.height), (5, 7));
        assert_eq!(decoded, pixels);
    }
}
