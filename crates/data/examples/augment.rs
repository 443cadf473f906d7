//! What augmentation costs on one thread: nanoseconds for an image of 28 by 28, and seconds for an epoch of 54,000.
//!
//! `cargo run --release -p proofmark-data --example augment`

use std::error::Error;
use std::time::Instant;

use proofmark_data::{DataSpec, PreparedSet, QualitySpec, prepare};

const IMAGES: usize = 600;
const SIDE: usize = 28;
const REPEATS: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("proofmark-augment-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    result
}

fn measure(folder: &std::path::Path) -> Result<(), Box<dyn Error>> {
    let pixels: Vec<u8> = (0..IMAGES * SIDE * SIDE).map(|i| (i * 7919 % 251) as u8).collect();
    let labels: Vec<u8> = (0..IMAGES).map(|i| (i % 10) as u8).collect();
    for part in ["train", "t10k"] {
        let mut images = vec![0, 0, 8, 3];
        [IMAGES, SIDE, SIDE].iter().for_each(|extent| images.extend((*extent as u32).to_be_bytes()));
        images.extend(&pixels);
        std::fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images)?;
        let mut bytes = vec![0, 0, 8, 1];
        bytes.extend((IMAGES as u32).to_be_bytes());
        bytes.extend(&labels);
        std::fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), bytes)?;
    }
    println!("{:<42} {:>12} {:>16}", "operators", "ns an image", "s for 54,000");
    for augment in [
        "",
        r#"{ "rotate": { "degrees": 10 } }"#,
        r#"{ "shift": { "height": 0.1, "width": 0.1 } }"#,
        r#"{ "scale": { "min": 0.9, "max": 1.1 } }"#,
        r#"{ "rotate": { "degrees": 10 } }, { "shift": { "height": 0.1, "width": 0.1 } }, { "scale": { "min": 0.9, "max": 1.1 } }"#,
        r#"{ "rotate": { "degrees": 10, "fill": "reflect" } }"#,
        r#"{ "crop": { "padding": 2 } }"#,
        r#"{ "flip": { "horizontal": 0.5 } }"#,
        r#"{ "brightness": { "max_delta": 0.1 } }"#,
        r#"{ "noise": { "std": 0.1 } }"#,
        r#"{ "cutout": { "size": 8 } }"#,
    ] {
        let spec: DataSpec = serde_json::from_str(&format!(
            r#"{{ "source": {{ "idx": {{ "folder": "." }} }},
                 "features": [{{ "name": "image", "type": "image", "preprocess": ["scale_pixels"], "augment": [{augment}] }}],
                 "target": {{ "name": "label", "type": "category" }} }}"#
        ))?;
        let prepared = prepare(&spec, &QualitySpec::default(), folder, 7, &mut |_| ())?.prepared;
        let set = prepared.ok_or("the gate has no rules")?.train;
        let seconds = (0..REPEATS).map(|epoch| epoch_seconds(&set, epoch)).fold(f64::INFINITY, f64::min);
        let each = seconds / set.len() as f64;
        let names: Vec<&str> = spec.features[0].augment.iter().map(|operator| operator.name()).collect();
        let names = if names.is_empty() { "gathering alone".to_owned() } else { names.join(", ") };
        println!("{names:<42} {:>12.0} {:>16.3}", each * 1e9, each * 54_000.0);
    }
    Ok(())
}

/// Gathers the whole set in batches of 64.
fn epoch_seconds(set: &PreparedSet, epoch: u32) -> f64 {
    let rows: Vec<u32> = (0..set.len() as u32).collect();
    let mut scratch = set.augment_scratch();
    let mut out = vec![0.0; 64 * SIDE * SIDE];
    let started = Instant::now();
    for rows in rows.chunks(64) {
        set.gather_augmented(rows, epoch, &mut scratch, &mut out[..rows.len() * SIDE * SIDE]);
        std::hint::black_box(&out);
    }
    started.elapsed().as_secs_f64()
}
