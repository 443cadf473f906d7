use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;

use proofmark_tensor::{DType, Shape};

use crate::error::GraphError;
use crate::map::{Map, Program};
use crate::ops::Operation;
use crate::plan::needed;
use crate::rewrites::Replacements;

/// A typed graph in single static assignment form. It only grows, and a node is typed when it is added: node order is a
/// topological order, and an ill-typed graph cannot exist.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    types: Vec<Type>,
    origins: Vec<Origin>,
    inputs: Vec<Input>,
    states: Vec<State>,
    outputs: Vec<(String, Value)>,
    assignments: Vec<(StateIdx, Value)>,
    names: BTreeSet<String>,
    scope: String,
}

/// One value of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u32);

/// Index of a state within its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateIdx(pub usize);

/// Whether a value exists once for each sample or once for the whole step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// Each sample of the batch has its own; the batch axis is the executor's.
    Sample,
    /// One for the step: parameters, gradients, statistics, rates.
    Step,
}

/// Element type, shape (of one sample, where the span is [`Span::Sample`]) and span of a value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Type {
    /// Type of the elements.
    pub dtype: DType,
    /// Extents; without the batch axis.
    pub shape: Shape,
    /// Per sample or per step.
    pub span: Span,
}

/// One application of an operation.
#[derive(Clone, Debug)]
pub struct Node {
    /// What is applied.
    pub op: Operation,
    /// To what.
    pub inputs: Vec<Value>,
    /// The values it defines.
    pub outputs: Vec<Value>,
    /// Name of the layer (or part of the step) that it belongs to; for plans and errors only.
    pub scope: String,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The graph's input of this index.
    Input(usize),
    /// The value of a state when the step starts.
    State(StateIdx),
    /// An output of a node.
    Node {
        /// Index of the node.
        node: usize,
        /// Which of its outputs.
        output: usize,
    },
}

/// What the caller feeds in every step.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
}

/// What stays from step to step: f32, in one contiguous block ([`StateBlock`](crate::StateBlock)).
#[derive(Clone, Debug)]
pub struct State {
    /// Its name, unique in the graph: the key in checkpoints and model files.
    pub name: String,
    /// Its shape.
    pub shape: Shape,
    /// What it is for.
    pub role: StateRole,
    /// Its value at the start of the step.
    pub value: Value,
}

/// What a state is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StateRole {
    /// Trained; part of the model.
    Parameter,
    /// Observed, such as the running mean of batch normalisation; part of the model, never decayed.
    Statistic,
    /// The optimizer's memory; part of a checkpoint only.
    Optimizer,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nodes added from now on belong to this layer or part of the step.
    pub fn set_scope(&mut self, scope: &str) {
        scope.clone_into(&mut self.scope);
    }

    /// Adds an input that the caller feeds in every step.
    ///
    /// # Errors
    /// [`GraphError::DuplicateName`].
    pub fn input(&mut self, name: &str, ty: Type) -> Result<Value, GraphError> {
        self.claim(name)?;
        let value = self.define(ty, Origin::Input(self.inputs.len()));
        self.inputs.push(Input { name: name.to_owned(), value });
        Ok(value)
    }

    /// Adds a state (f32, per step).
    ///
    /// # Errors
    /// [`GraphError::DuplicateName`].
    pub fn state(&mut self, name: &str, shape: Shape, role: StateRole) -> Result<Value, GraphError> {
        self.claim(name)?;
        let idx = StateIdx(self.states.len());
        let value = self.define(Type::step(shape.clone()), Origin::State(idx));
        self.states.push(State { name: name.to_owned(), shape, role, value });
        Ok(value)
    }

    /// Applies an operation; all its outputs.
    ///
    /// # Errors
    /// [`GraphError::Type`] if the operation rejects the inputs, [`GraphError::UsedAfterAssign`].
    pub fn apply(&mut self, op: impl Into<Operation>, inputs: &[Value]) -> Result<Vec<Value>, GraphError> {
        let op = op.into();
        for &input in inputs {
            if let Origin::State(idx) = self.origin(self.root(input))
                && self.assignments.iter().any(|(assigned, _)| *assigned == idx)
            {
                return Err(GraphError::UsedAfterAssign { state: self.states[idx.0].name.clone() });
            }
            self.release(input)?;
        }
        self.append(op, inputs)
    }

    fn append(&mut self, op: Operation, inputs: &[Value]) -> Result<Vec<Value>, GraphError> {
        let types: Vec<&Type> = inputs.iter().map(|&input| self.ty(input)).collect();
        let output_types = op.infer(&types)?;
        let node = self.nodes.len();
        let outputs: Vec<Value> = output_types
            .into_iter()
            .enumerate()
            .map(|(output, ty)| self.define(ty, Origin::Node { node, output }))
            .collect();
        let scope = self.scope.clone();
        self.nodes.push(Node { op, inputs: inputs.to_vec(), outputs: outputs.clone(), scope });
        Ok(outputs)
    }

    /// Applies an operation with one output.
    ///
    /// # Errors
    /// As [`Graph::apply`].
    pub fn add(&mut self, op: impl Into<Operation>, inputs: &[Value]) -> Result<Value, GraphError> {
        Ok(self.apply(op, inputs)?[0])
    }

    /// Applies an element-wise program with one output. Inputs broadcast over leading axes.
    ///
    /// # Errors
    /// As [`Graph::apply`].
    pub fn map(&mut self, program: Program, inputs: &[Value]) -> Result<Value, GraphError> {
        self.add(Map { program }, inputs)
    }

    /// Names an f32 value that the caller reads after each step.
    ///
    /// # Errors
    /// [`GraphError::DuplicateName`].
    pub fn output(&mut self, name: &str, value: Value) -> Result<(), GraphError> {
        if self.outputs.iter().any(|(other, _)| other == name) {
            return Err(GraphError::DuplicateName { name: name.to_owned() });
        }
        // What the caller reads is a node's own memory, not an input's, a state's or a view of one.
        let root = self.root(value);
        self.release(root)?;
        let is_own = matches!(self.origin(root), Origin::Node { .. });
        let value = if is_own { value } else { self.map(Program::identity(), &[value])? };
        self.outputs.push((name.to_owned(), value));
        Ok(())
    }

    /// Gives a state its value for the next step.
    ///
    /// # Errors
    /// [`GraphError::NotAState`], [`GraphError::Assign`] if the types differ, [`GraphError::UsedAfterAssign`] if it has one
    /// already.
    pub fn assign(&mut self, state: Value, value: Value) -> Result<(), GraphError> {
        let Origin::State(idx) = self.origin(state) else {
            return Err(GraphError::NotAState { value: state });
        };
        let declared = &self.states[idx.0];
        if self.assignments.iter().any(|(assigned, _)| *assigned == idx) {
            return Err(GraphError::UsedAfterAssign { state: declared.name.clone() });
        }
        if self.ty(value) != &Type::step(declared.shape.clone()) {
            return Err(GraphError::Assign {
                state: declared.name.clone(),
                expected: declared.shape.clone(),
                received: self.ty(value).clone(),
            });
        }
        // Executors write the new value into the state's own memory, which only an element-wise node may do while it
        // reads the old one, and only one state can own a value's memory. The node runs when the step ends, too late for
        // whoever reads another of its outputs.
        let is_own_map = match self.origin(value) {
            Origin::Node { node, .. } => {
                matches!(self.nodes[node].op, Operation::Map(_))
                    && !self.assignments.iter().any(|(_, assigned)| *assigned == value)
                    && !self.nodes[node].outputs.iter().any(|output| self.is_read(*output))
                    && !self.nodes[node + 1..]
                        .iter()
                        .flat_map(|later| &later.inputs)
                        .any(|input| self.root(*input) == state)
            }
            _ => false,
        };
        let value = if is_own_map { value } else { self.map(Program::identity(), &[value])? };
        self.assignments.push((idx, value));
        Ok(())
    }

    /// All nodes, in topological order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Number of values.
    pub fn n_values(&self) -> usize {
        self.types.len()
    }

    /// All values, in order of definition.
    pub fn values(&self) -> impl Iterator<Item = Value> + use<> {
        (0..self.types.len() as u32).map(Value)
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> &Type {
        &self.types[value.idx()]
    }

    /// The shape of a value.
    pub fn shape(&self, value: Value) -> &Shape {
        &self.ty(value).shape
    }

    /// Where a value comes from.
    pub fn origin(&self, value: Value) -> Origin {
        self.origins[value.idx()]
    }

    /// The inputs, in the order in which the caller feeds them.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The states, in the order of the block.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// The named outputs.
    pub fn outputs(&self) -> &[(String, Value)] {
        &self.outputs
    }

    /// The index of a named output, for [`Session::output`](crate::Session::output).
    pub fn output_idx(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|(other, _)| other == name)
    }

    /// What is written to which state when the step ends.
    pub fn assignments(&self) -> &[(StateIdx, Value)] {
        &self.assignments
    }

    /// Whether any node or output reads the value.
    fn is_read(&self, value: Value) -> bool {
        self.nodes.iter().any(|node| node.inputs.contains(&value))
            || self.outputs.iter().any(|(_, output)| *output == value)
    }

    /// The value whose memory a value is: itself, except behind views.
    pub(crate) fn root(&self, value: Value) -> Value {
        let mut root = value;
        while let Origin::Node { node, .. } = self.origin(root)
            && self.nodes[node].op.is_view()
        {
            root = self.nodes[node].inputs[0];
        }
        root
    }

    /// A copy with other nodes in place of some. Inputs, states and outputs keep their order and names; nodes that nothing
    /// needs any more are left out.
    pub(crate) fn replay(&self, replacements: &Replacements) -> Graph {
        let replaced = self.copy(replacements, &vec![true; self.nodes.len()]);
        replaced.copy(&Vec::new(), &needed(&replaced))
    }

    fn copy(&self, replacements: &Replacements, is_kept: &[bool]) -> Graph {
        let mut graph = Graph { names: self.names.clone(), ..Graph::default() };
        let mut now: Vec<Option<Value>> = vec![None; self.types.len()];
        for (idx, input) in self.inputs.iter().enumerate() {
            let value = graph.define(self.ty(input.value).clone(), Origin::Input(idx));
            now[input.value.idx()] = Some(value);
            graph.inputs.push(Input { value, ..input.clone() });
        }
        for (idx, state) in self.states.iter().enumerate() {
            let value = graph.define(self.ty(state.value).clone(), Origin::State(StateIdx(idx)));
            now[state.value.idx()] = Some(value);
            graph.states.push(State { value, ..state.clone() });
        }
        for (idx, node) in self.nodes.iter().enumerate().filter(|(idx, _)| is_kept[*idx]) {
            graph.set_scope(&node.scope);
            let current = |value: Value| now[value.idx()].expect("what a node reads stands before it");
            let outputs = match replacements.iter().find(|(replaced, _)| *replaced == idx) {
                Some((_, replace)) => replace(&mut graph, &current),
                None => {
                    let inputs: Vec<Value> = node.inputs.iter().map(|input| current(*input)).collect();
                    graph.append(node.op.clone(), &inputs).expect("the node was typed before")
                }
            };
            for (old, new) in node.outputs.iter().zip(outputs) {
                assert_eq!(self.ty(*old), graph.ty(new), "a rewrite changes a type");
                now[old.idx()] = Some(new);
            }
        }
        let moved = |value: Value| now[value.idx()].expect("what has a name is kept");
        graph.outputs = self.outputs.iter().map(|(name, value)| (name.clone(), moved(*value))).collect();
        graph.assignments = self.assignments.iter().map(|(state, value)| (*state, moved(*value))).collect();
        graph
    }

    /// Lets states be given copies of what this value's node computes instead of the values themselves: the node would run
    /// when the step ends, too late for whoever reads any of its outputs from now on.
    fn release(&mut self, value: Value) -> Result<(), GraphError> {
        let Origin::Node { node, .. } = self.origin(value) else { return Ok(()) };
        for position in 0..self.assignments.len() {
            let (state, assigned) = self.assignments[position];
            if self.nodes[node].outputs.contains(&assigned) {
                let copy = self.append(Map { program: Program::identity() }.into(), &[assigned])?[0];
                self.assignments[position] = (state, copy);
            }
        }
        Ok(())
    }

    fn claim(&mut self, name: &str) -> Result<(), GraphError> {
        if self.names.insert(name.to_owned()) {
            Ok(())
        } else {
            Err(GraphError::DuplicateName { name: name.to_owned() })
        }
    }

    fn define(&mut self, ty: Type, origin: Origin) -> Value {
        let value = Value(self.types.len() as u32);
        self.types.push(ty);
        self.origins.push(origin);
        value
    }
}

impl Value {
    /// Position in the order of definition.
    pub fn idx(self) -> usize {
        self.0 as usize
    }
}

impl Type {
    /// f32 for each sample.
    pub fn sample(shape: impl Into<Shape>) -> Self {
        Type { dtype: DType::F32, shape: shape.into(), span: Span::Sample }
    }

    /// f32 once a step.
    pub fn step(shape: impl Into<Shape>) -> Self {
        Type { dtype: DType::F32, shape: shape.into(), span: Span::Step }
    }

    /// The same with another element type.
    pub fn with_dtype(self, dtype: DType) -> Self {
        Type { dtype, ..self }
    }

    /// Number of elements (of one sample).
    pub fn elements(&self) -> usize {
        self.shape.elements()
    }

    /// Bytes (of one sample); the largest number there is where memory could not hold them.
    pub fn bytes(&self) -> usize {
        self.elements().saturating_mul(self.dtype.size_bytes())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Span::Sample => "sample",
            Span::Step => "step",
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} per {}", self.dtype, self.shape, self.span)
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The graph as text, one line a value or node: the format of snapshots and of `proofmark explain`.
impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for input in &self.inputs {
            writeln!(f, "{} = input {}: {}", input.value, input.name, self.ty(input.value))?;
        }
        for state in &self.states {
            let role = match state.role {
                StateRole::Parameter => "parameter",
                StateRole::Statistic => "statistic",
                StateRole::Optimizer => "optimizer",
            };
            writeln!(f, "{} = {role} {}: f32{}", state.value, state.name, state.shape)?;
        }
        for node in &self.nodes {
            let mut line = String::new();
            for (i, output) in node.outputs.iter().enumerate() {
                write!(line, "{}{output}", if i > 0 { ", " } else { "" })?;
            }
            write!(line, " = {}", node.op)?;
            for input in &node.inputs {
                write!(line, " {input}")?;
            }
            line.push_str(": ");
            for (i, output) in node.outputs.iter().enumerate() {
                write!(line, "{}{}", if i > 0 { ", " } else { "" }, self.ty(*output))?;
            }
            if !node.scope.is_empty() {
                write!(line, "  # {}", node.scope)?;
            }
            writeln!(f, "{line}")?;
        }
        for (name, value) in &self.outputs {
            writeln!(f, "output {name} = {value}")?;
        }
        for (state, value) in &self.assignments {
            writeln!(f, "assign {} = {value}", self.states[state.0].name)?;
        }
        Ok(())
    }
}
