//! Where the boxes of a diff flame graph go: both captures in one picture.
//!
//! With a = k x before and b = after of a node's own values (negatives count as 0), the node's own width is
//! (a + b) / 2, of which |b - a| / 2 grew or shrank. All three add up the tree, so children always fit into their
//! parent, frames that are new or gone have area, and the whole width is the mean of the two captures.

use crate::report::{Graph, Mark};

/// The change at which colours are full, as a share of the whole. Fixed, so that two reports compare.
pub const FULL_COLOUR: f64 = 0.05;

/// The boxes of a graph, by node.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// One box per node of the graph, in its order.
    pub boxes: Vec<Extent>,
    /// What 100 % means, in the unit of after: k x before, or after where before is empty.
    pub whole: f64,
    /// Frames above the deepest node.
    pub deepest: u32,
    /// How many nodes have a negative value of their own, which is drawn as 0.
    pub clamped: usize,
}

/// The box of a node. All but `change` are of the node and below, in the unit of after.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    /// Left edge.
    pub x: f64,
    /// Width: the mean of scaled before and after.
    pub width: f64,
    /// Part of the width that grew by more than noise.
    pub grown: f64,
    /// Part of the width that shrank by more than noise.
    pub shrunk: f64,
    /// Change of the node itself where it is more than noise, else 0: after less scaled before.
    pub change: f64,
}

impl Layout {
    /// Lays out a graph: children from their parent's left edge, in the given order.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        let Some(root) = graph.nodes.first() else { return Layout::default() };
        let scaled = graph.k * root.total.before as f64;
        let mut layout = Layout {
            boxes: vec![Extent::default(); graph.nodes.len()],
            whole: if scaled > 0.0 { scaled } else { root.total.after as f64 },
            ..Layout::default()
        };
        let boxes = &mut layout.boxes;
        for (node, extent) in graph.nodes.iter().zip(boxes.iter_mut()) {
            let (a, b) = (graph.k * node.own.before.max(0) as f64, node.own.after.max(0) as f64);
            let is_marked = node.mark != Mark::Unchanged && !node.is_region;
            let marked = if is_marked { b - a } else { 0.0 };
            extent.width = (a + b) / 2.0;
            extent.grown = marked.max(0.0) / 2.0;
            extent.shrunk = (-marked).max(0.0) / 2.0;
            extent.change = marked;
            layout.deepest = layout.deepest.max(node.depth);
            layout.clamped += usize::from(node.own.before < 0 || node.own.after < 0);
        }
        for index in (1..boxes.len()).rev() {
            let node = &graph.nodes[index];
            let below = &mut boxes[index];
            // A region changed as a whole, whatever of it did by itself.
            if node.is_region && node.mark != Mark::Unchanged {
                let change = node.total.after as f64 - graph.k * node.total.before as f64;
                match node.mark {
                    Mark::Grew => below.grown = below.grown.max(change / 2.0),
                    _ => below.shrunk = below.shrunk.max(-change / 2.0),
                }
            }
            let below = *below;
            let parent = &mut boxes[graph.nodes[index].parent as usize];
            parent.width += below.width;
            parent.grown += below.grown;
            parent.shrunk += below.shrunk;
        }
        // Where the next child of a node starts.
        let mut next = vec![0.0; boxes.len()];
        for index in 1..boxes.len() {
            let parent = graph.nodes[index].parent as usize;
            boxes[index].x = next[parent];
            next[index] = next[parent];
            next[parent] += boxes[index].width;
        }
        layout
    }

    /// How strong the colour of a node's own change is, from 0 to 1.
    #[must_use]
    pub fn strength(&self, change: f64) -> f64 {
        if self.whole > 0.0 { (change.abs() / self.whole / FULL_COLOUR).min(1.0).sqrt() } else { 0.0 }
    }

    /// A value in percent of the whole.
    #[must_use]
    pub fn percent(&self, value: f64) -> f64 {
        if self.whole > 0.0 { 100.0 * value / self.whole } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::report;

    #[test]
    fn children_fit_and_parts_add_up() {
        let report = report("m;a;x 400\nm;a;y 100\nm;b 500\n", "m;a;x 100\nm;a;z 500\nm;b 500\nm 30\n");
        let layout = Layout::new(&report.graph);
        let nodes = &report.graph.nodes;
        for (index, node) in nodes.iter().enumerate() {
            let extent = layout.boxes[index];
            let children: Vec<usize> =
                (index + 1..nodes.len()).filter(|&child| nodes[child].parent as usize == index).collect();
            let widths: f64 = children.iter().map(|&child| layout.boxes[child].width).sum();
            assert!(widths <= extent.width * (1.0 + 1e-12), "node {index}: {widths} in {}", extent.width);
            assert!(extent.grown + extent.shrunk <= extent.width * (1.0 + 1e-12));
            let mut at = extent.x;
            for child in children {
                assert!((layout.boxes[child].x - at).abs() < 1e-9);
                at += layout.boxes[child].width;
            }
            assert!((extent.width - report.graph.width(&node.total)).abs() < 1e-9);
        }
        let own =
            |change: fn(f64) -> f64| layout.boxes.iter().map(|extent| change(extent.change)).sum::<f64>();
        assert!((layout.boxes[0].grown - own(|change| change.max(0.0)) / 2.0).abs() < 1e-9);
        assert!((layout.boxes[0].shrunk - own(|change| (-change).max(0.0)) / 2.0).abs() < 1e-9);
        assert!(layout.boxes[0].grown > 0.0 && layout.boxes[0].shrunk > 0.0);
    }

    #[test]
    fn identical_captures_have_no_colour() {
        let text = "m;a 4000\nm;b 300\n";
        let layout = Layout::new(&report(text, text).graph);
        assert!(
            layout.boxes.iter().all(|extent| (extent.grown, extent.shrunk, extent.change) == (0.0, 0.0, 0.0))
        );
    }

    #[test]
    fn colour_is_full_at_five_points_and_never_relative() {
        let layout = Layout { whole: 1000.0, ..Layout::default() };
        assert_eq!(layout.strength(50.0), 1.0);
        assert_eq!(layout.strength(-900.0), 1.0);
        assert!((layout.strength(12.5) - 0.5).abs() < 1e-12);
        assert_eq!(Layout::default().strength(1.0), 0.0);
    }
}
