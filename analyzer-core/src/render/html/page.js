"use strict";
// Toolbar, keys, the box under the pointer, the address. Names are written by textContent and fillText only.

const MODES = ["both", "before", "after"];
const byId = (id) => document.getElementById(id);

/** Writes values for people; the page says in which steps, such as `1e9 s,1e6 ms`. */
function unitsOf({ unit, steps, decimals, shift }) {
	const factor = 2 ** shift / 10 ** decimals;
	const sizes = steps ? steps.split(",").map((step) => step.split(" ")) : [];
	return (stored) => {
		const value = stored * factor;
		const [size, name] = sizes.find(([least]) => Math.abs(value) >= least) ?? sizes.at(-1) ?? [];
		if (size) return `${(value / size).toFixed(2)} ${name}`;
		const digits = Number.isInteger(value) || Math.abs(value) >= 1e6 ? 0 : 2;
		const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
		return unit === "count" ? text : `${text} ${unit}`;
	};
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;
const minus = (text) => (text.startsWith("-") ? text.replace("-", "−") : `+${text}`);

class Page {
	/** @param {Tree} tree */
	constructor(tree, value) {
		this.tree = tree;
		this.value = value;
		this.graph = new Graph(tree, byId("view"), byId("tall"), byId("canvas"));
		byId("explore").hidden = false;
		document.documentElement.classList.add("live");
		this.listen();
		this.graph.onChange = () => this.show();
		this.readAddress();
		this.graph.changed();
	}

	share(value) {
		return this.tree.whole > 0 ? value / this.tree.whole : 0;
	}

	/** Of a node with all below, and of itself: a line of shares and one of values. */
	figures(i) {
		const { tree, value } = this;
		return [[tree.totalBefore[i], tree.totalAfter[i]], [tree.before[i], tree.after[i]]].map(([before, after]) => {
			const [a, b] = [this.share(tree.k * before), this.share(after)];
			const change = minus((100 * (b - a)).toFixed(2));
			return [[percent(a), percent(b), change], [value(before), value(after), minus(value(after - tree.k * before))]];
		});
	}

	/** What a node is besides its figures. */
	remarks(i) {
		const { tree } = this;
		const [before, after, rank] = [tree.totalBefore[i], tree.totalAfter[i], tree.rank[i]];
		const here = ["", "grew here", "shrank here"][tree.mark[i]];
		return [!before && "new", !after && "gone", rank && `plateau ${rank}`, here].filter(Boolean).join(", ");
	}

	/** Shows the figures of the node under the pointer. */
	hover(event) {
		const tip = byId("tip");
		const i = event ? this.graph.painter.hit(event.offsetX, event.offsetY) : -1;
		tip.hidden = i < 0;
		byId("canvas").classList.toggle("over", i >= 0);
		if (i < 0) return;
		const cells = tip.querySelectorAll("td");
		tip.querySelector("b").textContent = this.tree.names[this.tree.name[i]];
		this.figures(i).flat(2).forEach((text, place) => (cells[place].textContent = text));
		tip.querySelector("i").textContent = this.remarks(i);
		const { offsetWidth, offsetHeight } = tip;
		const isLow = event.clientY + 18 + offsetHeight > innerHeight;
		tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - offsetWidth - 8))}px`;
		tip.style.top = `${Math.max(4, isLow ? event.clientY - offsetHeight - 12 : event.clientY + 18)}px`;
	}

	listen() {
		const { graph } = this;
		const on = (id, event, act) => byId(id).addEventListener(event, act, { passive: true });
		const leave = () => this.hover(null);
		on("canvas", "pointermove", (event) => this.hover(event));
		on("canvas", "pointerleave", leave);
		on("canvas", "click", (event) => {
			const i = graph.painter.hit(event.offsetX, event.offsetY);
			if (i >= 0) graph.zoomTo(i, i);
		});
		on("view", "scroll", leave);
		for (const mode of MODES) on(mode, "click", () => graph.setMode(mode));
		on("changed", "click", () => graph.setMode(graph.mode, !graph.onlyChanged));
		on("out", "click", () => graph.zoomTo(0));
		on("copy", "click", () => this.copy());
		on("keys", "click", () => this.help());
		on("search", "input", (event) => graph.search(event.target.value.trim()));
		document.addEventListener("keydown", (event) => this.key(event));
		document.addEventListener("click", (event) => this.row(event));
		addEventListener("resize", () => graph.resize());
		addEventListener("hashchange", () => this.readAddress());
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
			graph.painter.readColours();
			graph.redraw();
		});
	}

	/** A click on a row shows its plateau. */
	row(event) {
		const row = event.target.closest("tr[data-rank]");
		if (!row || event.target.closest("details") || String(getSelection())) return;
		event.preventDefault();
		this.plateau(Number(row.dataset.rank));
	}

	plateau(rank) {
		this.graph.revealPlateau(rank);
		byId("graph").scrollIntoView();
	}

	help() {
		const isHidden = byId("help").toggleAttribute("hidden");
		byId("keys").ariaExpanded = String(!isHidden);
	}

	async copy() {
		const { graph } = this;
		const stack = graph.stack(graph.selected < 0 ? graph.zoom : graph.selected).join(";");
		try {
			await navigator.clipboard.writeText(stack);
			byId("found").textContent = "stack copied";
		} catch {
			prompt("Stack", stack); // Not every page may write to the clipboard.
		}
	}

	key(event) {
		const { graph } = this;
		const { key, target } = event;
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const isTyping = target.id === "search";
		const isHere = target.id === "view";
		const keys = {
			"/": () => byId("search").focus(),
			"?": () => this.help(),
			n: () => graph.nextMatch(1),
			N: () => graph.nextMatch(-1),
			y: () => this.copy(),
			c: () => byId("changed").click(),
			b: () => graph.setMode(MODES[(MODES.indexOf(graph.mode) + 1) % 3]),
			Backspace: () => graph.zoomTo(Math.max(0, this.tree.parent[graph.zoom])),
		};
		if (key === "Escape") this.escape(isTyping);
		else if (isTyping) {
			if (key === "Enter") graph.nextMatch(event.shiftKey ? -1 : 1);
			return;
		} else if (Object.hasOwn(keys, key)) keys[key]();
		else if (/^[1-9]$/.test(key)) this.plateau(Number(key));
		else if (isHere && key.startsWith("Arrow")) graph.move(key);
		else if (isHere && key === "Enter" && graph.selected >= 0) graph.zoomTo(graph.selected);
		else return;
		event.preventDefault();
	}

	/** Leaves the help, else the search, else the zoom. */
	escape(isTyping) {
		if (!byId("help").hidden) this.help();
		else if (isTyping || this.graph.query) {
			byId("search").value = "";
			this.graph.search("");
			byId("view").focus({ preventScroll: true });
		} else this.graph.zoomTo(0);
	}

	/** Shows the state of the graph. */
	show() {
		const { graph, tree } = this;
		for (const mode of MODES) byId(mode).ariaPressed = String(mode === graph.mode);
		byId("changed").ariaPressed = String(graph.onlyChanged);
		byId("out").disabled = graph.zoom === 0;
		byId("found").textContent = this.foundLine();
		const i = graph.selected;
		let text = "Click a frame to zoom; press ? for keys.";
		if (i >= 0) {
			const [total, own] = this.figures(i).map(([[before, after, change]]) => `${before} → ${after} (${change})`);
			const remarks = this.remarks(i);
			text = `${tree.names[tree.name[i]]}: total ${total}, self ${own}${remarks && `; ${remarks}`}`;
		}
		byId("selected").textContent = text;
		this.writeAddress();
	}

	foundLine() {
		const { query, matches } = this.graph;
		if (!query) return "";
		const [before, after] = this.graph.matched().map((value) => percent(this.share(value)));
		return `${matches.length.toLocaleString("en")} found: ${before} → ${after}`;
	}

	writeAddress() {
		const { zoom, selected, mode, onlyChanged, query } = this.graph;
		const parts = { z: zoom || "", s: selected < 0 ? "" : selected, m: mode === "both" ? "" : mode, c: onlyChanged ? 1 : "", q: query };
		const hash = new URLSearchParams(Object.entries(parts).filter(([, value]) => value !== "")).toString();
		if (hash === location.hash.slice(1)) return;
		try {
			// A new zoom is a step to come back from; the rest is not.
			history[zoom === this.written ? "replaceState" : "pushState"](null, "", `#${hash}`);
		} catch {
			// A page inside another may not; nothing depends on it.
		}
		this.written = zoom;
	}

	readAddress() {
		const { graph, tree } = this;
		const parts = new URLSearchParams(location.hash.slice(1));
		const node = (key, otherwise) => {
			const i = Number(parts.get(key) ?? NaN);
			return Number.isInteger(i) && i >= 0 && i < tree.nodes ? i : otherwise;
		};
		if (parts.has("r")) return this.plateau(Number(parts.get("r")));
		graph.zoom = this.written = node("z", 0);
		graph.selected = node("s", -1);
		byId("search").value = parts.get("q") ?? "";
		graph.search(byId("search").value);
		graph.setMode(MODES.find((mode) => mode === parts.get("m")) ?? "both", parts.has("c"));
		if (graph.selected >= 0) graph.scrollTo(graph.selected);
	}
}

/** Reads the tree and starts the page; what it gives is the hook for tests and other programs. */
async function start() {
	const begin = performance.now();
	const tree = await readTree(byId("tree"));
	const { graph } = new Page(tree, unitsOf(byId("tree").dataset));
	const count = (mark) => tree.mark.filter((other) => other === mark).length;
	return Object.assign(window.plateau, {
		tree,
		graph,
		nodes: tree.nodes,
		sums: { before: tree.totalBefore[0], after: tree.totalAfter[0] },
		marks: { grew: count(1), shrank: count(2) },
		milliseconds: performance.now() - begin,
		state() {
			const { zoom, selected, mode, onlyChanged, query, matches } = graph;
			return { zoom, selected, mode, onlyChanged, query, matches: matches.length };
		},
		/** Draws once and waits for the pixels; gives milliseconds. */
		timeToDraw() {
			const begin = performance.now();
			graph.drawNow();
			graph.painter.context.getImageData(0, 0, 1, 1);
			return performance.now() - begin;
		},
	});
}

/** `ready` settles when the graph can be explored; if it fails, the static picture stays. */
window.plateau = { ready: start() };
window.plateau.ready.catch((error) => {
	document.documentElement.classList.remove("live");
	byId("explore").hidden = true;
	console.error(error);
});
