// What the scripts of the page share. It is not part of the page: it is for readers and for the type check.

/** A call tree, columns by node in pre-order; values as captured, 2^shift at a time. */
interface Tree {
	/** The number of nodes; the root is node 0. */
	nodes: number;
	names: string[];
	/** Index of names. */
	name: Int32Array;
	/** How many callees. */
	children: Int32Array;
	/** The caller; -1 for the root. */
	parent: Int32Array;
	/** Frames above. */
	depth: Int32Array;
	deepest: number;
	/** The first node after all below. */
	end: Int32Array;
	/** Own values. */
	before: Float64Array;
	after: Float64Array;
	/** With all below. */
	totalBefore: Float64Array;
	totalAfter: Float64Array;
	/** 0 no change beyond noise, 1 grew, 2 shrank. */
	mark: Uint8Array;
	/** Whether that is said of the node with all below it, and not of itself. */
	region: Uint8Array;
	/** Number of its row in the tables, or 0. */
	rank: Uint32Array;
	/** Nodes by depth, from left to right; `rowStart` is where each depth starts. */
	rows: Int32Array;
	rowStart: Int32Array;
	/** After = k x before for unchanged code. */
	k: number;
	/** What 100 % means, as after. */
	whole: number;
}

/** The columns as the page holds them, before `linked` computes the others. */
type Columns = Pick<Tree, "nodes" | "names" | "name" | "children" | "before" | "after" | "mark" | "region" | "rank">;

/** What the width of a box is: the mean of both captures, or one of them. */
type Mode = "both" | "before" | "after";

/** Boxes by node, in the unit of after: left edge, width, and how much of it grew or shrank by more than noise. */
interface Layout {
	x: Float64Array;
	width: Float64Array;
	grown: Float64Array;
	shrunk: Float64Array;
}

/** The documented hook, for tests and other programs. */
interface Hook {
	/** Settles when the graph can be explored. */
	ready: Promise<Hook>;
	page: Page;
	tree: Tree;
	/** Totals of both captures, as Rust has them. */
	sums: { before: number; after: number };
	marks: { grew: number; shrank: number };
	/** From the start of the scripts to the first picture. */
	milliseconds: number;
	state(): object;
	/** Draws once and waits for the pixels; gives milliseconds. */
	timeToDraw(): number;
}

interface Window {
	plateau: Hook;
}
