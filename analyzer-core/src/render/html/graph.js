"use strict";
// The state of a picture: zoom, selection, mode, search.

class Graph {
	/** @type {Mode} */
	mode = "both";
	onlyChanged = false;
	zoom = 0;
	selected = -1;
	query = "";
	/** @type {Uint8Array | null} */
	found = null;
	/** @type {number[]} */
	matches = [];
	match = -1;
	waits = false;
	onChange = () => {};

	/** The view scrolls what is in it, as high as all rows, which holds the canvas, as high as the view. */
	constructor(tree, view, isUp = false) {
		this.tree = tree;
		this.view = view;
		this.tall = view.firstElementChild;
		this.isUp = isUp;
		this.places = placesOf(tree);
		this.layout = layOut(tree, this.mode, this.onlyChanged);
		this.painter = new Painter(view.querySelector("canvas"), this);
		view.onscroll = () => this.redraw();
	}

	redraw() {
		if (this.waits) return;
		this.waits = true;
		requestAnimationFrame(() => {
			this.waits = false;
			this.drawNow();
		});
	}

	drawNow() {
		const { clientHeight, scrollTop } = this.view;
		this.painter.canvas.style.height = `${clientHeight}px`;
		this.painter.draw(this.tall.clientWidth, clientHeight, scrollTop);
	}

	/** The row of a depth, or the depth of a row. */
	flip(row) {
		return this.isUp ? this.bottom - row : row;
	}

	/** The zoomed node or the node between it and the root at a depth. */
	above(depth) {
		let i = this.zoom;
		while (this.tree.depth[i] > depth) i = this.tree.parent[i];
		return i;
	}

	holds(node, other) {
		return node <= other && other < this.tree.end[node];
	}

	/** Fits the heights to the rows of the zoomed part. */
	resize() {
		const { tree, zoom, layout } = this;
		this.bottom = tree.depth[zoom];
		for (let i = zoom; i < tree.end[zoom]; i++) {
			if (tree.depth[i] > this.bottom && layout.width[i] > 0) this.bottom = tree.depth[i];
		}
		this.tall.style.height = `${(this.bottom + 1) * ROW}px`;
		this.redraw();
	}

	changed() {
		this.resize();
		this.onChange();
	}

	/** @param {Mode} mode */
	setMode(mode, onlyChanged = this.onlyChanged) {
		this.mode = mode;
		this.onlyChanged = onlyChanged;
		this.layout = layOut(this.tree, mode, onlyChanged);
		while (this.zoom > 0 && !(this.layout.width[this.zoom] > 0)) this.zoom = this.tree.parent[this.zoom];
		this.matches = this.sortedMatches();
		this.changed();
	}

	zoomTo(node, selected = this.selected) {
		this.zoom = node;
		this.selected = selected;
		this.changed();
		this.scrollTo(node);
	}

	select(node) {
		this.selected = node;
		this.redraw();
		this.onChange();
	}

	/** Selects a node and zooms as far as makes it readable, so that its surroundings stay. */
	reveal(node) {
		const { tree } = this;
		if (!(this.layout.width[node] > 0)) this.setMode("both", false);
		const readable = 160 / Math.max(320, this.tall.clientWidth);
		const { width } = this.layout;
		const isWide = (from) => width[node] >= readable * width[from];
		if (!this.holds(this.zoom, node) || !isWide(this.zoom)) {
			this.zoom = node;
			while (this.zoom > 0 && isWide(tree.parent[this.zoom])) this.zoom = tree.parent[this.zoom];
		}
		this.zoomTo(this.zoom, node);
		this.scrollTo(node);
	}

	/** First the first place of a plateau, then its next. */
	revealPlateau(rank) {
		const places = this.places.get(rank);
		if (places) this.reveal(places[(places.indexOf(this.selected) + 1) % places.length]);
	}

	/** Scrolls so that a node and some callers are in view. */
	scrollTo(node) {
		const { view, tree } = this;
		const y = this.flip(tree.depth[node]) * ROW;
		if (y < view.scrollTop || y + ROW > view.scrollTop + view.clientHeight) {
			view.scrollTop = Math.max(0, y - Math.min(4 * ROW, view.clientHeight / 2));
		}
		this.redraw();
	}

	/** Searches names for a text, in any case. */
	search(query) {
		this.query = query;
		const wanted = query.toLowerCase();
		this.found = wanted ? Uint8Array.from(this.tree.names, (name) => Number(name.toLowerCase().includes(wanted))) : null;
		this.matches = this.sortedMatches();
		this.match = -1;
		this.redraw();
		this.onChange();
	}

	/** Matching nodes by width. */
	sortedMatches() {
		const { tree, found, layout } = this;
		const matches = [];
		for (let i = 0; found && i < tree.nodes; i++) {
			if (found[tree.name[i]] && layout.width[i] > 0) matches.push(i);
		}
		return matches.sort((one, other) => layout.width[other] - layout.width[one] || one - other);
	}

	nextMatch(step) {
		const { length } = this.matches;
		if (!length) return;
		this.match = (this.match + step + length + Number(this.match < 0 && step < 0)) % length;
		this.reveal(this.matches[this.match]);
	}

	/** Scaled before and after of all matches; one below another counts once. */
	matched() {
		const { tree, found } = this;
		let [before, after] = [0, 0];
		for (let i = 0; found && i < tree.nodes; ) {
			if (found[tree.name[i]]) {
				before += tree.totalBefore[i];
				after += tree.totalAfter[i];
				i = tree.end[i];
			} else i++;
		}
		return [tree.k * before, after];
	}

	/** Selects the box beside the selected one, where an arrow points. */
	move(key) {
		const { tree, layout, selected, zoom } = this;
		if (selected < 0) return this.select(zoom);
		const { rows, rowStart, depth } = tree;
		const isDrawn = (i) => layout.width[i] > 0;
		const [from, end] = [rowStart[depth[selected]], rowStart[depth[selected] + 1]];
		let to = -1;
		if (key === "ArrowLeft" || key === "ArrowRight") {
			const step = key === "ArrowLeft" ? -1 : 1;
			let place = firstPast(rows, from, end, (i) => i >= selected) + step;
			while (place >= from && place < end && !isDrawn(rows[place])) place += step;
			if (place >= from && place < end) to = rows[place];
		} else if ((key === "ArrowUp") !== this.isUp) to = tree.parent[selected];
		else for (let i = selected + 1; to < 0 && i < tree.end[selected]; i = tree.end[i]) if (isDrawn(i)) to = i;
		if (to < 0) return;
		if (!this.holds(zoom, to) && !this.holds(to, zoom)) this.zoomTo(tree.parent[to]);
		this.select(to);
		this.scrollTo(to);
	}

	name(i) {
		return this.tree.names[this.tree.name[i]];
	}

	stack(node) {
		const names = [];
		for (let i = node; i >= 0; i = this.tree.parent[i]) names.push(this.name(i));
		return this.isUp ? names : names.reverse();
	}
}

/** The nodes of each plateau, the one that changed most first. */
function placesOf(tree) {
	const places = new Map();
	tree.rank.forEach((rank, i) => {
		if (rank) places.set(rank, places.get(rank) ?? []).get(rank).push(i);
	});
	const change = (i) => Math.abs(tree.totalAfter[i] - tree.k * tree.totalBefore[i]);
	for (const nodes of places.values()) nodes.sort((one, other) => change(other) - change(one) || one - other);
	return places;
}
