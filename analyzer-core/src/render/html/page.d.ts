// What the page's scripts share, for the type check; no part of the page.

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

/** What a draw leaves for the next click, and the palette. */
interface Painter {
	context: CanvasRenderingContext2D;
	/** Pixels per unit of the layout. */
	scale: number;
	/** Width of the canvas, in CSS pixels. */
	width: number;
	/** How far the view is scrolled. */
	top: number;
	/** Boxes that get an outline: node or -1 for the selection, x, y, width. */
	marked: [number, number, number, number][];
	/** Red, green and blue by mark. */
	fills: number[][];
	/** By mark. */
	lines: string[];
	narrow: string;
	page: string;
	ink: string;
	discFont: string;
	/** Width of a character, in pixels. */
	character: number;
}

/** The state of a picture. */
interface Graph {
	/** The depth of the last row. */
	bottom: number;
	layout: Layout;
}

/** The documented hook, for tests and other programs. Other members may change from version to version. */
interface Hook {
	/** Settles when the graph can be explored. */
	ready: Promise<Hook>;
	/** What is shown: `page.graph` has mode, zoom, selected, query, matches; `page.name` the function between its halves. */
	page?: { graph: Graph; graphs: Graph[]; all: Graph; name: number };
	/** `totalBefore[0]` and `totalAfter[0]` are the totals of the captures. */
	tree?: Tree;
	/** From the start of the scripts to the first picture. */
	milliseconds?: number;
}

interface Window {
	plateau: Hook;
}

/** The page's own elements are there. */
interface Document {
	getElementById(id: string): any;
}

/** A canvas of a browser that can run the page: it has two dimensions. */
interface Canvas extends Omit<HTMLCanvasElement, "getContext"> {
	getContext(contextId: "2d"): CanvasRenderingContext2D;
}
