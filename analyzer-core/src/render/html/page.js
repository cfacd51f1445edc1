"use strict";
// The page around the picture: toolbar, keys, the box under the pointer, the address. Names are written by
// textContent and fillText only.

const byId = (id) => document.getElementById(id);

/** Writes values for people, as report/units.rs does. */
function unitsOf({ unit, decimals, shift }) {
	const factor = 2 ** Number(shift) / 10 ** Number(decimals);
	const times = [[1e9, "s"], [1e6, "ms"], [1e3, "us"], [1, "ns"]];
	const finer = { nanoseconds: 1, ns: 1, microseconds: 1e3, us: 1e3, milliseconds: 1e6, ms: 1e6, seconds: 1e9, s: 1e9 }[unit];
	const sizes = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [1024, "KiB"], [1, "B"]];
	const steps = finer ? times : /^bytes?$/.test(unit) ? sizes : null;
	return (stored) => {
		const value = stored * factor * (finer ?? 1);
		if (steps) {
			const [size, name] = steps.find(([step]) => Math.abs(value) >= step) ?? steps.at(-1);
			return `${(value / size).toFixed(2)} ${name}`;
		}
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

	/** The figures of a node, of all below and of itself: for each a line of shares and one of values. */
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
		const remarks = [before ? "" : "new", after ? "" : "gone", rank && `plateau ${rank}`, ["", "grew here", "shrank here"][tree.mark[i]]];
		return remarks.filter(Boolean).join(", ");
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
		const canvas = byId("canvas");
		canvas.addEventListener("pointermove", (event) => this.hover(event));
		canvas.addEventListener("pointerleave", () => this.hover(null));
		canvas.addEventListener("click", (event) => {
			const i = graph.painter.hit(event.offsetX, event.offsetY);
			if (i < 0) return;
			graph.selected = i;
			graph.zoomTo(i);
			this.hover(null);
		});
		byId("view").addEventListener("scroll", () => this.hover(null), { passive: true });
		for (const button of document.querySelectorAll("[data-mode]")) {
			button.addEventListener("click", () => graph.setMode(button.dataset.mode));
		}
		byId("changed").addEventListener("click", () => graph.setMode(graph.mode, !graph.onlyChanged));
		byId("out").addEventListener("click", () => graph.zoomTo(0));
		byId("copy").addEventListener("click", () => this.copy());
		byId("keys").addEventListener("click", () => this.help());
		byId("search").addEventListener("input", (event) => graph.search(event.target.value.trim()));
		document.addEventListener("keydown", (event) => this.key(event));
		document.addEventListener("click", (event) => this.row(event));
		addEventListener("resize", () => graph.resize());
		addEventListener("hashchange", () => this.readAddress());
		addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((path) => (path.open = true)));
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
			graph.painter.readColours();
			graph.redraw();
		});
	}

	/** A click on a row of a table shows its plateau. */
	row(event) {
		const row = event.target.closest("tr[data-rank]");
		if (!row || event.target.closest("summary, .path") || String(getSelection())) return;
		event.preventDefault();
		this.plateau(Number(row.dataset.rank));
	}

	plateau(rank) {
		this.graph.revealPlateau(rank);
		const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
		byId("graph").scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
	}

	help(isShown = byId("help").hidden) {
		byId("help").hidden = !isShown;
		byId("keys").setAttribute("aria-expanded", String(isShown));
	}

	async copy() {
		const { graph } = this;
		const stack = graph.stack(graph.selected < 0 ? graph.zoom : graph.selected).join(";");
		try {
			await navigator.clipboard.writeText(stack);
		} catch {
			// Pages opened from a file may not have a clipboard.
			const area = document.body.appendChild(document.createElement("textarea"));
			area.value = stack;
			area.select();
			document.execCommand("copy");
			area.remove();
		}
		byId("found").textContent = "stack copied";
	}

	key(event) {
		const { graph } = this;
		const { key, target } = event;
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const isTyping = target.id === "search";
		if (key === "Escape") {
			if (!byId("help").hidden) this.help(false);
			else if (isTyping || graph.query) {
				byId("search").value = "";
				graph.search("");
				byId("view").focus({ preventScroll: true });
			} else graph.zoomTo(0);
		} else if (isTyping) {
			if (key === "Enter") graph.nextMatch(event.shiftKey ? -1 : 1);
			return;
		} else if (key === "/") byId("search").focus();
		else if (key === "n" || key === "N") graph.nextMatch(key === "n" ? 1 : -1);
		else if (key === "?") this.help();
		else if (key === "y") this.copy();
		else if (key === "c") graph.setMode(graph.mode, !graph.onlyChanged);
		else if (key === "b") graph.setMode({ both: "before", before: "after", after: "both" }[graph.mode]);
		else if (key === "Backspace") graph.zoomTo(Math.max(0, this.tree.parent[graph.zoom]));
		else if (/^[1-9]$/.test(key)) this.plateau(Number(key));
		else if (target.id === "view" && key.startsWith("Arrow")) graph.move(key);
		else if (target.id === "view" && key === "Enter" && graph.selected >= 0) graph.zoomTo(graph.selected);
		else return;
		event.preventDefault();
	}

	/** Brings toolbar, lines and address to the state of the graph. */
	show() {
		const { graph, tree } = this;
		for (const button of document.querySelectorAll("[data-mode]")) {
			button.setAttribute("aria-pressed", String(button.dataset.mode === graph.mode));
		}
		byId("changed").setAttribute("aria-pressed", String(graph.onlyChanged));
		byId("out").disabled = graph.zoom === 0;
		byId("found").textContent = graph.query ? this.foundLine() : "";
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
		const [before, after] = this.graph.matched().map((value) => percent(this.share(value)));
		const { length } = this.graph.matches;
		return length ? `${length.toLocaleString("en")} found: ${before} → ${after}` : "nothing found";
	}

	writeAddress() {
		const { zoom, selected, mode, onlyChanged, query } = this.graph;
		const parts = [zoom > 0 && `z=${zoom}`, selected >= 0 && `s=${selected}`, mode !== "both" && `m=${mode}`, onlyChanged && "c=1", query && `q=${encodeURIComponent(query)}`].filter(Boolean);
		const hash = parts.length ? `#${parts.join("&")}` : "";
		if (hash === location.hash) return;
		try {
			// A new zoom is a step to come back from; the rest is not.
			history[zoom === this.written ? "replaceState" : "pushState"](null, "", hash || location.pathname + location.search);
		} catch {
			// A page inside another may not change its address; nothing else depends on it.
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
		graph.setMode(["before", "after"].find((mode) => mode === parts.get("m")) ?? "both", parts.get("c") === "1");
		if (graph.selected >= 0) graph.scrollTo(graph.selected);
	}
}

/** The state of a page for tests and other programs. @param {Page} page */
function hook(page) {
	const { tree, graph } = page;
	const count = (mark) => tree.mark.reduce((sum, other) => sum + (other === mark ? 1 : 0), 0);
	return {
		tree,
		graph,
		nodes: tree.nodes,
		/** Sums of both sides, as stored. */
		sums: { before: tree.totalBefore[0], after: tree.totalAfter[0] },
		marks: { grew: count(1), shrank: count(2) },
		/** Where the picture stands. */
		state() {
			const { zoom, selected, mode, onlyChanged, query, matches } = graph;
			return { zoom, selected, mode, onlyChanged, query, matches: matches.length };
		},
		/** Draws once and waits for the pixels; gives milliseconds. */
		timeToDraw() {
			const start = performance.now();
			graph.drawNow();
			graph.painter.context.getImageData(0, 0, 1, 1);
			return performance.now() - start;
		},
		/** The least contrast of a name on its box, over the palette in use. */
		contrast: () => Math.min(...graph.painter.shades.flat().map((step) => step.contrast)),
	};
}

/**
 * `window.plateau` is the documented hook; `plateau.ready` settles when the graph can be explored.
 */
window.plateau = {
	ready: (async () => {
		const start = performance.now();
		const data = byId("tree");
		const tree = await readTree(data);
		if (!tree.nodes) return;
		const page = new Page(tree, unitsOf(data.dataset));
		Object.assign(window.plateau, hook(page), { milliseconds: performance.now() - start });
	})(),
};
window.plateau.ready.catch((error) => {
	// The static picture stays.
	document.documentElement.classList.remove("live");
	byId("explore").hidden = true;
	console.error(error);
});
