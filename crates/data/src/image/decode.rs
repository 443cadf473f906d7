//! PNG and JPEG to 8-bit grey or RGB.
//!
//! What the decoders do is a matter of bits: a JPEG decoder's inverse cosine transform and colour conversion differ
//! from one implementation to the next. PNG is lossless. JPEG is decoded by zune-jpeg's scalar code: its AVX2 and NEON
//! paths are left out when it is compiled (crates/data/Cargo.toml), because its run-time option leaves AVX2 on. A test
//! compares decoded bytes with recorded ones, and fails should another crate of the workspace turn those features on
//! and the paths differ (on 200 files of many sizes, samplings and qualities they agreed to the bit in zune-jpeg
//! 0.5.15). Colour profiles, gamma and EXIF orientation are not applied.

use proofmark_messages::{Lang, Localize, data as say, display_in_english};
use std::io::Cursor;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

/// More pixels than this are refused before they are decoded: a small file can claim to be a huge image.
const MAX_PIXELS: usize = 64 << 20;

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG_SIGNATURE: &[u8] = b"\xff\xd8\xff";

/// A decoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// `height × width × channels` bytes, row-major, channels last.
    pub pixels: Vec<u8>,
}

/// Why bytes are not an image.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// Neither a PNG nor a JPEG file: its first bytes (at most four).
    UnknownFormat {
        /// Hexadecimal digits of the first bytes; empty for an empty file.
        first_bytes: Vec<u8>,
    },
    /// A damaged or unsupported PNG file.
    Png(png::DecodingError),
    /// A damaged or unsupported JPEG file.
    Jpeg(zune_jpeg::errors::DecodeErrors),
    /// More pixels than are decoded.
    TooLarge {
        /// The image's height.
        height: usize,
        /// The image's width.
        width: usize,
        /// How many pixels an image may have.
        max_pixels: usize,
    },
}

impl Localize for DecodeError {
    fn text(&self, lang: Lang) -> String {
        match self {
            DecodeError::UnknownFormat { first_bytes } if first_bytes.is_empty() => say::image_file_is_empty(lang),
            DecodeError::UnknownFormat { first_bytes } => {
                let hex: Vec<String> = first_bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                say::image_format_unknown(lang, hex.join(" "))
            }
            DecodeError::Png(error) => say::png_damaged(lang, clause(error)),
            DecodeError::Jpeg(error) => say::jpeg_damaged(lang, clause(error)),
            DecodeError::TooLarge { height, width, max_pixels } => {
                say::image_too_large(lang, height, width, max_pixels)
            }
        }
    }
}

/// A decoder's own words as part of a sentence: without a full stop or line break at their end.
fn clause(error: &dyn std::error::Error) -> String {
    error.to_string().trim_end_matches(|end: char| end == '.' || end.is_whitespace()).to_owned()
}

display_in_english!(DecodeError);

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DecodeError::Png(error) => Some(error),
            DecodeError::Jpeg(error) => Some(error),
            DecodeError::UnknownFormat { .. } | DecodeError::TooLarge { .. } => None,
        }
    }
}

/// Decodes a PNG or JPEG file, recognised by its first bytes. 16-bit samples keep their upper byte; transparency is
/// laid over white; of an animation the first frame counts.
///
/// # Errors
/// If the bytes are no such file, are damaged or cut off (but for the last bytes of a JPEG file, which decoders
/// do without), or hold more than 64 Mi pixels.
pub fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    decode_at_most(bytes, MAX_PIXELS)
}

/// As [`decode`], but refuses more than `max_pixels` pixels.
///
/// # Errors
/// As [`decode`].
pub fn decode_at_most(bytes: &[u8], max_pixels: usize) -> Result<Picture, DecodeError> {
    if bytes.starts_with(PNG_SIGNATURE) {
        decode_png(bytes, max_pixels)
    } else if bytes.starts_with(JPEG_SIGNATURE) {
        decode_jpeg(bytes, max_pixels)
    } else {
        Err(DecodeError::UnknownFormat { first_bytes: bytes[..bytes.len().min(4)].to_vec() })
    }
}

fn check_size(height: usize, width: usize, max_pixels: usize) -> Result<(), DecodeError> {
    match height.checked_mul(width) {
        Some(pixels) if pixels <= max_pixels => Ok(()),
        _ => Err(DecodeError::TooLarge { height, width, max_pixels }),
    }
}

fn decode_png(bytes: &[u8], max_pixels: usize) -> Result<Picture, DecodeError> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let info = decoder.read_header_info().map_err(DecodeError::Png)?;
    check_size(info.height as usize, info.width as usize, max_pixels)?;
    let mut reader = decoder.read_info().map_err(DecodeError::Png)?;
    let length = reader.output_buffer_size().ok_or(DecodeError::Png(png::DecodingError::LimitsExceeded))?;
    let mut pixels = vec![0; length];
    let frame = reader.next_frame(&mut pixels).map_err(DecodeError::Png)?;
    // Reads the rest too, so that a file that was cut off after its pixels is noticed.
    reader.finish().map_err(DecodeError::Png)?;
    pixels.truncate(frame.buffer_size());
    let (channels, pixels) = match frame.color_type {
        png::ColorType::Grayscale | png::ColorType::Indexed => (1, pixels),
        png::ColorType::Rgb => (3, pixels),
        png::ColorType::GrayscaleAlpha => (1, over_white::<1>(&pixels)),
        png::ColorType::Rgba => (3, over_white::<3>(&pixels)),
    };
    Ok(Picture { height: frame.height as usize, width: frame.width as usize, channels, pixels })
}

/// Lays pixels of `COLOURS` colours and an opacity over white.
fn over_white<const COLOURS: usize>(pixels: &[u8]) -> Vec<u8> {
    let blend = |colour: u8, opacity: u8| {
        let (colour, opacity) = (u32::from(colour), u32::from(opacity));
        ((colour * opacity + 255 * (255 - opacity) + 127) / 255) as u8
    };
    pixels.chunks_exact(COLOURS + 1).flat_map(|p| p[..COLOURS].iter().map(move |c| blend(*c, p[COLOURS]))).collect()
}

fn decode_jpeg(bytes: &[u8], max_pixels: usize) -> Result<Picture, DecodeError> {
    // Strict: otherwise a file that was cut off decodes to an image whose rest is grey.
    let options = DecoderOptions::default().set_strict_mode(true);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(DecodeError::Jpeg)?;
    let (height, width) = decoder.info().map_or((0, 0), |info| (usize::from(info.height), usize::from(info.width)));
    check_size(height, width, max_pixels)?;
    let (space, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        _ => (ColorSpace::RGB, 3),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let pixels = decoder.decode().map_err(DecodeError::Jpeg)?;
    Ok(Picture { height, width, channels, pixels })
}
