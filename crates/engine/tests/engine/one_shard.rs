//! Batches of one shard: workers that have none of their own take parts of it, and what is derived from weights is kept.

use proofmark_engine::cpu::{CpuExecutor, CpuSession, Level};
use proofmark_engine::map::{Builder, Function};
use proofmark_engine::ops::{Conv2d, MaxPool2d, Padding, Reshape};
use proofmark_engine::{Graph, Session, StateBlock, StateRole, Step, Type};

use crate::networks::{Data, dense, initial, parameter};

/// One convolution with bias and ReLU, pooled or not, then a dense layer: large enough to be cut.
struct Network {
    input: [usize; 3],
    kernel: [usize; 2],
    filters: usize,
    conv: Conv2d,
    pool: Option<MaxPool2d>,
}

impl Network {
    fn graph(&self) -> Graph {
        let mut graph = Graph::new();
        self.add_to(&mut graph);
        graph
    }

    fn add_to(&self, graph: &mut Graph) {
        let x = graph.input("image", Type::sample(self.input)).unwrap();
        let [rows, columns] = self.kernel;
        let channels = self.input[2] / self.conv.groups;
        let kernel = parameter(graph, "kernel", &[rows, columns, channels, self.filters]).unwrap();
        let bias = parameter(graph, "bias", &[self.filters]).unwrap();
        let y = graph.add(self.conv, &[x, kernel]).unwrap();
        let mut builder = Builder::new(2);
        let sum = builder.apply(Function::Add, &[builder.input(0), builder.input(1)]);
        let relu = builder.apply(Function::Relu, &[sum]);
        let mut y = graph.map(builder.finish(&[relu]), &[y, bias]).unwrap();
        if let Some(pool) = &self.pool {
            y = graph.apply(*pool, &[y]).unwrap()[0];
        }
        graph.output("y", y).unwrap();
        let elements = graph.shape(y).elements();
        let flat = graph.add(Reshape { shape: [elements].into() }, &[y]).unwrap();
        let logits = dense(graph, flat, "logits", 200).unwrap();
        graph.output("logits", logits).unwrap();
    }
}

fn pool(size: usize) -> MaxPool2d {
    MaxPool2d { size: [size, size], stride: [size, size], padding: Padding::Valid }
}

fn networks() -> Vec<Network> {
    let same = Conv2d { padding: Padding::Same, ..Conv2d::valid() };
    vec![
        // By tiles, where the last row and column of them is not whole.
        Network { input: [15, 13, 32], kernel: [3, 3], filters: 64, conv: same, pool: None },
        Network { input: [15, 13, 32], kernel: [3, 3], filters: 64, conv: same, pool: Some(pool(2)) },
        Network { input: [15, 13, 32], kernel: [3, 3], filters: 64, conv: same, pool: Some(pool(3)) },
        // Position by position, in groups, and in bands.
        Network {
            input: [17, 16, 24],
            kernel: [5, 3],
            filters: 48,
            conv: Conv2d { groups: 2, stride: [2, 1], ..same },
            pool: None,
        },
        Network { input: [20, 20, 8], kernel: [5, 5], filters: 48, conv: same, pool: Some(pool(2)) },
    ]
}

fn outputs(session: &mut CpuSession, states: &mut StateBlock, data: &Data) -> Vec<u32> {
    session.run(states, &Step { ids: &data.ids, index: 0, seed: 3 }, &data.feeds()).unwrap();
    [0, 1].iter().flat_map(|output| session.output(*output)).map(|value| value.to_bits()).collect()
}

#[test]
fn parts_of_one_shard_have_the_bits_of_the_whole() {
    for (idx, network) in networks().iter().enumerate() {
        let graph = network.graph();
        let mut states = initial(&graph);
        for samples in [1, 3, 8] {
            let data = Data::new(&graph, samples);
            let mut outputs_of = |executor: CpuExecutor| {
                outputs(&mut executor.session(&graph, &states, 40).unwrap(), &mut states, &data)
            };
            let expected = outputs_of(CpuExecutor { level: Level::Scalar, rewrites: false, ..CpuExecutor::new(1) });
            assert!(expected.iter().any(|bits| *bits != 0));
            for level in Level::available() {
                for threads in [1, 2, 3, 5, 16] {
                    let executor = CpuExecutor { level, poison: true, ..CpuExecutor::new(threads) };
                    assert!(
                        outputs_of(executor) == expected,
                        "network {idx}: {samples} samples, {level}, {threads} threads"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_derived_from_weights_follows_them() {
    for (idx, network) in networks().iter().enumerate() {
        let graph = network.graph();
        let executor = CpuExecutor::new(2);
        let outline = executor.outline(&graph, 8).unwrap();
        // Tiles transform their kernels; of a dense layer it is kept whether its weights are finite, which is one number.
        assert_eq!(outline.memory.derived_bytes >= 1024, idx < 3, "network {idx}");
        let data = Data::new(&graph, 4);
        let (mut first, mut second) = (initial(&graph), initial(&graph));
        let mut session = outline.session(&first).unwrap();
        let whole = |states: &mut StateBlock| outputs(&mut executor.session(&graph, states, 8).unwrap(), states, &data);
        let before = outputs(&mut session, &mut first, &data);
        assert_eq!(before, outputs(&mut session, &mut first, &data));
        // Another value in the block, then another block, then the first again.
        second.get_mut("kernel").unwrap()[5] += 1.0;
        first.get_mut("kernel").unwrap()[0] += 0.5;
        for states in [&mut first, &mut second] {
            let after = outputs(&mut session, states, &data);
            assert_ne!(after, before, "network {idx}");
            assert_eq!(after, whole(states), "network {idx}");
        }
        first.get_mut("kernel").unwrap().copy_from_slice(initial(&graph).get("kernel").unwrap());
        assert_eq!(outputs(&mut session, &mut first, &data), before, "network {idx}");
        let mut copy = first.clone();
        copy.get_mut("kernel").unwrap()[0] += 0.5;
        assert_ne!(outputs(&mut session, &mut copy, &data), before, "network {idx}");
        assert_eq!(outputs(&mut session, &mut first, &data), before, "network {idx}");
    }
}

/// A step that changes a state keeps nothing, and computes the same.
#[test]
fn what_is_kept_has_the_bits_of_what_is_derived_each_time() {
    for (idx, network) in networks().iter().enumerate() {
        let graph = network.graph();
        let mut changing = Graph::new();
        network.add_to(&mut changing);
        let count = changing.state("count", [1].into(), StateRole::Statistic).unwrap();
        let mut builder = Builder::new(1);
        let next = builder.apply(Function::Add, &[builder.input(0), builder.constant(1.0)]);
        let next = changing.map(builder.finish(&[next]), &[count]).unwrap();
        changing.assign(count, next).unwrap();
        let data = Data::new(&graph, 5);
        for level in Level::available() {
            for rewrites in [true, false] {
                let executor = CpuExecutor { level, rewrites, poison: true, ..CpuExecutor::new(2) };
                let [kept, derived] = [&graph, &changing].map(|graph| {
                    let mut states = initial(graph);
                    outputs(&mut executor.session(graph, &states, 8).unwrap(), &mut states, &data)
                });
                assert_eq!(executor.outline(&changing, 8).unwrap().memory.derived_bytes, 0);
                assert!(kept == derived, "network {idx}, {level}, rewrites {rewrites}");
            }
        }
    }
}
