"use strict";
// Draws the part of the graph that is in view on a canvas.

const ROW = 18;
const STEPS = 32;
/** Boxes narrower than this, in pixels, are drawn together. */
const NARROW = 0.5;

class Painter {
	/**
	 * @param {Canvas} canvas
	 * @param {Graph} graph what to draw: tree, layout, zoom, selection, search
	 */
	constructor(canvas, graph) {
		this.canvas = canvas;
		this.graph = graph;
		this.tree = graph.tree;
		this.context = canvas.getContext("2d");
		this.isAscii = this.tree.names.map((name) => /^[\x20-\x7e]*$/.test(name));
		this.readColours();
	}

	/** Takes the palette from the style sheet. */
	readColours() {
		const style = getComputedStyle(document.documentElement);
		const colour = (name) => style.getPropertyValue(`--${name}`).trim();
		const box = channels(colour("box"));
		this.shades = ["box", "grew", "shrank"].map((name) => {
			const full = channels(colour(name));
			return Array.from({ length: STEPS + 1 }, (_, i) => shade(box.map((c, k) => c + (full[k] - c) * (i / STEPS))));
		});
		this.lines = ["muted", "grew-line", "shrank-line"].map(colour);
		this.narrow = colour("narrow");
		this.page = colour("page");
		this.ink = colour("ink");
		this.font = `11px ${style.getPropertyValue("--mono")}`;
		this.discFont = `700 9px ${style.getPropertyValue("--sans")}`;
		this.context.font = this.font;
		this.character = this.context.measureText("0".repeat(100)).width / 100;
	}

	/** Draws what is in view: so many pixels, so many scrolled away. */
	draw(width, height, top) {
		const { tree, canvas, context } = this;
		const { layout, zoom } = this.graph;
		const ratio = devicePixelRatio || 1;
		const size = [Math.round(width * ratio), Math.round(height * ratio)];
		if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
		context.setTransform(ratio, 0, 0, ratio, 0, 0);
		context.clearRect(0, 0, width, height);
		context.font = this.font;
		context.textBaseline = "middle";
		this.width = width;
		this.top = top;
		this.marked = [];
		this.scale = layout.width[zoom] > 0 ? width / layout.width[zoom] : 0;
		const first = Math.max(0, Math.floor(top / ROW));
		const last = Math.min(tree.deepest, Math.floor((top + height) / ROW));
		for (let i = zoom; i >= 0 && tree.depth[i] >= first; i = tree.parent[i]) {
			if (tree.depth[i] <= last) this.box(i, 0, tree.depth[i] * ROW - top, width);
		}
		for (let depth = Math.max(first, tree.depth[zoom] + 1); depth <= last; depth++) this.row(depth);
		this.discs();
	}

	/** All boxes of one depth below the zoomed node. */
	row(depth) {
		const { tree, scale, context } = this;
		const { layout, zoom } = this.graph;
		const left = layout.x[zoom];
		const y = depth * ROW - this.top;
		const [from, to] = this.span(depth);
		let [start, end, grown, shrunk, total] = [-1, 0, 0, 0, 0]; // the narrow boxes not drawn yet
		const flush = () => {
			if (start < 0) return;
			const width = Math.max(end - start, NARROW);
			context.fillStyle = this.narrow;
			context.fillRect(start, y, width, ROW - 1);
			this.strip(start, y, width, grown, shrunk, total);
			start = -1;
		};
		for (let place = from; place < to; place++) {
			const i = tree.rows[place];
			const width = layout.width[i] * scale;
			if (!(width > 0)) continue;
			const x = (layout.x[i] - left) * scale;
			if (width >= NARROW) {
				flush();
				this.box(i, x, y, width);
				continue;
			}
			if (start >= 0 && x - end > NARROW) flush();
			if (start < 0) [start, grown, shrunk, total] = [x, 0, 0, 0];
			end = x + width;
			grown += layout.grown[i];
			shrunk += layout.shrunk[i];
			total += layout.width[i];
		}
		flush();
	}

	/** The places in `tree.rows` of a depth that are below the zoomed node. */
	span(depth) {
		const { rows, rowStart, end } = this.tree;
		const { zoom } = this.graph;
		const from = firstPast(rows, rowStart[depth], rowStart[depth + 1], (i) => i >= zoom);
		return [from, firstPast(rows, from, rowStart[depth + 1], (i) => i >= end[zoom])];
	}

	box(i, x, y, width) {
		const { tree, context } = this;
		const { layout, found, selected } = this.graph;
		const name = tree.name[i];
		const { fill, ink } = this.shades[tree.mark[i]][Math.round(STEPS * strength(tree, i))];
		const isDim = found !== null && !found[name];
		context.globalAlpha = isDim ? 0.35 : 1;
		context.fillStyle = fill;
		context.fillRect(x, y, width > 2 ? width - 0.6 : width, ROW - 1);
		this.strip(x, y, width, layout.grown[i], layout.shrunk[i], layout.width[i]);
		const indent = tree.rank[i] && width >= 22 ? 19 : 3;
		if (width > indent + 3 * this.character) {
			const text = this.fit(name, width - indent - 3);
			context.fillStyle = ink;
			if (text) context.fillText(text, x + indent, y + ROW / 2 - 1);
		}
		context.globalAlpha = 1;
		if (found && !isDim && width > 3) this.outline(x, y, width, this.ink, [], 1);
		if (tree.rank[i] && !isDim) this.marked.push([i, x, y, width]);
		if (i === selected) this.marked.push([-1, x, y, width]);
	}

	/** Change in a box or below, at its foot: shrunk, then grown. */
	strip(x, y, width, grown, shrunk, total) {
		let right = x + (width > 2 ? width - 0.6 : width);
		for (const [part, line] of [[grown, 1], [shrunk, 2]]) {
			const pixels = Math.min((part / total) * width, right - x);
			if (!(pixels >= 0.25)) continue;
			this.context.fillStyle = this.lines[line];
			this.context.fillRect(right - pixels, y + ROW - 4, pixels, 3);
			right -= pixels;
		}
	}

	outline(x, y, width, colour, dash, line) {
		const { context } = this;
		context.strokeStyle = colour;
		context.lineWidth = line;
		context.setLineDash(dash);
		context.strokeRect(x + line / 2, y + line / 2, Math.max(1, width - 0.6 - line), ROW - 1 - line);
	}

	/** Outlines and numbers of plateaus, over their neighbours, the widest first. */
	discs() {
		const { tree, context } = this;
		const taken = new Map();
		this.marked.sort((one, other) => other[3] - one[3]);
		for (const [i, x, y, width] of this.marked) {
			if (i < 0) {
				this.outline(x, y, width, this.ink, [], 2);
				continue;
			}
			if (width < 2) continue;
			const colour = this.lines[tree.mark[i]];
			this.outline(x, y, width, colour, [[1, 2], [], [4, 2]][tree.mark[i]], 1.5);
			const middle = Math.min(Math.max(width >= 22 ? x + 10 : x + width / 2, 7), this.width - 7);
			const beside = taken.get(y) ?? [];
			// Of many narrow places only the first is numbered.
			const isFirst = i === this.graph.places.get(tree.rank[i])[0];
			if (width < 14 && (!isFirst || beside.some((other) => Math.abs(other - middle) < 15))) continue;
			taken.set(y, [...beside, middle]);
			context.fillStyle = colour;
			context.beginPath();
			context.arc(middle, y + ROW / 2 - 0.5, 6.5, 0, 7);
			context.fill();
			context.font = this.discFont;
			context.textAlign = "center";
			context.fillStyle = this.page;
			context.fillText(String(tree.rank[i]), middle, y + ROW / 2);
			context.textAlign = "left";
			context.font = this.font;
		}
	}

	/** A name in at most so many pixels; its middle gives way. */
	fit(index, pixels) {
		const characters = this.isAscii[index] ? this.tree.names[index] : Array.from(this.tree.names[index]);
		let columns = Math.floor(pixels / this.character);
		let text = shortened(characters, columns);
		if (this.isAscii[index]) return text;
		while (columns > 1 && this.context.measureText(text).width > pixels) text = shortened(characters, --columns);
		return text;
	}

	/** The node under a point of the canvas, or -1. */
	hit(pointX, pointY) {
		const { tree } = this;
		const { zoom, layout } = this.graph;
		const { x, width } = layout;
		const depth = Math.floor((pointY + this.top) / ROW);
		let above = zoom;
		while (tree.depth[above] > depth) above = tree.parent[above];
		if (tree.depth[above] === depth) return above;
		if (depth > tree.deepest || !(this.scale > 0)) return -1;
		const at = x[zoom] + pointX / this.scale;
		const [from, to] = this.span(depth);
		const place = firstPast(tree.rows, from, to, (i) => x[i] > at) - 1;
		if (place < from) return -1;
		const i = tree.rows[place];
		return at < x[i] + width[i] ? i : -1;
	}
}

/** A text or list of characters in so many columns. */
function shortened(characters, columns) {
	if (characters.length <= columns) return [...characters].join("");
	if (columns < 3) return "";
	const tail = (columns - 1) >> 1;
	return [...characters.slice(0, columns - 1 - tail), "…", ...characters.slice(-tail)].join("");
}

/** @param {string} colour `#rrggbb` */
function channels(colour) {
	return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** A colour to fill with, and black or white to write on it. */
function shade(rgb) {
	const [r, g, b] = rgb.map((c) => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4));
	const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
	return { fill: `rgb(${rgb.map(Math.round).join()})`, ink: light > 0.179 ? "#000" : "#fff" };
}
