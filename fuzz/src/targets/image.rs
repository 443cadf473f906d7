//! The readers of PNG and JPEG.

use proofmark_data::image::{Picture, decode_at_most};

use super::{Seed, say};
use crate::heap::bounded;

/// Small, so that a second tries many inputs: what a file announces is bounded by this as by the real limit.
const MAX_PIXELS: usize = 1 << 18;
/// What the decoders hold for a pixel at most: coefficients, samples and colours of three channels, opacity, 16-bit rows.
const BYTES_PER_PIXEL: usize = 64;
/// Tables and windows of the decompressors, buffers of a scan line.
const FIXED_BYTES: usize = 4 << 20;

/// What decodes has as many bytes as its size says, decodes the same again, and comes back from a PNG file written by a second
/// implementation; the heap stays within what so many pixels need, whatever the file announces.
pub fn check(bytes: &[u8]) {
    let limit = FIXED_BYTES + MAX_PIXELS * BYTES_PER_PIXEL + bytes.len() * 2;
    match bounded(limit, || decode_at_most(bytes, MAX_PIXELS)) {
        Ok(picture) => {
            assert!(matches!(picture.channels, 1 | 3));
            assert!(picture.height * picture.width <= MAX_PIXELS);
            assert_eq!(picture.pixels.len(), picture.height * picture.width * picture.channels);
            assert_eq!(decode_at_most(bytes, MAX_PIXELS).expect("decoded before"), picture);
            if !picture.pixels.is_empty() {
                assert_eq!(decode_at_most(&png(&picture), MAX_PIXELS).expect("written by the png crate"), picture);
                assert_eq!(picture.fit(3, 2, 1).len(), 6);
            }
        }
        Err(error) => say(&error),
    }
}

/// Grey and colour of both formats, and PNG with a palette, opacity, 16 bits, one bit; cut and torn ones.
pub fn seeds() -> Vec<Seed> {
    let jpeg_grey = include_bytes!("../../../crates/data/tests/data/files/grey.jpg");
    let jpeg_colour = include_bytes!("../../../crates/data/tests/data/files/colour.jpg");
    let grey = encode(png::ColorType::Grayscale, png::BitDepth::Eight, 3, 2, &[0, 50, 100, 150, 200, 255]);
    let mut torn = grey.clone();
    let middle = torn.len() - 20;
    torn[middle] ^= 0x10;
    let mut huge = grey.clone();
    huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    vec![
        ("png-grey", grey.clone()),
        ("png-colour", encode(png::ColorType::Rgb, png::BitDepth::Eight, 2, 1, &[255, 0, 0, 0, 0, 255])),
        ("png-opacity", encode(png::ColorType::Rgba, png::BitDepth::Eight, 1, 2, &[255, 0, 0, 0, 0, 0, 255, 128])),
        ("png-grey-opacity", encode(png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, 1, 1, &[10, 20])),
        ("png-sixteen-bits", encode(png::ColorType::Rgb, png::BitDepth::Sixteen, 1, 1, &[1, 2, 3, 4, 5, 6])),
        ("png-one-bit", encode(png::ColorType::Grayscale, png::BitDepth::One, 9, 1, &[0b1010_1010, 0b1000_0000])),
        ("png-palette", palette()),
        ("png-cut", grey[..grey.len() - 15].to_vec()),
        ("png-torn", torn),
        ("png-announces-much", huge),
        ("jpeg-grey", jpeg_grey.to_vec()),
        ("jpeg-colour", jpeg_colour.to_vec()),
        ("jpeg-cut", jpeg_colour[..jpeg_colour.len() / 2].to_vec()),
        ("neither", b"GIF89a".to_vec()),
    ]
}

fn png(picture: &Picture) -> Vec<u8> {
    let colour = if picture.channels == 1 { png::ColorType::Grayscale } else { png::ColorType::Rgb };
    encode(colour, png::BitDepth::Eight, picture.width as u32, picture.height as u32, &picture.pixels)
}

fn encode(colour: png::ColorType, depth: png::BitDepth, width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    write(colour, depth, width, height, data, None)
}

fn palette() -> Vec<u8> {
    let colours = [255, 0, 0, 0, 255, 0, 0, 0, 255];
    write(png::ColorType::Indexed, png::BitDepth::Two, 4, 1, &[0b0001_1000], Some(&colours))
}

fn write(
    colour: png::ColorType,
    depth: png::BitDepth,
    width: u32,
    height: u32,
    data: &[u8],
    palette: Option<&[u8]>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if let Some(colours) = palette {
        encoder.set_palette(colours.to_vec());
    }
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(data).expect("as many bytes as the size needs");
    writer.finish().expect("into memory");
    bytes
}
