"use strict";
// Draws the part of a graph that is in view on a canvas.

const ROW = 18;
/** Boxes narrower than this, in pixels, are drawn together. */
const NARROW = 0.5;

class Painter {
	/** @param {Graph} graph what to draw */
	constructor(canvas, graph) {
		this.canvas = canvas;
		this.graph = graph;
		this.tree = graph.tree;
		this.context = canvas.getContext("2d");
	}

	readColours() {
		const style = getComputedStyle(document.documentElement);
		const colour = (name) => style.getPropertyValue(`--${name}`).trim();
		this.fills = ["box", "grew", "shrank"].map((name) => channels(colour(name)));
		this.lines = ["muted", "grew-line", "shrank-line"].map(colour);
		[this.narrow, this.page, this.ink] = ["narrow", "page", "ink"].map(colour);
		this.discFont = `700 9px ${colour("sans")}`;
		this.context.font = `11px ${colour("mono")}`;
		this.character = this.context.measureText("0".repeat(100)).width / 100;
	}

	/** Draws what is in view: so many pixels, so many scrolled away. */
	draw(width, height, top) {
		const { tree, canvas, context, graph } = this;
		const { layout, zoom } = graph;
		const ratio = devicePixelRatio || 1;
		// This clears it.
		[canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
		context.scale(ratio, ratio);
		context.textBaseline = "middle";
		this.readColours();
		this.width = width;
		this.top = top;
		this.marked = [];
		this.scale = layout.width[zoom] > 0 ? width / layout.width[zoom] : 0;
		const last = Math.min(graph.bottom, Math.floor((top + height) / ROW));
		for (let row = Math.max(0, Math.floor(top / ROW)); row <= last; row++) {
			const depth = graph.flip(row);
			const y = row * ROW - top;
			if (depth > tree.depth[zoom]) this.row(depth, y);
			else this.box(graph.above(depth), 0, y, width);
		}
		this.discs();
	}

	row(depth, y) {
		const { tree, scale, context } = this;
		const { layout, zoom } = this.graph;
		const left = layout.x[zoom];
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

	/** The places in `tree.rows` of a depth that are in the zoomed part. */
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
		const full = this.fills[tree.mark[i]];
		const { fill, ink } = shade(this.fills[0].map((c, k) => c + (full[k] - c) * strength(tree, i)));
		const isDim = found !== null && !found[name];
		context.globalAlpha = isDim ? 0.35 : 1;
		context.fillStyle = fill;
		context.fillRect(x, y, width > 2 ? width - 0.6 : width, ROW - 1);
		this.strip(x, y, width, layout.grown[i], layout.shrunk[i], layout.width[i]);
		const indent = tree.rank[i] && width >= 22 ? 19 : 3;
		if (width > indent + 3 * this.character) {
			context.fillStyle = ink;
			context.fillText(this.fit(tree.names[name], width - indent - 3), x + indent, y + ROW / 2 - 1);
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
		const taken = [];
		context.font = this.discFont;
		context.textAlign = "center";
		this.marked.sort((one, other) => other[3] - one[3]);
		for (const [i, x, y, width] of this.marked) {
			if (i < 0) {
				this.outline(x, y, width, this.ink, [], 2);
				continue;
			}
			if (width < 2) continue;
			const colour = this.lines[tree.mark[i]];
			this.outline(x, y, width, colour, [[1, 2], [], [4, 2]][tree.mark[i]], 1.5);
			// Of many narrow places only the first is numbered, if there is room.
			const middle = Math.min(Math.max(width >= 22 ? x + 10 : x + width / 2, 7), this.width - 7);
			const isFirst = i === this.graph.places.get(tree.rank[i])[0];
			const isFree = taken.every(([x, row]) => row !== y || Math.abs(x - middle) >= 15);
			if (width < 14 && !(isFirst && isFree)) continue;
			taken.push([middle, y]);
			context.fillStyle = colour;
			context.beginPath();
			context.arc(middle, y + ROW / 2 - 0.5, 6.5, 0, 7);
			context.fill();
			context.fillStyle = this.page;
			context.fillText(String(tree.rank[i]), middle, y + ROW / 2);
		}
	}

	fit(name, pixels) {
		const characters = [...(name.length > 999 ? name.slice(0, 499) + name.slice(-499) : name)];
		for (let columns = Math.floor(pixels / this.character); columns > 2; columns--) {
			const tail = (columns - 1) >> 1;
			const isWhole = characters.length <= columns;
			const shown = isWhole ? characters : [...characters.slice(0, columns - 1 - tail), "…", ...characters.slice(-tail)];
			const text = shown.join("");
			if (this.context.measureText(text).width <= pixels) return text;
		}
		return "";
	}

	hit(pointX, pointY) {
		const { tree, graph } = this;
		const { x, width } = graph.layout;
		const depth = graph.flip(Math.floor((pointY + this.top) / ROW));
		if (depth >= 0 && depth <= tree.depth[graph.zoom]) return graph.above(depth);
		if (!(depth >= 0 && depth <= tree.deepest && this.scale > 0)) return -1;
		const at = x[graph.zoom] + pointX / this.scale;
		const [from, to] = this.span(depth);
		const place = firstPast(tree.rows, from, to, (i) => x[i] > at) - 1;
		const i = tree.rows[place];
		return place >= from && at < x[i] + width[i] ? i : -1;
	}
}

/** The channels of `#rrggbb`. */
const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/** A colour to fill with, and black or white to write on it. */
function shade(rgb) {
	const [r, g, b] = rgb.map((c) => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4));
	const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
	return { fill: `rgb(${rgb.map(Math.round).join()})`, ink: light > 0.179 ? "#000" : "#fff" };
}
