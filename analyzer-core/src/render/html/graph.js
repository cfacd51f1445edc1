"use strict";
// The state of the picture: zoom, selection, mode, search.

class Graph {
	/**
	 * @param {Tree} tree
	 * @param {HTMLElement} view scrolls `tall`, which is as high as all rows and holds the canvas, as high as the view
	 */
	constructor(tree, view, tall, canvas) {
		this.tree = tree;
		this.view = view;
		this.tall = tall;
		this.mode = "both";
		this.onlyChanged = false;
		this.zoom = 0;
		this.selected = -1;
		this.query = "";
		this.found = null;
		this.matches = [];
		this.match = -1;
		this.waits = false;
		/** Called after every change of the state. */
		this.onChange = () => {};
		this.places = placesOf(tree);
		this.layout = layOut(tree, this.mode, this.onlyChanged);
		this.painter = new Painter(canvas, this);
		view.addEventListener("scroll", () => this.redraw(), { passive: true });
	}

	/** Draws at the next frame. */
	redraw() {
		if (this.waits) return;
		this.waits = true;
		requestAnimationFrame(() => {
			this.waits = false;
			this.drawNow();
		});
	}

	drawNow() {
		this.painter.draw(this.tall.clientWidth, this.view.clientHeight, this.view.scrollTop);
	}

	/** How many rows the zoomed part has. */
	rows() {
		const { tree, zoom, layout } = this;
		let deepest = tree.depth[zoom];
		for (let i = zoom; i < tree.end[zoom]; i++) {
			if (tree.depth[i] > deepest && layout.width[i] > 0) deepest = tree.depth[i];
		}
		return deepest + 1;
	}

	/** Fits the heights to the rows. */
	resize() {
		const all = this.rows() * ROW;
		const height = Math.max(ROW, Math.min(all, Math.max(240, Math.round(innerHeight * 0.72))));
		this.tall.style.height = `${all}px`;
		this.view.style.height = `${height}px`;
		this.painter.canvas.style.height = `${height}px`;
		this.redraw();
	}

	changed() {
		this.resize();
		this.onChange();
	}

	/** @param {"both" | "before" | "after"} mode */
	setMode(mode, onlyChanged = this.onlyChanged) {
		this.mode = mode;
		this.onlyChanged = onlyChanged;
		this.layout = layOut(this.tree, mode, onlyChanged);
		while (this.zoom > 0 && !(this.layout.width[this.zoom] > 0)) this.zoom = this.tree.parent[this.zoom];
		this.matches = this.sortedMatches();
		this.changed();
	}

	/** Makes a node as wide as the view. */
	zoomTo(node, selected = this.selected) {
		this.zoom = node;
		this.selected = selected;
		this.changed();
		this.scrollTo(node);
	}

	/** Selects a node, moves nothing. */
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
		const holds = this.zoom <= node && node < tree.end[this.zoom];
		if (!holds || !isWide(this.zoom)) {
			this.zoom = node;
			while (this.zoom > 0 && isWide(tree.parent[this.zoom])) this.zoom = tree.parent[this.zoom];
		}
		this.selected = node;
		this.changed();
		this.scrollTo(node);
	}

	/** Goes to the first place of a plateau, then to its next. */
	revealPlateau(rank) {
		const places = this.places.get(rank);
		if (!places) return;
		const at = places.indexOf(this.selected);
		this.reveal(places[(at + 1) % places.length]);
	}

	/** Scrolls so that a node and some callers are in view. */
	scrollTo(node) {
		const { view, tree } = this;
		const y = tree.depth[node] * ROW;
		if (y < view.scrollTop || y + ROW > view.scrollTop + view.clientHeight) {
			view.scrollTop = Math.max(0, y - Math.min(4 * ROW, view.clientHeight / 2));
		}
		this.redraw();
	}

	/** Searches names for a text, in any case. */
	search(query) {
		this.query = query;
		const wanted = query.toLowerCase();
		this.found = wanted ? Uint8Array.from(this.tree.names, (name) => (name.toLowerCase().includes(wanted) ? 1 : 0)) : null;
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

	/** Goes to the next match, or the one before it. */
	nextMatch(step) {
		const { length } = this.matches;
		if (!length) return;
		this.match = (this.match + step + length + (this.match < 0 && step < 0 ? 1 : 0)) % length;
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
		return [this.tree.k * before, after];
	}

	/** Selects caller, callee or neighbour. */
	move(key) {
		const { tree, layout, selected, zoom } = this;
		if (selected < 0) return this.select(zoom);
		const { rows, rowStart, depth } = tree;
		const isDrawn = (i) => layout.width[i] > 0;
		const [from, end] = [rowStart[depth[selected]], rowStart[depth[selected] + 1]];
		let to = -1;
		if (key === "ArrowUp") to = tree.parent[selected];
		if (key === "ArrowDown") {
			for (let i = selected + 1; to < 0 && i < tree.end[selected]; i = tree.end[i]) if (isDrawn(i)) to = i;
		}
		if (key === "ArrowLeft" || key === "ArrowRight") {
			const step = key === "ArrowLeft" ? -1 : 1;
			let place = firstPast(rows, from, end, (i) => i >= selected) + step;
			while (place >= from && place < end && !isDrawn(rows[place])) place += step;
			if (place >= from && place < end) to = rows[place];
		}
		if (to < 0) return;
		const isInside = (zoom <= to && to < tree.end[zoom]) || (to <= zoom && zoom < tree.end[to]);
		if (!isInside) this.zoomTo(tree.parent[to]);
		this.select(to);
		this.scrollTo(to);
	}

	/** Names from the root to a node. */
	stack(node) {
		const names = [];
		for (let i = node; i >= 0; i = this.tree.parent[i]) names.push(this.tree.names[this.tree.name[i]]);
		return names.reverse();
	}
}

/** The nodes of each plateau, the one that changed most first. */
function placesOf(tree) {
	const places = new Map();
	tree.rank.forEach((rank, i) => {
		if (rank) places.set(rank, places.get(rank) ?? []).get(rank).push(i);
	});
	const change = (i) => Math.abs(tree.after[i] - tree.k * tree.before[i]);
	for (const nodes of places.values()) nodes.sort((one, other) => change(other) - change(one) || one - other);
	return places;
}
