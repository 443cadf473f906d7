use super::operator::Levels;
use super::*;
use crate::spec_problem::{ABOVE_ZERO, SpecProblem};
use proptest::prelude::*;

fn pixels() -> Encoding {
    Encoding { by_channel: vec![std::array::from_fn(|byte| byte as f32 / 255.0)] }
}

/// An encoding whose black and white are elsewhere, and not the same in all channels.
fn colours() -> Encoding {
    let table = |low: f32, span: f32| std::array::from_fn(|byte| low + byte as f32 / 255.0 * span);
    Encoding { by_channel: vec![table(0.0, 1.0), table(-1.0, 2.0), table(0.0, 255.0)] }
}

/// What a function makes of an image; `spare` holds rubbish, as in training.
fn changed(
    encoding: &Encoding,
    shape: [usize; 3],
    numbers: &[f32],
    change: impl Fn(&mut Image<'_>, &mut [f32]),
) -> Vec<f32> {
    let [height, width, channels] = shape;
    let extents = Extents { height, width, channels };
    let mut numbers = numbers.to_vec();
    let scale = PixelScale::new(encoding);
    let mut image = Image { numbers: &mut numbers, extents, scale: &scale };
    change(&mut image, &mut vec![f32::NAN; extents.bordered_elements()]);
    numbers
}

pub(super) fn resampled(shape: [usize; 2], numbers: &[f32], map: Affine, fill: Fill) -> Vec<f32> {
    let shape = [shape[0], shape[1], 1];
    changed(&pixels(), shape, numbers, |image, spare| {
        affine::resample(image, &map, fill, spare, &mut affine::Taps::new(shape[1]));
    })
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// Numbers in [0, 1) without a pattern.
pub(super) fn noisy(n: usize, seed: u64) -> Vec<f32> {
    let mut out = vec![0.0; n];
    Stream::new(seed, "test").fill_uniform(0, 0, &mut out);
    out
}

fn spec(json: serde_json::Value) -> AugmentSpec {
    serde_json::from_value(json).unwrap()
}

/// One of each operator, in the order of the list.
fn every_operator() -> Vec<AugmentSpec> {
    let fill = serde_json::json!({ "constant": 0.25 });
    vec![
        spec(serde_json::json!({ "rotate": { "degrees": 30.0, "fill": fill } })),
        spec(serde_json::json!({ "shift": { "height": 0.3, "width": 0.2, "fill": "reflect" } })),
        spec(serde_json::json!({ "scale": { "min": 0.7, "max": 1.4, "fill": "nearest" } })),
        spec(serde_json::json!({ "crop": { "padding": 2, "fill": "reflect" } })),
        spec(serde_json::json!({ "flip": { "horizontal": 1.0, "vertical": 0.5 } })),
        spec(serde_json::json!({ "brightness": { "max_delta": 0.4 } })),
        spec(serde_json::json!({ "noise": { "std": 0.2 } })),
        spec(serde_json::json!({ "cutout": { "size": 3, "value": 0.5 } })),
    ]
}

fn augmented(
    specs: &[AugmentSpec],
    shape: [usize; 3],
    encoding: &Encoding,
    epoch: u32,
    id: u64,
    input: &[f32],
) -> Vec<f32> {
    let augmentation = Augmentation::new(specs, shape, encoding, 7).unwrap();
    let mut scratch = augmentation.scratch();
    scratch.numbers.fill(f32::NAN);
    let mut numbers = input.to_vec();
    augmentation.apply(epoch, id, &mut numbers, &mut scratch);
    numbers
}

#[test]
fn the_list_is_complete_and_named_as_in_specs() {
    let names: Vec<&str> = every_operator().iter().map(AugmentSpec::name).collect();
    assert_eq!(names, AugmentSpec::NAMES);
    for operator in every_operator() {
        let json = serde_json::to_value(&operator).unwrap();
        assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), [operator.name()]);
        assert_eq!(spec(json), operator);
    }
}

#[test]
fn parameters_that_change_nothing_leave_every_bit() {
    let (shape, input) = ([5, 4], noisy(20, 1));
    for fill in [Fill::default(), Fill::Nearest, Fill::Reflect] {
        for map in [Affine::IDENTITY, rotate::turn(0.0), shift::by_pixels(0.0, 0.0), scale::by_factor(1.0)] {
            assert_eq!(bits(&resampled(shape, &input, map, fill)), bits(&input), "{map:?} {fill:?}");
        }
    }
    let shape = [5, 4, 1];
    type Change<'a> = &'a dyn Fn(&mut Image<'_>, &mut [f32]);
    let nothing: [Change<'_>; 3] = [
        &|image, spare| crop::cut(image, 0, 0, Fill::default(), spare),
        &|image, _| brightness::add(image, 0.0),
        &|image, _| noise::add(image, 0.0, &[1.0; 20]),
    ];
    for change in nothing {
        assert_eq!(bits(&changed(&pixels(), shape, &input, change)), bits(&input));
    }
}

#[test]
fn whole_pixels_move_exactly() {
    #[rustfmt::skip]
    let input = [
        0.1, 0.2, 0.3,
        0.4, 0.5, 0.6,
    ];
    #[rustfmt::skip]
    let cases = [
        // Down by 1, right by 1.
        (1.0, 1.0, Fill::Constant(0.75), [0.75, 0.75, 0.75, 0.75, 0.1, 0.2]),
        (1.0, 1.0, Fill::Nearest, [0.1, 0.1, 0.2, 0.1, 0.1, 0.2]),
        (1.0, 1.0, Fill::Reflect, [0.5, 0.4, 0.5, 0.2, 0.1, 0.2]),
        // Left by 2.
        (0.0, -2.0, Fill::default(), [0.3, 0.0, 0.0, 0.6, 0.0, 0.0]),
        (0.0, -2.0, Fill::Nearest, [0.3, 0.3, 0.3, 0.6, 0.6, 0.6]),
        (0.0, -2.0, Fill::Reflect, [0.3, 0.2, 0.1, 0.6, 0.5, 0.4]),
        // Out of the frame.
        (-9.0, 0.0, Fill::Constant(1.0), [1.0; 6]),
    ];
    for (down, right, fill, expected) in cases {
        let found = resampled([2, 3], &input, shift::by_pixels(down, right), fill);
        assert_eq!(bits(&found), bits(&expected), "{down} {right} {fill:?}: {found:?}");
        // A crop is the same, in integers; it looks where a shift came from.
        let cropped = changed(&pixels(), [2, 3, 1], &input, |image, spare| {
            crop::cut(image, -(down as isize), -(right as isize), fill, spare);
        });
        assert_eq!(bits(&cropped), bits(&expected), "{down} {right} {fill:?}: {cropped:?}");
    }
}

#[test]
fn quarter_turns_are_exact() {
    #[rustfmt::skip]
    let input = [
        0.1, 0.2, 0.3,
        0.4, 0.5, 0.6,
        0.7, 0.8, 0.9,
    ];
    #[rustfmt::skip]
    let counter_clockwise = [
        0.3, 0.6, 0.9,
        0.2, 0.5, 0.8,
        0.1, 0.4, 0.7,
    ];
    assert_eq!(resampled([3, 3], &input, rotate::turn(90.0), Fill::default()), counter_clockwise);
    let half: Vec<f32> = input.iter().rev().copied().collect();
    assert_eq!(resampled([3, 3], &input, rotate::turn(180.0), Fill::default()), half);
    assert_eq!(resampled([3, 3], &counter_clockwise, rotate::turn(-90.0), Fill::default()), input);
    // An even number of pixels has its centre between four of them.
    let found = resampled([2, 2], &[0.1, 0.2, 0.3, 0.4], rotate::turn(90.0), Fill::default());
    assert_eq!(found, [0.2, 0.4, 0.1, 0.3]);
}

#[test]
fn scaling_by_two_shows_the_middle() {
    let input: Vec<f32> = (0..5).map(|i| i as f32 / 4.0).collect();
    assert_eq!(resampled([1, 5], &input, scale::by_factor(2.0), Fill::default()), [0.25, 0.375, 0.5, 0.625, 0.75]);
    assert_eq!(resampled([1, 5], &input, scale::by_factor(0.5), Fill::Constant(1.0)), [1.0, 0.0, 0.5, 1.0, 1.0]);
}

#[test]
fn the_listed_order_holds_when_maps_are_multiplied() {
    // Turned first and then moved to the right, a pixel ends beside where it was turned to; the other way round, above it.
    let mut input = [0.0; 25];
    input[2 * 5 + 4] = 1.0;
    let position = |map| resampled([5, 5], &input, map, Fill::default()).iter().position(|number| *number == 1.0);
    let (turn, move_right) = (rotate::turn(90.0), shift::by_pixels(0.0, 1.0));
    let turned = 2;
    assert_eq!(position(turn), Some(turned));
    assert_eq!(position(turn.after(move_right)), Some(turned + 1));
    // What left the frame in between is still there: 5 to the right turns to 5 above.
    assert_eq!(position(move_right.after(turn)), None);
    assert_eq!(position(move_right.after(turn).after(shift::by_pixels(1.0, 0.0))), Some(turned));
}

#[test]
fn maps_with_one_fill_are_one_pass() {
    let passes = |specs: &[AugmentSpec]| Augmentation::new(specs, [4, 4, 1], &pixels(), 7).unwrap().passes.len();
    let [rotate, shift, _, crop, ..] = &every_operator()[..] else { unreachable!("there are eight") };
    let (rotate, shift, crop) = (rotate.clone(), shift.clone(), crop.clone());
    let turn: AugmentSpec = Rotate { degrees: 10.0, fill: Fill::Reflect }.into();
    assert_eq!(passes(&[rotate, shift.clone()]), 2);
    assert_eq!(passes(&[turn.clone(), shift.clone(), turn.clone()]), 1);
    assert_eq!(passes(&[turn, crop, shift]), 3);
}

#[test]
fn flips_are_involutions() {
    let shape = [3, 2, 3];
    let input = noisy(18, 5);
    let flipped = |input: &[f32], flip: fn(&mut Image<'_>)| changed(&colours(), shape, input, |image, _| flip(image));
    for flip in [flip::mirror_columns, flip::mirror_rows] {
        let once = flipped(&input, flip);
        assert_ne!(once, input);
        assert_eq!(bits(&flipped(&once, flip)), bits(&input));
    }
    assert_eq!(flipped(&input, flip::mirror_columns)[..3], input[3..6]);
    assert_eq!(flipped(&input, flip::mirror_rows)[..6], input[12..]);
}

#[test]
fn flips_happen_as_often_as_they_should() {
    let flip = [Flip { horizontal: 0.25, vertical: 0.5 }.into()];
    let mut counts = [[0_i32; 2]; 2];
    for id in 0..4000 {
        let found = augmented(&flip, [2, 2, 1], &pixels(), 0, id, &[0.0, 1.0, 0.5, 0.75]);
        let is_mirrored = found[0] == 1.0 || found[0] == 0.75;
        let is_upside_down = found[0] == 0.5 || found[0] == 0.75;
        counts[usize::from(is_mirrored)][usize::from(is_upside_down)] += 1;
    }
    // Five standard deviations of a binomial: sqrt(4000 p (1 - p)) is at most 31.
    for (counts, expected) in counts.iter().zip([1500, 500]) {
        assert!(counts.iter().all(|count| (count - expected).abs() < 155), "{counts:?} for {expected}");
    }
}

#[test]
fn cutout_covers_its_square_and_no_more() {
    let blotted = |row, column, size| {
        let found = changed(&colours(), [6, 7, 3], &[0.75; 6 * 7 * 3], |image, _| {
            cutout::blot(image, row, column, size, 0.5);
        });
        // Half of the way from black to white, in each channel.
        let is_blotted = |pixel: &[f32]| pixel == [0.5, 0.0, 127.5];
        let n_blotted = found.chunks(3).filter(|pixel| is_blotted(pixel)).count();
        assert!(found.chunks(3).all(|pixel| is_blotted(pixel) || pixel == [0.75; 3]));
        (n_blotted, found)
    };
    assert_eq!(blotted(3, 3, 4).0, 16);
    assert_eq!(blotted(3, 3, 3).0, 9);
    assert_eq!(blotted(0, 0, 4).0, 4);
    assert_eq!(blotted(5, 6, 3).0, 4);
    assert_eq!(blotted(5, 6, 1).0, 1);
    let (_, found) = blotted(2, 3, 2);
    let blotted_at: Vec<usize> = (0..42).filter(|pixel| found[pixel * 3] == 0.5).collect();
    assert_eq!(blotted_at, [7 + 2, 7 + 3, 14 + 2, 14 + 3]);
}

#[test]
fn every_pixel_is_the_centre_of_a_cutout_about_equally_often() {
    let mut counts = [0_i32; 6];
    for id in 0..6000 {
        let found = augmented(&[Cutout { size: 1, value: 1.0 }.into()], [2, 3, 1], &pixels(), 0, id, &[0.0; 6]);
        counts[found.iter().position(|number| *number == 1.0).unwrap()] += 1;
    }
    // Binomial(6000, 1/6) has a standard deviation of 29; five of them.
    assert!(counts.iter().all(|count| (count - 1000).abs() < 145), "{counts:?}");
}

#[test]
fn brightness_adds_and_stops_at_the_ends() {
    let input = [0.0, 0.0, 0.0, 0.5, 0.5, 200.0, 1.0, 1.0, 255.0];
    let brighter = changed(&colours(), [1, 3, 3], &input, |image, _| brightness::add(image, 0.25));
    assert_eq!(brighter, [0.25, 0.5, 63.75, 0.75, 1.0, 255.0, 1.0, 1.0, 255.0]);
    let darker = changed(&colours(), [1, 3, 3], &input, |image, _| brightness::add(image, -0.5));
    assert_eq!(darker, [0.0, -1.0, 0.0, 0.0, -0.5, 72.5, 0.5, 0.0, 127.5]);
    // The change is one number for the whole image, and uniform.
    let operator = [Brightness { max_delta: 0.3 }.into()];
    let changes: Vec<f64> = (0..4000)
        .map(|id| {
            let found = augmented(&operator, [1, 2, 1], &pixels(), 0, id, &[0.5; 2]);
            assert_eq!(found[0], found[1]);
            f64::from(found[0]) - 0.5
        })
        .collect();
    assert!(changes.iter().all(|change| change.abs() <= 0.3));
    moments(&changes, 0.0, 0.3 * 0.3 / 3.0, 9.0 / 5.0);
}

#[test]
fn noise_has_its_moments() {
    let n = 10_000;
    let found = augmented(&[Noise { std: 0.1 }.into()], [100, 100, 1], &pixels(), 0, 1, &vec![0.5; n]);
    let noise: Vec<f64> = found.iter().map(|number| f64::from(*number) - 0.5).collect();
    // 0.5 is five deviations from both ends: what is cut off there does not show.
    moments(&noise, 0.0, 0.01, 3.0);
    let dark = augmented(&[Noise { std: 0.1 }.into()], [100, 100, 1], &pixels(), 0, 1, &vec![0.0; n]);
    let share = dark.iter().filter(|number| **number == 0.0).count() as f64 / n as f64;
    assert!((share - 0.5).abs() < 5.0 * 0.5 / 100.0, "{share}");
}

/// Mean and variance within five standard errors; `kurtosis` is the fourth moment over the squared variance.
fn moments(values: &[f64], mean: f64, variance: f64, kurtosis: f64) {
    let n = values.len() as f64;
    let found_mean = values.iter().sum::<f64>() / n;
    assert!((found_mean - mean).abs() < 5.0 * (variance / n).sqrt(), "mean {found_mean}");
    let found = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n;
    assert!((found - variance).abs() < 5.0 * variance * ((kurtosis - 1.0) / n).sqrt(), "variance {found}");
}

#[test]
fn what_is_drawn_depends_on_seed_epoch_sample_and_operator_alone() {
    let shape = [6, 6, 1];
    let input = noisy(36, 2);
    let operators = every_operator();
    let found = augmented(&operators, shape, &pixels(), 3, 11, &input);
    assert_eq!(bits(&augmented(&operators, shape, &pixels(), 3, 11, &input)), bits(&found));
    assert_ne!(augmented(&operators, shape, &pixels(), 4, 11, &input), found);
    assert_ne!(augmented(&operators, shape, &pixels(), 3, 12, &input), found);
    let mut other_seed = input.clone();
    let augmentation = Augmentation::new(&operators, shape, &pixels(), 8).unwrap();
    augmentation.apply(3, 11, &mut other_seed, &mut augmentation.scratch());
    assert_ne!(other_seed, found);
    // Twice the same operator is two operators.
    let noise: AugmentSpec = Noise { std: 0.1 }.into();
    let once = augmented(std::slice::from_ref(&noise), shape, &pixels(), 0, 0, &[0.5; 36]);
    let twice = augmented(&[noise.clone(), noise], shape, &pixels(), 0, 0, &[0.5; 36]);
    let second: Vec<f32> = twice.iter().zip(&once).map(|(twice, once)| twice - once).collect();
    assert_ne!(second, once.iter().map(|once| once - 0.5).collect::<Vec<_>>());
}

#[test]
fn the_bits_are_frozen() {
    // An image that fades to the lower right, through each operator alone and through all of them.
    let input: Vec<f32> = (0..36).map(|i| 1.0 - (i / 6 + i % 6) as f32 / 10.0).collect();
    let mut text = String::new();
    let mut add = |name: &str, operators: &[AugmentSpec]| {
        text += &format!("{name}\n");
        let found = augmented(operators, [6, 6, 1], &pixels(), 2, 5, &input);
        for row in found.chunks(6) {
            let words: Vec<String> =
                row.iter().map(|number| format!("{:08x} {number:<11}", number.to_bits())).collect();
            text += &format!("  {}\n", words.join(" ").trim_end());
        }
    };
    for operator in every_operator() {
        add(operator.name(), std::slice::from_ref(&operator));
    }
    add("all", &every_operator());
    insta::assert_snapshot!(text);
}

#[test]
fn bytes_come_back_from_numbers() {
    let encoding = colours();
    let scale = PixelScale::new(&encoding);
    let bytes: Vec<u8> = (0..=254).flat_map(|byte: u8| [byte, byte + 1, 255 - byte]).collect();
    let mut numbers = vec![0.0; bytes.len()];
    crate::preprocess::encode(&encoding, &bytes, &mut numbers);
    assert_eq!(scale.bytes(&numbers), bytes);
    assert_eq!(scale.bytes(&[-0.1, 1.5, 127.5]), [0, 255, 128]);
}

#[test]
fn everything_out_of_range_is_found_at_once() {
    let specs = [
        serde_json::json!({ "rotate": { "degrees": 0.0, "fill": { "constant": 2.0 } } }),
        serde_json::json!({ "shift": { "height": -0.1, "width": 1.1 } }),
        serde_json::json!({ "scale": { "min": 1.2, "max": 0.9 } }),
        serde_json::json!({ "scale": { "min": 0.0, "max": 11.0 } }),
        serde_json::json!({ "crop": { "padding": 0 } }),
        serde_json::json!({ "flip": { "horizontal": 2.0, "vertical": -1.0 } }),
        serde_json::json!({ "brightness": { "max_delta": 1e-300 } }),
        serde_json::json!({ "noise": { "std": 1.5 } }),
        serde_json::json!({ "cutout": { "size": 0, "value": 1.5 } }),
    ];
    let mut problems = Vec::new();
    check("augment", &specs.map(spec), &mut problems);
    let keys: Vec<&str> = problems.iter().map(SpecProblem::key).collect();
    #[rustfmt::skip]
    assert_eq!(keys, [
        "augment[0].rotate.degrees", "augment[0].rotate.fill.constant",
        "augment[1].shift.height", "augment[1].shift.width",
        "augment[2].scale.max",
        "augment[3].scale.min", "augment[3].scale.max",
        "augment[4].crop.padding",
        "augment[5].flip.horizontal", "augment[5].flip.vertical",
        "augment[6].brightness.max_delta",
        "augment[7].noise.std",
        "augment[8].cutout.size", "augment[8].cutout.value",
    ]);
    // A scale's largest factor is held against its smallest.
    assert!(matches!(problems[4], SpecProblem::OutOfRange { low: 1.2, received: 0.9, .. }));
    assert!(matches!(problems[0], SpecProblem::OutOfRange { low: ABOVE_ZERO, .. }));
    let mut problems = Vec::new();
    check("augment", &every_operator(), &mut problems);
    assert_eq!(problems, []);
    let many = vec![every_operator().remove(0); MAX_OPERATORS + 1];
    check("augment", &many, &mut problems);
    assert_eq!(problems, [SpecProblem::AugmentCount { key: "augment".to_owned(), received: 33, limit: 32 }]);
}

#[test]
fn operators_must_not_reach_further_than_images() {
    let size = |operator: AugmentSpec, shape| check_size("augment", &[Noise { std: 0.1 }.into(), operator], shape);
    let crop = |padding| Crop { padding, fill: Fill::default() }.into();
    let cutout = |size| Cutout { size, value: 0.0 }.into();
    assert_eq!(size(crop(4), [5, 9, 1]), Ok(()));
    assert_eq!(size(cutout(5), [9, 5, 1]), Ok(()));
    let refused = |parameter: &str, received, limit| {
        let key = format!("augment[1].{parameter}");
        Err(SpecProblem::AugmentSize { key, received, limit, height: 5, width: 9 })
    };
    assert_eq!(size(crop(5), [5, 9, 1]), refused("crop.padding", 5, 4));
    assert_eq!(size(cutout(6), [5, 9, 1]), refused("cutout.size", 6, 5));
}

fn any_fill() -> impl Strategy<Value = Fill> {
    prop_oneof![(0.0..=1.0).prop_map(Fill::Constant), Just(Fill::Nearest), Just(Fill::Reflect)]
}

fn any_operator() -> impl Strategy<Value = AugmentSpec> {
    let share = || 0.0..=1.0;
    prop_oneof![
        (1e-3..=180.0, any_fill()).prop_map(|(degrees, fill)| Rotate { degrees, fill }.into()),
        (share(), share(), any_fill()).prop_map(|(height, width, fill)| Shift { height, width, fill }.into()),
        (0.1..=1.0, 1.0..=10.0, any_fill()).prop_map(|(min, max, fill)| Scale { min, max, fill }.into()),
        (1_usize..=4, any_fill()).prop_map(|(padding, fill)| Crop { padding, fill }.into()),
        (share(), share()).prop_map(|(horizontal, vertical)| Flip { horizontal, vertical }.into()),
        (1e-3..=1.0).prop_map(|max_delta| Brightness { max_delta }.into()),
        (1e-3..=1.0).prop_map(|std| Noise { std }.into()),
        (1_usize..=4, share()).prop_map(|(size, value)| Cutout { size, value }.into()),
    ]
}

proptest! {
    /// Between black and white to the bit with `scale_pixels`; elsewhere interpolation may round past an end.
    #[test]
    fn what_was_between_black_and_white_stays_there(
        operators in proptest::collection::vec(any_operator(), 1..=MAX_OPERATORS),
        height in 5_usize..9,
        width in 5_usize..9,
        is_coloured in any::<bool>(),
        id in any::<u64>(),
        epoch in any::<u32>(),
    ) {
        let mut problems = Vec::new();
        check("augment", &operators, &mut problems);
        prop_assert_eq!(problems, []);
        let encoding = if is_coloured { colours() } else { pixels() };
        let channels = encoding.by_channel.len();
        let scale = PixelScale::new(&encoding);
        let mut input = noisy(height * width * channels, id);
        for (number, levels) in input.iter_mut().zip(scale.levels.iter().cycle()) {
            *number = levels.at(*number);
        }
        let found = augmented(&operators, [height, width, channels], &encoding, epoch, id, &input);
        for (number, Levels { black, white }) in found.iter().zip(scale.levels.iter().cycle()) {
            let slack = if is_coloured { 1e-4 * (white - black) } else { 0.0 };
            prop_assert!((black - slack..=white + slack).contains(number), "{} outside of {} to {}", number, black, white);
        }
    }
}
