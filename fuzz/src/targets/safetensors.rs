//! Model files: safetensors into the states of a tiny model.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proofmark_engine::StateBlock;
use proofmark_model::layers::{dense, flatten};
use proofmark_model::{ModelSpec, Target, model_file};
use proofmark_tensor::Shape;

use super::framed::{framed, unframed};
use super::{Seed, same_bits, say, texts};
use crate::heap::bounded;

/// A tensor of no elements takes a name and a place of 50 bytes in the file, and some hundreds in the tables.
const BYTES_PER_BYTE: usize = 32;
/// Room for error messages.
const FIXED_BYTES: usize = 64 << 10;

/// What parses has tensors that fill the data exactly, and is refused when a byte is missing or left over; a model takes
/// all of it or nothing, and writes what it took so that it is read as the same. Also for the input as header and data of
/// a file (zero byte between them).
pub fn check(bytes: &[u8]) {
    check_file(bytes);
    check_file(&framed(bytes));
}

fn check_file(bytes: &[u8]) {
    let file = match bounded(FIXED_BYTES + bytes.len() * BYTES_PER_BYTE, || model_file::parse(bytes)) {
        Ok(file) => file,
        Err(error) => return say(&error),
    };
    let header_bytes = bytes[..8].try_into().map(u64::from_le_bytes).expect("eight bytes");
    let tensors: BTreeMap<&str, &Shape> = file.tensors().collect();
    let elements: usize = tensors.values().map(|shape| shape.elements()).sum();
    assert_eq!(8 + header_bytes as usize + 4 * elements, bytes.len());
    assert!(model_file::parse(&[bytes, &[0]].concat()).is_err());
    assert!(model_file::parse(&bytes[..bytes.len() - 1]).is_err());

    let mut state = tiny();
    let before = state.all().to_vec();
    if let Err(error) = file.load(&mut state) {
        say(&error);
        assert!(same_bits(state.all(), &before), "a refused file changed the model");
        return;
    }
    let written = model_file::write(&state, &file.metadata);
    let again = model_file::parse(&written).expect("written by us");
    assert_eq!(again.metadata, file.metadata);
    assert_eq!(again.tensors().collect::<BTreeMap<_, _>>(), tensors);
    let mut other = tiny();
    again.load(&mut other).expect("the same model");
    assert!(same_bits(other.all(), state.all()));
    assert_eq!(model_file::write(&other, &again.metadata), written);
}

/// The tiny model's file in both forms, and headers that are wrong.
pub fn seeds() -> Vec<Seed> {
    let metadata = [("name".to_owned(), "digits \u{6570}\u{5b57} \"\n".to_owned())].into();
    let good = model_file::write(&tiny(), &metadata);
    let mut seeds = vec![
        ("model", good.clone()),
        ("model-framed", unframed(&good)),
        ("no-metadata-framed", unframed(&model_file::write(&tiny(), &BTreeMap::new()))),
        ("cut", good[..good.len() - 2].to_vec()),
        ("header-too-long", [&[255; 8][..], b"{}"].concat()),
        ("pickle", b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}".to_vec()),
        ("hdf5", b"\x89HDF\r\n\x1a\n\x00".to_vec()),
    ];
    seeds.extend(texts(&[
        ("empty-framed", "{}"),
        ("no-elements-framed", r#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#),
        ("scalar-framed", "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}\0abcd"),
        ("f16-framed", "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}\0ab"),
        ("overflow-framed", r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#),
        ("overlap-framed", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}\0abcd"),
        ("beyond-framed", r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,18446744073709551615]}}"#),
        ("twice-framed", r#"{"__metadata__":{"a":"1","a":"2"}}"#),
    ]));
    seeds
}

/// The states of a model with six parameters.
fn tiny() -> StateBlock {
    static TINY: LazyLock<StateBlock> = LazyLock::new(|| {
        let spec = ModelSpec::new().add(flatten()).add(dense(2).softmax());
        let model = spec.check([1, 2, 1], Target::Category { classes: 2 }).expect("a model");
        let mut state = StateBlock::new(&model.inference_graph().expect("a graph").graph);
        model.initialize(7, &mut state);
        state
    });
    TINY.clone()
}
