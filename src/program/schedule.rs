//! What runs together. Operations over the same lanes whose operands are at
//! hand lane by lane form one kernel, which goes through its lanes block by
//! block and keeps what lies between its operations in registers; a sum over
//! lanes ends it for whoever needs the sum.
//!
//! Every node gets a *stage*, as early as its operands allow. The steps of a
//! program are: a kernel for each stage and number of lanes, a kernel for the
//! single numbers of each stage, and each remaining operation by itself.
//! Operations that only pick columns cost nothing inside a kernel: they are
//! resolved where they are used.

use super::builder::Node;
use super::graph::{Graph, Op};
use super::tensor::Shape;

/// How much one kernel takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The most elements of a lane that a kernel keeps apart.
    cells: usize,
    /// The most columns that a kernel computes for one product of matrices.
    product: usize,
    /// The most sums over lanes of one operation.
    totals: usize,
    /// Kernels become machine code where the processor allows it.
    pub machine_code: bool,
}

impl Limits {
    pub const CPU: Limits = Limits {
        cells: 1024,
        product: 1 << 16,
        totals: usize::MAX,
        machine_code: true,
    };
    /// Every instruction by its own loop.
    #[cfg(test)]
    pub const INTERPRETED: Limits = Limits {
        machine_code: false,
        ..Self::CPU
    };
    /// What fits into the registers of a thread; cuBLAS does better than more.
    pub const GPU: Limits = Limits {
        cells: 64,
        product: 512,
        totals: 64,
        machine_code: false,
    };

    /// How an alias sees its operands.
    pub fn alias_uses(&self, graph: &Graph, node: Node, mut visit: impl FnMut(Node, Use)) {
        let lanes = graph.shape(node).lanes;
        let aligned = |x: Node, offset: usize| {
            if graph.shape(x).lanes == lanes && offset.is_multiple_of(lanes) {
                Use::Columns
            } else {
                Use::Memory
            }
        };
        match graph.op(node) {
            &Op::View(x, offset) => {
                // Of a large operand the columns are not kept apart.
                let small = cells(graph.shape(x)) <= self.cells;
                visit(
                    x,
                    if small {
                        aligned(x, offset)
                    } else {
                        Use::Memory
                    },
                );
            }
            Op::Concat(parts) => parts.iter().for_each(|&x| visit(x, aligned(x, 0))),
            op => op.for_each_operand(|x| visit(x, Use::Columns)),
        }
    }
}

/// How many operations that only pick columns are seen through in a row.
const MAX_ALIASES: u8 = 16;

/// How a node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No output needs it.
    Dead,
    /// A parameter or a constant.
    Leaf,
    /// Resolved where it is used: another view of its operands.
    Alias,
    /// In the kernel over its lanes.
    Lanes,
    /// At the end of the kernel over this many lanes.
    Total(usize),
    /// A single number, with others of its kind.
    Scalar,
    /// By itself.
    Whole,
}

/// A kernel: its stage and its lanes (1 for single numbers).
pub(crate) type KernelKey = (u32, usize);

#[derive(Debug)]
pub(crate) struct Schedule {
    pub limits: Limits,
    kinds: Vec<Kind>,
    stages: Vec<u32>,
    /// From which stage on a node's elements lie in memory.
    stored: Vec<u32>,
    aliases: Vec<u8>,
    /// Whether somebody needs a node's elements in memory.
    needed: Vec<bool>,
}

/// How an alias uses an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Columns,
    Memory,
}

fn cells(shape: Shape) -> usize {
    shape.rows * shape.cols
}

impl Schedule {
    pub fn new(graph: &Graph, outputs: &[Node], limits: Limits) -> Self {
        let count = graph.len();
        let mut schedule = Self {
            limits,
            kinds: vec![Kind::Dead; count],
            stages: vec![0; count],
            stored: vec![0; count],
            aliases: vec![0; count],
            needed: vec![false; count],
        };
        let live = graph.live(outputs);
        for node in graph.nodes().filter(|node| live[node.0 as usize]) {
            schedule.place(graph, node);
        }
        schedule.find_needs(graph, outputs);
        schedule
    }

    pub fn kind(&self, node: Node) -> Kind {
        self.kinds[node.0 as usize]
    }

    pub fn stage(&self, node: Node) -> u32 {
        self.stages[node.0 as usize]
    }

    /// From which stage on a node's elements lie in memory.
    pub fn stored(&self, node: Node) -> u32 {
        self.stored[node.0 as usize]
    }

    pub fn needs_memory(&self, node: Node) -> bool {
        self.needed[node.0 as usize]
    }

    /// The kernel that computes a node.
    pub fn kernel(&self, graph: &Graph, node: Node) -> Option<KernelKey> {
        let lanes = match self.kind(node) {
            Kind::Lanes => graph.shape(node).lanes,
            Kind::Total(lanes) => lanes,
            Kind::Scalar => 1,
            _ => return None,
        };
        Some((self.stage(node), lanes))
    }

    fn classify(&self, graph: &Graph, node: Node) -> Kind {
        let entry = graph.entry(node);
        let shape = entry.shape;
        let most = self.limits.cells;
        let small = |x: Node| cells(graph.shape(x)) <= most;
        match &entry.op {
            Op::Constant(_) | Op::Parameter(_) | Op::Placeholder(_) => Kind::Leaf,
            Op::View(..) => Kind::Alias,
            Op::Broadcast(_) | Op::Transpose(_) | Op::Gather(..) | Op::Concat(_) => {
                let divisible = match &entry.op {
                    Op::Concat(parts) => parts
                        .iter()
                        .all(|&part| graph.shape(part).len().is_multiple_of(shape.lanes)),
                    _ => true,
                };
                let mut depth = 0;
                entry
                    .op
                    .for_each_operand(|x| depth = depth.max(self.aliases[x.0 as usize]));
                if cells(shape) <= most && divisible && depth < MAX_ALIASES {
                    Kind::Alias
                } else if entry.constant {
                    Kind::Leaf
                } else {
                    Kind::Whole
                }
            }
            _ if entry.constant => Kind::Leaf,
            Op::Unary(..) | Op::Binary(..) | Op::Select(..) if shape == Shape::SCALAR => {
                Kind::Scalar
            }
            Op::Unary(..) | Op::Binary(..) | Op::Select(..)
                if shape.lanes > 1 && cells(shape) <= most =>
            {
                Kind::Lanes
            }
            Op::Reduce(_, axes, x) if graph.shape(*x).lanes > 1 && small(*x) => {
                if axes.lanes && shape.len() > self.limits.totals {
                    Kind::Whole
                } else if axes.lanes {
                    Kind::Total(graph.shape(*x).lanes)
                } else {
                    Kind::Lanes
                }
            }
            // A matrix that is the same for all lanes takes no columns.
            Op::Matmul(_, a, b)
                if shape.lanes > 1
                    && (graph.shape(*a).lanes == 1 || small(*a))
                    && (graph.shape(*b).lanes == 1 || small(*b))
                    && cells(shape) * graph.shape(*a).cols <= self.limits.product =>
            {
                Kind::Lanes
            }
            Op::Gram(_, a, b)
                if graph.shape(*a).lanes > 1
                    && small(*a)
                    && small(*b)
                    && shape.len() <= self.limits.totals
                    && cells(shape) * graph.shape(*a).rows <= self.limits.product =>
            {
                Kind::Total(graph.shape(*a).lanes)
            }
            _ => Kind::Whole,
        }
    }

    /// The stage of a kernel that uses the columns of a node.
    fn columns_stage(&self, node: Node) -> u32 {
        match self.kind(node) {
            Kind::Lanes | Kind::Alias => self.stages[node.0 as usize],
            _ => self.stored[node.0 as usize],
        }
    }

    fn place(&mut self, graph: &Graph, node: Node) {
        let i = node.0 as usize;
        let kind = self.classify(graph, node);
        self.kinds[i] = kind;
        let op = graph.op(node);
        let mut stage = 0;
        let mut memory = 0;
        op.for_each_operand(|x| memory = memory.max(self.stored[x.0 as usize]));
        match kind {
            Kind::Dead | Kind::Leaf => return,
            Kind::Alias => {
                let mut depth = 0;
                self.limits.alias_uses(graph, node, |x, by| {
                    depth = depth.max(self.aliases[x.0 as usize] + 1);
                    stage = stage.max(match by {
                        Use::Columns => self.columns_stage(x),
                        Use::Memory => self.stored[x.0 as usize],
                    });
                });
                self.aliases[i] = depth;
                self.stored[i] = match op {
                    _ if graph.entry(node).constant => 0,
                    Op::View(..) => memory,
                    _ => memory + 1,
                };
            }
            Kind::Lanes | Kind::Total(_) => {
                op.for_each_operand(|x| stage = stage.max(self.columns_stage(x)));
                self.stored[i] = stage + 1;
            }
            Kind::Scalar => {
                op.for_each_operand(|x| {
                    stage = stage.max(match self.kind(x) {
                        Kind::Scalar => self.stages[x.0 as usize],
                        _ => self.stored[x.0 as usize],
                    });
                });
                self.stored[i] = stage + 1;
            }
            Kind::Whole => {
                stage = memory;
                self.stored[i] = stage + 1;
            }
        }
        self.stages[i] = stage;
    }

    /// Marks what must lie in memory: what outputs show, operations that run
    /// by themselves read, or another kernel than its own uses.
    fn find_needs(&mut self, graph: &Graph, outputs: &[Node]) {
        let mut users: Vec<Vec<KernelKey>> = vec![Vec::new(); graph.len()];
        for &output in outputs {
            self.needed[output.0 as usize] = true;
        }
        let add = |users: &mut Vec<Vec<KernelKey>>, x: Node, key: KernelKey| {
            let list = &mut users[x.0 as usize];
            if !list.contains(&key) {
                list.push(key);
            }
        };
        for node in graph.nodes().rev() {
            let i = node.0 as usize;
            let op = graph.op(node);
            match self.kinds[i] {
                Kind::Dead | Kind::Leaf => {}
                Kind::Whole => {
                    self.needed[i] = true;
                    op.for_each_operand(|x| self.needed[x.0 as usize] = true);
                }
                Kind::Alias => {
                    if self.needed[i] && !graph.entry(node).constant {
                        op.for_each_operand(|x| self.needed[x.0 as usize] = true);
                    }
                    let keys = std::mem::take(&mut users[i]);
                    if !keys.is_empty() {
                        let limits = self.limits;
                        limits.alias_uses(graph, node, |x, by| match by {
                            Use::Columns => {
                                for &key in &keys {
                                    add(&mut users, x, key);
                                }
                            }
                            Use::Memory => self.needed[x.0 as usize] = true,
                        });
                    }
                }
                Kind::Lanes | Kind::Total(_) | Kind::Scalar => {
                    let own = self.kernel(graph, node).expect("it has a kernel");
                    let outside = users[i].iter().any(|&key| key != own);
                    let total = matches!(self.kinds[i], Kind::Total(_));
                    self.needed[i] |= outside || total;
                    op.for_each_operand(|x| {
                        if self.kinds[x.0 as usize] == Kind::Alias && own.1 == 1 {
                            self.needed[x.0 as usize] = true;
                        } else {
                            add(&mut users, x, own);
                        }
                    });
                }
            }
        }
    }
}
