//! Augmentation as a user writes it, from the spec to what training reads.

use crate::files::{data_spec, idx_set, prepare};
use proofmark_data::augment::preview;
use proofmark_data::spec::check;
use proofmark_data::{DataError, DataSpec, Prepared, QualitySpec};
use proofmark_messages::{Lang, Localize};
use serde_json::{Value, json};

fn spec(augment: &Value) -> DataSpec {
    data_spec(json!({
        "features": [{ "name": "image", "type": "image", "preprocess": ["scale_pixels"], "augment": augment }],
    }))
}

fn prepared(augment: &Value, seed: u64) -> Prepared {
    prepare(&spec(augment), &QualitySpec::default(), idx_set().path(), seed).prepared.unwrap()
}

fn gathered(prepared: &Prepared, rows: &[u32], epoch: u32) -> Vec<u32> {
    let set = &prepared.train;
    let mut numbers = vec![0.0; rows.len() * set.feature_shape().elements()];
    set.gather_augmented(rows, epoch, &mut set.augment_scratch(), &mut numbers);
    numbers.iter().map(|number| number.to_bits()).collect()
}

#[test]
fn what_the_documentation_shows_is_understood() {
    let spec = spec(&json!([
        { "rotate": { "degrees": 10 } },
        { "shift": { "height": 0.1, "width": 0.1 } },
        { "scale": { "min": 0.9, "max": 1.1, "fill": { "constant": 0 } } },
        { "crop": { "padding": 2, "fill": "reflect" } },
        { "flip": { "horizontal": 0.5 } },
        { "brightness": { "max_delta": 0.1 } },
        { "noise": { "std": 0.05 } },
        { "cutout": { "size": 3 } },
    ]));
    assert_eq!(check(&spec, &QualitySpec::default()), []);
    // With all defaults, as it stands in a run's lock.
    insta::assert_snapshot!(crate::files::json(&spec.features[0].augment));
    let written = serde_json::to_value(&spec).unwrap();
    assert_eq!(serde_json::from_value::<DataSpec>(written).unwrap(), spec);
    // A spec without augmentation is written as it always was, so that the locks of old runs keep their digests.
    assert!(serde_json::to_value(data_spec(json!({}))).unwrap()["features"][0].get("augment").is_none());
}

#[test]
fn mistakes_are_told_with_their_place() {
    let mut text = String::new();
    let mut tell = |key: &str, error: &dyn Localize| {
        text += &format!("# {key}\n");
        for lang in Lang::ALL {
            text += &format!("{}\n", error.text(lang));
        }
    };
    let wrong = spec(&json!([
        { "rotate": { "degrees": 0 } },
        { "scale": { "min": 1.2, "max": 1.1, "fill": { "constant": 1.5 } } },
        { "noise": { "std": -0.1 } },
    ]));
    for problem in check(&wrong, &QualitySpec::default()) {
        tell(problem.key(), &problem);
    }
    let many: Vec<Value> = (0..33).map(|_| json!({ "flip": { "horizontal": 0.5 } })).collect();
    for problem in check(&spec(&json!(many)), &QualitySpec::default()) {
        tell(problem.key(), &problem);
    }
    // What only the images' size says: they have 4 x 4 pixels.
    for augment in [json!([{ "crop": { "padding": 4 } }]), json!([{ "cutout": { "size": 5 } }])] {
        let folder = idx_set();
        let error = proofmark_data::prepare(&spec(&augment), &QualitySpec::default(), folder.path(), 7, &mut |_| ())
            .unwrap_err();
        assert!(matches!(error, DataError::Spec(_)));
        tell(&error.key().unwrap(), &error);
    }
    insta::assert_snapshot!(text);
    for unknown in [json!(["flip"]), json!([{ "rotation": { "degrees": 3 } }]), json!([{ "crop": {} }])] {
        let mut value = serde_json::to_value(data_spec(json!({}))).unwrap();
        value["features"][0]["augment"] = unknown.clone();
        assert!(serde_json::from_value::<DataSpec>(value).is_err(), "{unknown}");
    }
}

#[test]
fn only_train_varies_and_its_digest_and_profile_do_not() {
    let augment = json!([{ "shift": { "height": 0.3, "width": 0.3 } }, { "noise": { "std": 0.1 } }]);
    let (plain, augmented) = (prepared(&json!([]), 7), prepared(&augment, 7));
    assert!(plain.train.augmentation().is_none());
    assert_eq!(augmented.train.augmentation().unwrap().operators().count(), 2);
    assert!(augmented.validation.augmentation().is_none() && augmented.test.augmentation().is_none());
    assert_eq!(augmented.train.digest(), plain.train.digest());
    assert_eq!(augmented.feature, plain.feature);

    let mut numbers = vec![0.0; 2 * 16];
    plain.train.gather(&[3, 8], &mut numbers);
    let bits: Vec<u32> = numbers.iter().map(|number| number.to_bits()).collect();
    assert_eq!(gathered(&plain, &[3, 8], 5), bits);
    assert_ne!(gathered(&augmented, &[3, 8], 5), bits);
    augmented.train.gather(&[3, 8], &mut numbers);
    assert_eq!(numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>(), bits);
}

#[test]
fn an_image_of_an_epoch_is_the_same_in_any_batch() {
    let augment = json!([{ "rotate": { "degrees": 30 } }, { "noise": { "std": 0.1 } }]);
    let set = prepared(&augment, 7);
    let together = gathered(&set, &[4, 2, 4], 1);
    assert_eq!(together[..16], together[32..]);
    assert_eq!(gathered(&set, &[2], 1), together[16..32]);
    assert_ne!(gathered(&set, &[2], 2), together[16..32]);
}

#[test]
fn a_preview_shows_what_the_first_epochs_see() {
    let augment = json!([{ "flip": { "horizontal": 0.5 } }, { "brightness": { "max_delta": 0.3 } }]);
    let set = prepared(&augment, 7).train;
    let variants = preview(&set, 3, 6);
    assert_eq!(variants.len(), 6);
    let different: std::collections::BTreeSet<_> = variants.iter().collect();
    assert!(different.len() > 1);
    let mut numbers = vec![0.0; 16];
    for (variant, epoch) in variants.iter().zip(0..) {
        set.gather_augmented(&[3], epoch, &mut set.augment_scratch(), &mut numbers);
        let bytes: Vec<u8> = numbers.iter().map(|number| (number * 255.0 + 0.5) as u8).collect();
        assert_eq!(*variant, bytes);
    }
    let plain = prepared(&json!([]), 7).train;
    assert_eq!(preview(&plain, 3, 2), [plain.image_u8(3), plain.image_u8(3)]);
}
