//! Single images: decoding PNG and JPEG, resizing, shades of grey. Integers and f64 in one order, so that the bytes are
//! the same on every machine.

mod decode;
mod resize;

pub use decode::{DecodeError, Picture, decode, decode_at_most};
pub use resize::resize;

/// Shades of grey from colour: (299 R + 587 G + 114 B) / 1000 rounded half up (ITU-R BT.601 luma). `pixels` are RGB.
pub fn luma(pixels: &[u8]) -> Vec<u8> {
    let weigh = |rgb: &[u8]| 299 * u32::from(rgb[0]) + 587 * u32::from(rgb[1]) + 114 * u32::from(rgb[2]);
    pixels.chunks_exact(3).map(|rgb| ((weigh(rgb) + 500) / 1000) as u8).collect()
}

impl Picture {
    /// This picture as an image of `height` × `width` with one channel (grey, by [`luma`]) or three (colour; grey is
    /// repeated), brought to size by [`resize`]. The sides' ratio is not kept.
    pub fn fit(self, height: usize, width: usize, channels: usize) -> Vec<u8> {
        let Picture { height: from_height, width: from_width, channels: from_channels, pixels } = self;
        let pixels = match (from_channels, channels) {
            (3, 1) => luma(&pixels),
            (1, 3) => pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
            _ => pixels,
        };
        if (from_height, from_width) == (height, width) {
            return pixels;
        }
        resize(&pixels, [from_height, from_width, channels], [height, width])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_weighs_green_most_and_keeps_grey() {
        assert_eq!(luma(&[255, 0, 0, 0, 255, 0, 0, 0, 255]), [76, 150, 29]);
        for grey in 0..=255 {
            assert_eq!(luma(&[grey; 3]), [grey]);
        }
    }

    #[test]
    fn a_picture_fits_any_shape() {
        let colour = Picture { height: 1, width: 2, channels: 3, pixels: vec![255, 0, 0, 0, 0, 0] };
        assert_eq!(colour.clone().fit(1, 2, 1), [76, 0]);
        assert_eq!(colour.clone().fit(1, 2, 3), [255, 0, 0, 0, 0, 0]);
        assert_eq!(colour.fit(1, 1, 1), [38]);
        let grey = Picture { height: 1, width: 1, channels: 1, pixels: vec![9] };
        assert_eq!(grey.fit(2, 1, 3), [9; 6]);
    }
}
