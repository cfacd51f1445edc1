"use strict";
// One function between its callers and its callees: two trees, the function is the root of both.

/** What is below all places of a function, or with `isUp` above them, merged. Recursive calls are within. */
function merged(tree, name, isUp) {
	const node = (name, parent) => ({ name, parent, children: 0, before: 0, after: 0, mark: 0, region: 0, rank: 0 });
	const made = [node(name, -1)];
	const numbers = new Map();
	const child = (parent, i) => {
		const key = parent * tree.names.length + tree.name[i];
		if (!numbers.has(key)) numbers.set(key, made.push(node(tree.name[i], parent)) - 1);
		return numbers.get(key);
	};
	const add = (node, before, after, mark, region, rank) => {
		node.before += before;
		node.after += after;
		node.mark ||= mark;
		node.region ||= region;
		node.rank ||= rank;
	};
	const place = new Int32Array(tree.nodes);
	for (let i = 0; i < tree.nodes; i++) {
		if (tree.name[i] !== name) continue;
		const end = tree.end[i];
		if (isUp) {
			let at = 0;
			for (let up = tree.parent[i]; up > 0; up = tree.parent[up]) at = child(at, up);
			add(made[at], tree.totalBefore[i], tree.totalAfter[i], Number(tree.mark.subarray(i, end).some(Boolean)), 1, 0);
		}
		for (let j = i; !isUp && j < end; j++) {
			place[j] = j === i ? 0 : child(place[tree.parent[j]], j);
			add(made[place[j]], tree.before[j], tree.after[j], tree.mark[j], tree.region[j], tree.rank[j]);
		}
		i = end - 1;
	}
	// A caller changed as its calls of the function did.
	if (isUp) for (const node of made) node.mark &&= node.after > tree.k * node.before ? 1 : 2;
	return inOrder(tree, made);
}

/** Pre-order, siblings by width. */
function inOrder(tree, made) {
	const width = made.map(({ before, after }) => tree.k * before + after);
	for (let i = made.length - 1; i > 0; i--) width[made[i].parent] += width[i];
	const below = made.map(() => []);
	made.forEach(({ parent }, i) => parent >= 0 && below[parent].push(i));
	const order = [];
	const open = [0];
	for (let i; (i = open.pop()) !== undefined; ) {
		order.push(made[i]);
		for (const one of below[i].sort((a, b) => width[a] - width[b] || b - a)) open.push(one);
		made[i].children = below[i].length;
	}
	/** @type {any} */
	const columns = { names: tree.names, nodes: order.length };
	// Of the same types as those of the tree.
	for (const key in made[0]) columns[key] = tree[key].constructor.from(order, (node) => node[key]);
	return linked(columns, tree.k, tree.whole);
}
