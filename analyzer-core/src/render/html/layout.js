"use strict";
// Where the boxes go, as render/layout.rs says, for each way to look.

/** The change at which colours are full, as a share of the whole. */
const FULL_COLOUR = 0.05;

/** With `onlyChanged`, what did not change has no width of its own. @returns {Layout} */
function layOut(tree, mode, onlyChanged) {
	const { nodes, mark, region, parent, k } = tree;
	const [x, width, grown, shrunk, next] = [0, 1, 2, 3, 4].map(() => new Float64Array(nodes));
	const isWithin = new Uint8Array(nodes); // a region that changed
	const [a, b] = { both: [k / 2, 0.5], before: [k, 0], after: [0, 1] }[mode]; // what a value is wide
	const change = (i, before, after) => {
		const more = after - k * before;
		if (more > 0) grown[i] = Math.max(grown[i], more * b);
		else if (a) shrunk[i] = Math.max(shrunk[i], (-more * a) / k);
	};
	for (let i = 0; i < nodes; i++) {
		isWithin[i] = Number((mark[i] && region[i]) || (i && isWithin[parent[i]]));
		if (!onlyChanged || mark[i] || isWithin[i]) width[i] = a * tree.before[i] + b * tree.after[i];
		if (mark[i] && !region[i]) change(i, tree.before[i], tree.after[i]);
	}
	for (let i = nodes - 1; i >= 0; i--) {
		if (mark[i] && region[i]) change(i, tree.totalBefore[i], tree.totalAfter[i]);
		if (i) for (const column of [width, grown, shrunk]) column[parent[i]] += column[i];
	}
	// `next` is where the next child starts.
	for (let i = 1; i < nodes; i++) {
		x[i] = next[i] = next[parent[i]];
		next[parent[i]] += width[i];
	}
	return { x, width, grown, shrunk };
}

/** How strong the colour of a node's own change is, from 0 to 1; 0 where it is not more than noise. */
function strength(tree, i) {
	if (!tree.mark[i] || tree.region[i] || !(tree.whole > 0)) return 0;
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
