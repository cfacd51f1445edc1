"use strict";
// Where the boxes go, as render/layout.rs says, for each way to look.

/** The change at which colours are full, as a share of the whole. */
const FULL_COLOUR = 0.05;

/**
 * Lays out boxes by node, in the unit of after: left edge, width, and how much of it grew or shrank by more than noise.
 * @param {Tree} tree
 * @param {Mode} mode
 * @param {boolean} onlyChanged whether nodes that did not change have no width of their own
 * @returns {Layout}
 */
function layOut(tree, mode, onlyChanged) {
	const { nodes, mark, parent, k } = tree;
	const width = new Float64Array(nodes);
	const grown = new Float64Array(nodes);
	const shrunk = new Float64Array(nodes);
	for (let i = 0; i < nodes; i++) {
		const a = k * tree.before[i];
		const b = tree.after[i];
		const change = mark[i] ? b - a : 0;
		if (!onlyChanged || mark[i]) width[i] = mode === "both" ? (a + b) / 2 : mode === "before" ? a : b;
		if (change > 0 && mode !== "before") grown[i] = mode === "both" ? change / 2 : change;
		if (change < 0 && mode !== "after") shrunk[i] = mode === "both" ? -change / 2 : -change;
	}
	for (let i = nodes - 1; i > 0; i--) {
		width[parent[i]] += width[i];
		grown[parent[i]] += grown[i];
		shrunk[parent[i]] += shrunk[i];
	}
	const x = new Float64Array(nodes);
	const next = new Float64Array(nodes); // where the next child starts
	for (let i = 1; i < nodes; i++) {
		x[i] = next[i] = next[parent[i]];
		next[parent[i]] += width[i];
	}
	return { x, width, grown, shrunk };
}

/** How strong the colour of a node's own change is, from 0 to 1; 0 where it is not more than noise. */
function strength(tree, i) {
	if (!tree.mark[i] || !(tree.whole > 0)) return 0;
	const change = Math.abs(tree.after[i] - tree.k * tree.before[i]);
	return Math.sqrt(Math.min(1, change / tree.whole / FULL_COLOUR));
}

/** The first place in `rows[from..to]` whose node satisfies `isPast`; all that follow do, too. */
function firstPast(rows, from, to, isPast) {
	while (from < to) {
		const middle = (from + to) >>> 1;
		if (isPast(rows[middle])) to = middle;
		else from = middle + 1;
	}
	return from;
}
