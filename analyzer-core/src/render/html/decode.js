"use strict";
// Reads the call tree that payload.rs packed into the page.

/**
 * @param {HTMLElement} element the script element that holds the payload
 * @returns {Promise<Tree>}
 */
async function readTree(element) {
	const packed = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
	const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
	const tree = readColumns(bytes);
	const scale = 2 ** Number(element.dataset.shift);
	tree.k = Number(element.dataset.k);
	tree.whole = Number(element.dataset.whole) / scale;
	link(tree);
	return tree;
}

/** @param {Uint8Array} bytes @returns {any} */
function readColumns(bytes) {
	let at = 0;
	// Arithmetic, not bits: values have up to 53 of them.
	const varint = () => {
		let value = 0;
		let unit = 1;
		let byte;
		do {
			byte = bytes[at++];
			value += (byte & 127) * unit;
			unit *= 128;
		} while (byte > 127);
		return value;
	};
	const version = varint();
	if (version !== 1) throw new Error(`payload version ${version} is not known`);
	const nodes = varint();
	const nameCount = varint();
	const lengths = Array.from({ length: 7 }, varint);
	const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, at));
	const column = (index, array) => {
		at = starts[index];
		return array.map(varint);
	};
	const name = column(0, new Int32Array(nodes));
	const children = column(1, new Int32Array(nodes));
	const before = column(2, new Float64Array(nodes));
	const after = column(3, new Float64Array(nodes)).map((z, i) => before[i] + (z % 2 ? -(z + 1) / 2 : z / 2));
	const flags = column(4, new Uint32Array(nodes));
	const mark = Uint8Array.from(flags, (flag) => flag & 3);
	const rank = Uint32Array.from(flags, (flag) => flag >>> 2);

	const text = new TextDecoder();
	const sorted = [];
	let previous = new Uint8Array(0);
	at = starts[5];
	for (let i = 0; i < nameCount; i++) {
		const shared = varint();
		const more = varint();
		const whole = new Uint8Array(shared + more);
		whole.set(previous.subarray(0, shared));
		whole.set(bytes.subarray(at, at + more), shared);
		at += more;
		sorted.push(text.decode(whole));
		previous = whole;
	}
	const names = new Array(nameCount);
	at = starts[6];
	for (let i = 0; i < nameCount; i++) names[varint()] = sorted[i];
	return { nodes, names, name, children, before, after, mark, rank };
}

/** Parents, depths, totals and rows of a tree. Nothing recurses: a stack may be very deep. */
function link(tree) {
	const { nodes, children } = tree;
	tree.parent = new Int32Array(nodes).fill(-1);
	tree.depth = new Int32Array(nodes);
	tree.end = new Int32Array(nodes);
	tree.deepest = 0;
	const missing = Int32Array.from(children);
	let open = -1; // the deepest node that still misses children
	for (let i = 0; i < nodes; i++) {
		tree.parent[i] = open;
		tree.depth[i] = open < 0 ? 0 : tree.depth[open] + 1;
		tree.deepest = Math.max(tree.deepest, tree.depth[i]);
		if (open >= 0) missing[open]--;
		open = i;
		while (open >= 0 && missing[open] === 0) {
			tree.end[open] = i + 1;
			open = tree.parent[open];
		}
	}
	delete tree.children;
	tree.totalBefore = addedUp(tree, tree.before);
	tree.totalAfter = addedUp(tree, tree.after);

	tree.rowStart = new Int32Array(tree.deepest + 2);
	for (let i = 0; i < nodes; i++) tree.rowStart[tree.depth[i] + 1]++;
	for (let d = 0; d <= tree.deepest; d++) tree.rowStart[d + 1] += tree.rowStart[d];
	const next = tree.rowStart.slice();
	tree.rows = new Int32Array(nodes);
	for (let i = 0; i < nodes; i++) tree.rows[next[tree.depth[i]]++] = i;
}

/**
 * @param {Tree} tree
 * @param {Float64Array} own
 * @returns {Float64Array} the sums over each node and all below
 */
function addedUp(tree, own) {
	const total = own.slice();
	for (let i = tree.nodes - 1; i > 0; i--) total[tree.parent[i]] += total[i];
	return total;
}
