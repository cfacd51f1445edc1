"use strict";
// Draws the part of the graph that is in view on a canvas.

const ROW = 18;
const STEPS = 32;
/** Boxes narrower than this, in pixels, are drawn together. */
const NARROW = 0.5;

/**
 * What is to be drawn.
 * @typedef {object} View
 * @property {Layout} layout
 * @property {number} zoom the node that fills the width
 * @property {number} top pixels scrolled away
 * @property {number} width in CSS pixels
 * @property {number} height
 * @property {number} selected a node, or -1
 * @property {Uint8Array | null} found by name, while searching
 * @property {Map<number, number[]>} places nodes of each plateau
 */

class Painter {
	/**
	 * @param {HTMLCanvasElement} canvas
	 * @param {Tree} tree
	 */
	constructor(canvas, tree) {
		this.canvas = canvas;
		this.tree = tree;
		this.context = canvas.getContext("2d");
		this.isAscii = tree.names.map((name) => /^[\x20-\x7e]*$/.test(name));
		this.readColours();
	}

	/** Takes the palette from the style sheet: again after the colour scheme changed. */
	readColours() {
		const style = getComputedStyle(document.documentElement);
		const colour = (name) => style.getPropertyValue(`--${name}`).trim();
		const box = channels(colour("box"));
		const steps = (name, from) =>
			Array.from({ length: STEPS + 1 }, (_, i) => shade(from.map((c, k) => c + (channels(colour(name))[k] - c) * (i / STEPS))));
		this.shades = [steps("box", box), steps("grew", box), steps("shrank", box)];
		this.lines = ["muted", "grew-line", "shrank-line"].map(colour);
		this.narrow = colour("narrow");
		this.page = colour("page");
		this.ink = colour("ink");
		this.font = `11px ${style.getPropertyValue("--mono")}`;
		this.discFont = `700 9px ${style.getPropertyValue("--sans")}`;
		this.context.font = this.font;
		this.character = this.context.measureText("0".repeat(100)).width / 100;
	}

	/** @param {View} view */
	draw(view) {
		const { tree, canvas, context } = this;
		const { layout, zoom } = view;
		this.view = view;
		this.marked = [];
		const ratio = devicePixelRatio || 1;
		const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
		if (canvas.width !== width || canvas.height !== height) {
			canvas.width = width;
			canvas.height = height;
		}
		context.setTransform(ratio, 0, 0, ratio, 0, 0);
		context.clearRect(0, 0, view.width, view.height);
		context.font = this.font;
		context.textBaseline = "middle";
		const full = layout.width[zoom];
		this.scale = full > 0 ? view.width / full : 0;
		const last = Math.min(tree.deepest, Math.floor((view.top + view.height) / ROW));
		let above = zoom;
		while (above > 0 && tree.depth[above] > last) above = tree.parent[above];
		const first = Math.max(0, Math.floor(view.top / ROW));
		for (; above >= 0 && tree.depth[above] >= first; above = tree.parent[above]) {
			this.box(above, 0, tree.depth[above] * ROW - view.top, view.width);
		}
		for (let depth = Math.max(first, tree.depth[zoom] + 1); depth <= last; depth++) this.row(depth);
		this.discs();
	}

	/** All boxes of one depth below the zoomed node. */
	row(depth) {
		const { tree, view, scale } = this;
		const { layout, zoom } = view;
		const left = layout.x[zoom];
		const y = depth * ROW - view.top;
		const [from, to] = this.span(depth);
		let [start, end, grown, shrunk, total] = [-1, 0, 0, 0, 0]; // the narrow boxes not drawn yet
		const flush = () => {
			if (start < 0) return;
			this.context.fillStyle = this.narrow;
			this.context.fillRect(start, y, Math.max(end - start, NARROW), ROW - 1);
			this.strip(start, y, Math.max(end - start, NARROW), grown, shrunk, total);
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
		const { tree, view } = this;
		const { rows, rowStart, end } = tree;
		if (depth > tree.deepest) return [0, 0];
		const from = firstPast(rows, rowStart[depth], rowStart[depth + 1], (i) => i >= view.zoom);
		return [from, firstPast(rows, from, rowStart[depth + 1], (i) => i >= end[view.zoom])];
	}

	box(i, x, y, width) {
		const { tree, view, context } = this;
		const name = tree.name[i];
		const { fill, ink } = this.shades[tree.mark[i]][Math.round(STEPS * strength(tree, i))];
		const isDim = view.found !== null && !view.found[name];
		context.globalAlpha = isDim ? 0.35 : 1;
		context.fillStyle = fill;
		context.fillRect(x, y, width > 2 ? width - 0.6 : width, ROW - 1);
		this.strip(x, y, width, view.layout.grown[i], view.layout.shrunk[i], view.layout.width[i]);
		const indent = tree.rank[i] && width >= 22 ? 19 : 3;
		if (width > indent + 3 * this.character) {
			const text = this.fit(name, width - indent - 3);
			context.fillStyle = ink;
			if (text) context.fillText(text, x + indent, y + ROW / 2 - 1);
		}
		context.globalAlpha = 1;
		if (view.found !== null && !isDim && width > 3) this.outline(x, y, width, this.ink, [], 1);
		if (tree.rank[i]) this.marked.push([i, x, y, width]);
		if (i === view.selected) this.marked.push([-1, x, y, width]);
	}

	/** Change in a box or below, at its foot: shrunk, then grown, up to its right edge. */
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
		context.setLineDash([]);
	}

	/** Outlines and numbers of plateaus, over their neighbours; the widest first, none over another. */
	discs() {
		const { tree, view, context } = this;
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
			const middle = Math.min(Math.max(width >= 22 ? x + 10 : x + width / 2, 7), view.width - 7);
			const beside = taken.get(y) ?? [];
			// Of a plateau with many narrow places only the first is numbered, if there is room.
			if (width < 14 && (i !== view.places.get(tree.rank[i])[0] || beside.some((other) => Math.abs(other - middle) < 15))) continue;
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

	/** A name in at most so many pixels; its middle gives way, since both ends tell functions apart. */
	fit(index, pixels) {
		const name = this.tree.names[index];
		let columns = Math.floor(pixels / this.character);
		if (this.isAscii[index]) return shortened(name, columns);
		const characters = Array.from(name.slice(0, 2000));
		let text = shortened(characters, columns);
		while (columns > 1 && this.context.measureText(text).width > pixels) text = shortened(characters, --columns);
		return text;
	}

	/** The node under a point of the canvas, or -1. */
	hit(pointX, pointY) {
		const { tree, view } = this;
		const depth = Math.floor((pointY + view.top) / ROW);
		if (depth < 0 || depth > tree.deepest) return -1;
		if (depth <= tree.depth[view.zoom]) {
			let above = view.zoom;
			while (tree.depth[above] > depth) above = tree.parent[above];
			return above;
		}
		if (!(this.scale > 0)) return -1;
		const { x, width } = view.layout;
		const at = x[view.zoom] + pointX / this.scale;
		const [from, to] = this.span(depth);
		const place = firstPast(tree.rows, from, to, (i) => x[i] > at) - 1;
		if (place < from) return -1;
		const i = tree.rows[place];
		return at < x[i] + width[i] ? i : -1;
	}
}

/** A text or list of characters in so many columns. */
function shortened(characters, columns) {
	const text = (part) => (typeof part === "string" ? part : part.join(""));
	if (characters.length <= columns) return text(characters);
	if (columns < 3) return "";
	const tail = (columns - 1) >> 1;
	return `${text(characters.slice(0, columns - 1 - tail))}…${text(characters.slice(characters.length - tail))}`;
}

/** @param {string} colour `#rrggbb` */
function channels(colour) {
	return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** A colour to fill with, and black or white to write on it, whichever is further from it. */
function shade(rgb) {
	const [r, g, b] = rgb.map((c) => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4));
	const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
	const contrast = Math.max((light + 0.05) / 0.05, 1.05 / (light + 0.05));
	return { fill: `rgb(${rgb.map(Math.round).join()})`, ink: light > 0.179 ? "#000" : "#fff", contrast };
}
