// What the page's scripts share, for the type check; no part of the page.

/** The call tree, columns by node in pre-order; values as captured, 2^shift at a time. */
interface Tree {
	nodes: number;
	names: string[];
	/** Index of `names`. */
	name: Int32Array;
	/** Caller; -1 for the root. */
	parent: Int32Array;
	/** Frames above. */
	depth: Int32Array;
	/** The largest depth. */
	deepest: number;
	/** The first node after all below. */
	end: Int32Array;
	/** Own value. */
	before: Float64Array;
	/** Own value. */
	after: Float64Array;
	/** With all below. */
	totalBefore: Float64Array;
	/** With all below. */
	totalAfter: Float64Array;
	/** 0 no change beyond noise, 1 grew, 2 shrank. */
	mark: Uint8Array;
	/** Number of its plateau, or 0. */
	rank: Uint32Array;
	/** Nodes by depth, from left to right. */
	rows: Int32Array;
	/** Where each depth starts in `rows`. */
	rowStart: Int32Array;
	/** After = k x before for unchanged code. */
	k: number;
	/** What 100 % means, as after. */
	whole: number;
}

/** What the width of a box is: the mean of both, or one side. */
type Mode = "both" | "before" | "after";

/** Boxes by node, in the unit of after. */
interface Layout {
	/** Left edge. */
	x: Float64Array;
	width: Float64Array;
	/** How much of the width grew by more than noise. */
	grown: Float64Array;
	/** How much of it shrank. */
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
	/** By mark and strength. */
	shades: { fill: string; ink: string }[][];
	/** By mark. */
	lines: string[];
	narrow: string;
	page: string;
	ink: string;
	font: string;
	discFont: string;
	/** Width of a character, in pixels. */
	character: number;
}

/** The state of the picture. */
interface Graph {
	mode: Mode;
	layout: Layout;
	/** By name, where something is searched. */
	found: Uint8Array | null;
	/** Nodes. */
	matches: number[];
}

interface Window {
	/** The hook for tests and other programs. */
	plateau: any;
}

/** The page's own elements are there. */
interface Document {
	getElementById(id: string): any;
}

/** A canvas of a browser that can run the page: it has two dimensions. */
interface Canvas extends Omit<HTMLCanvasElement, "getContext"> {
	getContext(contextId: "2d"): CanvasRenderingContext2D;
}
