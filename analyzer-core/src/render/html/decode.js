"use strict";
// Reads the call tree that payload.rs packed into the page.

async function readTree(element) {
	const packed = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
	const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	const columns = readColumns(new Uint8Array(await new Response(stream).arrayBuffer()));
	const { k, whole, shift } = element.dataset;
	return linked(columns, Number(k), Number(whole) / 2 ** Number(shift));
}

/** @returns {Columns} */
function readColumns(bytes) {
	let at = 0;
	// Arithmetic, not bits: values have up to 53 of them.
	const varint = () => {
		let value = 0;
		for (let unit = 1; ; unit *= 128) {
			const byte = bytes[at++];
			value += (byte & 127) * unit;
			if (byte < 128) return value;
		}
	};
	const nodes = varint();
	const names = new Array(varint());
	const name = new Int32Array(nodes).map(varint);
	const children = new Int32Array(nodes).map(varint);
	const before = new Float64Array(nodes).map(varint);
	const change = new Float64Array(nodes).map(varint);
	const after = change.map((z, i) => before[i] + (z % 2 ? -(z + 1) / 2 : z / 2));
	const flags = new Uint32Array(nodes).map(varint);
	const numbers = Array.from(names, varint);
	const sorted = new TextDecoder().decode(bytes.subarray(at)).split("\0");
	numbers.forEach((number, i) => (names[number] = sorted[i]));
	const [mark, region] = [(flag) => flag & 3, (flag) => (flag >> 2) & 1].map((part) => Uint8Array.from(flags, part));
	return { nodes, names, name, children, before, after, mark, region, rank: flags.map((flag) => flag >>> 3) };
}

/**
 * A tree of columns in pre-order. Nothing recurses: a stack may be very deep.
 * @param {Columns} columns
 * @returns {Tree}
 */
function linked(columns, k, whole) {
	const { nodes, children, before, after } = columns;
	const [parent, depth, end] = [0, 1, 2].map(() => new Int32Array(nodes));
	const missing = children.slice();
	let deepest = 0;
	let open = -1; // the deepest node that still misses children
	for (let i = 0; i < nodes; i++) {
		parent[i] = open;
		depth[i] = open < 0 ? 0 : depth[open] + 1;
		deepest = Math.max(deepest, depth[i]);
		if (open >= 0) missing[open]--;
		open = i;
		while (open >= 0 && missing[open] === 0) {
			end[open] = i + 1;
			open = parent[open];
		}
	}
	const [totalBefore, totalAfter] = [before, after].map((own) => {
		const total = own.slice();
		for (let i = nodes - 1; i > 0; i--) total[parent[i]] += total[i];
		return total;
	});
	const rowStart = new Int32Array(deepest + 2);
	for (const d of depth) rowStart[d + 1]++;
	for (let d = 0; d <= deepest; d++) rowStart[d + 1] += rowStart[d];
	const next = rowStart.slice();
	const rows = new Int32Array(nodes);
	for (let i = 0; i < nodes; i++) rows[next[depth[i]]++] = i;
	return { ...columns, k, whole, parent, depth, deepest, end, totalBefore, totalAfter, rowStart, rows };
}
