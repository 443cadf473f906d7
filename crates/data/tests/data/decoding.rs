//! PNG and JPEG to bytes, and images for a trained model.

use crate::files::{idx, png, write};
use png::ColorType::{Grayscale, GrayscaleAlpha, Rgb, Rgba};
use proofmark_data::image::{DecodeError, Picture, decode};
use proofmark_data::spec::FeatureType;
use proofmark_data::{Digest, FittedFeature, FittedStep, read_idx_for_prediction, read_image_for_prediction};
use proofmark_messages::{Lang, Localize};
use tempfile::TempDir;

// Both are 24×16 pixels, encoded by the crate jpeg-encoder 0.7.1 at quality 85: colour.jpg (4:2:0) from red 10x, green 15y, blue
// xy mod 256; grey.jpg from half the red plus half the green.
const COLOUR: &[u8] = include_bytes!("files/colour.jpg");
const GREY: &[u8] = include_bytes!("files/grey.jpg");

fn picture(height: usize, width: usize, channels: usize, pixels: &[u8]) -> Picture {
    Picture { height, width, channels, pixels: pixels.to_vec() }
}

#[test]
fn png_files_decode_to_their_pixels() {
    let cases = [
        (Grayscale, vec![0, 128, 255], picture(1, 3, 1, &[0, 128, 255])),
        (Rgb, vec![1, 2, 3, 4, 5, 6, 7, 8, 9], picture(1, 3, 3, &[1, 2, 3, 4, 5, 6, 7, 8, 9])),
        // Half of black over white is grey; nothing over white is white.
        (GrayscaleAlpha, vec![0, 255, 0, 128, 0, 0], picture(1, 3, 1, &[0, 127, 255])),
        (
            Rgba,
            [[0, 0, 0, 0], [10, 20, 30, 255], [0, 100, 0, 51]].concat(),
            picture(1, 3, 3, &[255, 255, 255, 10, 20, 30, 204, 224, 204]),
        ),
    ];
    for (color, pixels, expected) in cases {
        assert_eq!(decode(&png(3, 1, color, &pixels)).unwrap(), expected, "{color:?}");
    }
}

#[test]
fn png_palettes_are_colours_and_16_bits_keep_the_upper_8() {
    let mut palette = Vec::new();
    let mut encoder = png::Encoder::new(&mut palette, 2, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette(vec![1, 2, 3, 4, 5, 6]);
    encoder.write_header().unwrap().write_image_data(&[0b0100_0000]).unwrap();
    assert_eq!(decode(&palette).unwrap(), picture(1, 2, 3, &[1, 2, 3, 4, 5, 6]));

    let mut deep = Vec::new();
    let mut encoder = png::Encoder::new(&mut deep, 2, 1);
    encoder.set_color(Grayscale);
    encoder.set_depth(png::BitDepth::Sixteen);
    encoder.write_header().unwrap().write_image_data(&[0x12, 0xff, 0x80, 0x00]).unwrap();
    assert_eq!(decode(&deep).unwrap(), picture(1, 2, 1, &[0x12, 0x80]));
}

/// Recorded from the scalar decoder: other bytes would be another definition of what a JPEG file contains.
#[test]
fn jpeg_files_decode_to_recorded_bytes() {
    let recorded = |bytes: &[u8]| {
        let Picture { height, width, channels, pixels } = decode(bytes).unwrap();
        format!("{height}x{width}x{channels} {}", Digest::of(&pixels))
    };
    insta::assert_snapshot!(
        recorded(COLOUR),
        @"16x24x3 87e498e4ad472b9d9689a1d489a163676aff1aba4d9483bfb37eac1eebf813a4"
    );
    insta::assert_snapshot!(recorded(GREY), @"16x24x1 8788da165f49c714ba25bcf636efd2e5c684c09a5e26a8feee29c242c2a17220");
}

#[test]
fn jpeg_pixels_are_near_what_was_encoded() {
    let Picture { pixels, .. } = decode(COLOUR).unwrap();
    for (idx, rgb) in pixels.chunks_exact(3).enumerate() {
        let (x, y) = (idx % 24, idx / 24);
        assert!(rgb[0].abs_diff((10 * x) as u8) < 60 && rgb[1].abs_diff((15 * y) as u8) < 40, "{x},{y}: {rgb:?}");
    }
}

#[test]
fn whatever_is_cut_off_or_no_image_is_refused() {
    let whole = png(3, 2, Rgb, &[200; 18]);
    for length in 0..whole.len() {
        assert!(decode(&whole[..length]).is_err(), "PNG of {length} bytes");
    }
    for jpeg in [COLOUR, GREY] {
        // Up to the end-of-image marker, which decoders can do without.
        for length in 0..jpeg.len() - 40 {
            assert!(decode(&jpeg[..length]).is_err(), "JPEG of {length} bytes");
        }
    }
    // 60,000 × 60,000 pixels in a few bytes.
    let mut bomb = whole;
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let checksum = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&checksum);
    assert!(matches!(decode(&bomb), Err(DecodeError::TooLarge { height: 60000, width: 60000, .. })));
}

#[test]
fn decoding_says_what_is_wrong() {
    let mut damaged = png(3, 2, Rgb, &[200; 18]);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let mut text = String::new();
    for bytes in [&b""[..], b"GIF89a", &damaged, &COLOUR[..300]] {
        let error = decode(bytes).unwrap_err();
        for lang in Lang::ALL {
            text += &format!("{}\n", error.text(lang));
        }
    }
    text += &DecodeError::TooLarge { height: 60000, width: 60000, max_pixels: 64 << 20 }.text(Lang::En);
    insta::assert_snapshot!(text);
}

fn feature() -> FittedFeature {
    let steps = vec![FittedStep::ScalePixels];
    FittedFeature {
        name: "image".to_owned(),
        kind: FeatureType::Image,
        source_shape: vec![1, 2, 1],
        shape: vec![1, 2, 1],
        steps,
        tokens: None,
        rate_hz: None,
    }
}

#[test]
fn colour_images_become_what_a_grey_model_reads() {
    let folder = TempDir::new().unwrap();
    // Two rows of red, white, black, black: luma 76, 255, 0, 0, averaged by pairs.
    let pixels = [[255, 0, 0], [255; 3], [0; 3], [0; 3]].concat().repeat(2);
    write(folder.path(), "x.png", &png(4, 2, Rgb, &pixels));
    let numbers = read_image_for_prediction(&folder.path().join("x.png"), &feature()).unwrap();
    assert_eq!(numbers, [166.0 / 255.0, 0.0]);
}

#[test]
fn idx_files_are_read_for_prediction_and_must_fit() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "x", &idx(&[3, 1, 2], &[0, 51, 255, 0, 0, 255]));
    let images = read_idx_for_prediction(&folder.path().join("x"), &feature()).unwrap();
    let mut out = [0.0; 4];
    images.gather(1, &mut out);
    assert_eq!((images.len(), out), (3, [1.0, 0.0, 0.0, 1.0]));
    let other = FittedFeature { source_shape: vec![2, 2, 1], ..feature() };
    let error = read_idx_for_prediction(&folder.path().join("x"), &other).unwrap_err();
    let text = error.to_string().replace(&*folder.path().to_string_lossy(), "DIR");
    insta::assert_snapshot!(
        text,
        @"the images of `DIR/x` have the shape `[1, 2, 1]`, the model was trained on `[2, 2, 1]`"
    );
}

/// The checksum of a PNG chunk (ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
