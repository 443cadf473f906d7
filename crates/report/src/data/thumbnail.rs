//! A small image: checked once, then encoded without a failure.

use base64::{Engine, engine::general_purpose::STANDARD};
use proofmark_messages::{Lang, Localize, display_in_english, report as say};
use serde::{Deserialize, Serialize};

/// The longest side that a page carries; larger images are shrunk by averaging.
const MAX_SIDE: usize = 96;

/// A small image of 8-bit pixels, row by row, channels last; at most 96 pixels a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Thumbnail {
    width: usize,
    height: usize,
    channels: usize,
    pixels: Vec<u8>,
}

/// Why an image cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThumbnailError {
    /// A side is zero, or there are not 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels.
    Shape {
        /// Pixels a row.
        width: usize,
        /// Rows.
        height: usize,
        /// Values a pixel.
        channels: usize,
    },
    /// The values are not as many as the shape asks for.
    Length {
        /// Width × height × channels.
        expected: usize,
        /// What there was.
        received: usize,
    },
    /// The pixels of a written thumbnail are not base64.
    Encoding(base64::DecodeError),
}

/// As it stands in JSON: pixels in base64 take a third of what a list of numbers takes.
#[derive(Serialize, Deserialize)]
struct Written {
    width: usize,
    height: usize,
    channels: usize,
    pixels: String,
}

impl Thumbnail {
    /// An image of `width` × `height` × `channels` bytes, shrunk to at most 96 pixels a side.
    ///
    /// # Errors
    /// If a side is zero, the channels are not 1 to 4, or `pixels` has another length.
    pub fn new(width: usize, height: usize, channels: usize, pixels: Vec<u8>) -> Result<Self, ThumbnailError> {
        let shape = ThumbnailError::Shape { width, height, channels };
        if width == 0 || height == 0 || !(1..=4).contains(&channels) {
            return Err(shape);
        }
        let Some(expected) = width.checked_mul(height).and_then(|area| area.checked_mul(channels)) else {
            return Err(shape);
        };
        if pixels.len() != expected {
            return Err(ThumbnailError::Length { expected, received: pixels.len() });
        }
        Ok(Self { width, height, channels, pixels }.shrunk())
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The image as the address of an embedded PNG file.
    pub(crate) fn data_uri(&self) -> String {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width as u32, self.height as u32);
        encoder.set_color(match self.channels {
            1 => png::ColorType::Grayscale,
            2 => png::ColorType::GrayscaleAlpha,
            3 => png::ColorType::Rgb,
            _ => png::ColorType::Rgba,
        });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&self.pixels)?;
            writer.finish()
        });
        written.expect("the shape was checked when the thumbnail was made, and memory takes every write");
        format!("data:image/png;base64,{}", STANDARD.encode(&file))
    }

    fn shrunk(self) -> Self {
        let longest = self.width.max(self.height);
        if longest <= MAX_SIDE {
            return self;
        }
        let (width, height) = ((self.width * MAX_SIDE / longest).max(1), (self.height * MAX_SIDE / longest).max(1));
        let mut pixels = Vec::with_capacity(width * height * self.channels);
        for y in 0..height {
            let rows = y * self.height / height..((y + 1) * self.height / height);
            for x in 0..width {
                let columns = x * self.width / width..((x + 1) * self.width / width);
                for channel in 0..self.channels {
                    let values = rows.clone().flat_map(|row| {
                        columns.clone().map(move |column| (row * self.width + column) * self.channels + channel)
                    });
                    let sum: usize = values.map(|idx| usize::from(self.pixels[idx])).sum();
                    pixels.push((sum / (rows.len() * columns.len())) as u8);
                }
            }
        }
        Self { width, height, channels: self.channels, pixels }
    }
}

impl From<Thumbnail> for Written {
    fn from(image: Thumbnail) -> Self {
        let Thumbnail { width, height, channels, pixels } = image;
        Self { width, height, channels, pixels: STANDARD.encode(pixels) }
    }
}

impl TryFrom<Written> for Thumbnail {
    type Error = ThumbnailError;

    fn try_from(written: Written) -> Result<Self, ThumbnailError> {
        let pixels = STANDARD.decode(written.pixels).map_err(ThumbnailError::Encoding)?;
        Thumbnail::new(written.width, written.height, written.channels, pixels)
    }
}

impl Localize for ThumbnailError {
    fn text(&self, lang: Lang) -> String {
        match self {
            ThumbnailError::Shape { width, height, channels } => say::thumbnail_shape(lang, width, height, channels),
            ThumbnailError::Length { expected, received } => say::thumbnail_length(lang, expected, received),
            ThumbnailError::Encoding(_) => say::thumbnail_encoding(lang),
        }
    }
}

display_in_english!(ThumbnailError);

impl std::error::Error for ThumbnailError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ThumbnailError::Encoding(cause) => Some(cause),
            ThumbnailError::Shape { .. } | ThumbnailError::Length { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_png_holds_the_same_pixels() {
        for channels in 1..=4 {
            let pixels: Vec<u8> = (0..5 * 3 * channels).map(|idx| (idx * 37 % 256) as u8).collect();
            let image = Thumbnail::new(5, 3, channels, pixels.clone()).unwrap();
            let uri = image.data_uri();
            let file = STANDARD.decode(uri.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
            let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
            let mut decoded = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut decoded).unwrap();
            assert_eq!((info.width, info.height), (5, 3));
            assert_eq!(decoded, pixels, "{channels} channels");
        }
    }

    #[test]
    fn large_images_are_shrunk_by_averaging() {
        let image = Thumbnail::new(192, 96, 1, [0, 100].repeat(96 * 96)).unwrap();
        assert_eq!((image.width(), image.height()), (96, 48));
        assert!(image.pixels.iter().all(|pixel| *pixel == 50));
        let line = Thumbnail::new(1, 1_000, 3, vec![9; 3_000]).unwrap();
        assert_eq!((line.width(), line.height(), line.pixels.len()), (1, 96, 288));
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let mut said = String::new();
        for (width, height, channels, length) in [(0, 1, 1, 0), (2, 2, 5, 20), (2, 2, 1, 3), (usize::MAX, 2, 1, 4)] {
            let error = Thumbnail::new(width, height, channels, vec![0; length]).unwrap_err();
            said.push_str(&format!("{}\n{}\n", error.text(Lang::En), error.text(Lang::ZhCn)));
        }
        let written = r#"{"width":1,"height":1,"channels":1,"pixels":"*"}"#;
        said.push_str(&serde_json::from_str::<Thumbnail>(written).unwrap_err().to_string());
        insta::assert_snapshot!(said);
    }
}
