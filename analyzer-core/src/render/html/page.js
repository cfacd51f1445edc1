"use strict";
// Toolbar, keys, the box under the pointer, the address. Names are written by textContent and fillText only.

const MODES = ["both", "before", "after"];
const byId = (id) => document.getElementById(id);
const signed = (text) => (text.startsWith("-") ? text.replace("-", "−") : `+${text}`);

/** Writes values for people; the page says in which steps, such as `1000000 s,1000 ms,1 us`. */
function unitsOf({ unit, steps, decimals, shift }) {
	const factor = 2 ** shift / 10 ** decimals;
	const sizes = steps ? steps.split(",").map((step) => step.split(" ")) : [];
	return (stored) => {
		const value = stored * factor;
		const [size, name] = sizes.find(([least]) => Math.abs(value) >= least) ?? sizes.at(-1) ?? [];
		if (size) return `${(value / size).toFixed(2)} ${name}`;
		const text = value.toLocaleString("en", { maximumFractionDigits: 2 });
		return unit === "count" ? text : `${text} ${unit}`;
	};
}

class Page {
	/** @param {Tree} tree */
	constructor(tree, data) {
		this.tree = tree;
		this.value = unitsOf(data);
		this.isSingle = "single" in data;
		this.seconds = data.seconds?.split(" ").map(Number);
		this.isRate = false;
		this.all = new Graph(tree, byId("view"));
		byId("explore").hidden = false;
		document.documentElement.classList.add("live");
		this.readAddress();
		this.listen();
	}

	/** Shows a function between its callers and its callees; -1 shows everything. */
	sandwich(name) {
		if (name === this.name) return;
		const { mode, onlyChanged, query } = this.graph ?? this.all;
		this.name = name;
		byId("view").hidden = name >= 0;
		byId("halves").hidden = name < 0;
		const half = (id) => new Graph(merged(this.tree, name, id === "callers"), byId(id), id === "callers");
		this.graphs = name < 0 ? [this.all] : ["callers", "callees"].map(half);
		this.graph = this.graphs.at(-1);
		this.search(query);
		this.setMode(mode, onlyChanged);
		for (const graph of this.graphs) {
			graph.onChange = () => this.show();
			graph.scrollTo(graph.zoom);
		}
		this.show();
	}

	setMode(mode, onlyChanged = this.graph.onlyChanged) {
		for (const graph of this.graphs) graph.setMode(mode, onlyChanged);
	}

	search(query) {
		for (const graph of this.graphs) graph.search(query);
	}

	percent(value) {
		return `${((100 * value) / this.tree.whole || 0).toFixed(2)} %`;
	}

	/** Of a node with all below, and of itself: shares, and values. */
	figures(tree, i) {
		const [k, a, b, per] = this.isRate ? [1, ...this.seconds, "/s"] : [tree.k, 1, 1, ""];
		const value = (number) => this.value(number) + per;
		return [[tree.totalBefore[i], tree.totalAfter[i]], [tree.before[i], tree.after[i]]].map(([before, after]) => {
			const shares = [tree.k * before, after, after - tree.k * before].map((part) => this.percent(part));
			const values = [before / a, after / b, after / b - (k * before) / a].map(value);
			return [shares, values].map(([one, other, change]) => [one, other, signed(change.replace(" %", ""))]);
		});
	}

	/** What a node is besides its figures. */
	remarks(tree, i) {
		if (this.isSingle) return "";
		const rank = tree.rank[i] && `${tree.region[i] ? "region" : "plateau"} ${tree.rank[i]}`;
		const where = tree.region[i] ? "with what it calls" : "here";
		const here = ["", `grew ${where}`, `shrank ${where}`][tree.mark[i]];
		return [!tree.totalBefore[i] && "new", !tree.totalAfter[i] && "gone", rank, here].filter(Boolean).join(", ");
	}

	/** The node under the pointer, or -1. */
	at({ currentTarget, offsetX, offsetY }) {
		const graph = this.graphs.find(({ view }) => view === currentTarget);
		return { graph, i: graph?.painter.hit(offsetX, offsetY) ?? -1 };
	}

	hover(event) {
		const tip = byId("tip");
		const { graph, i } = this.at(event);
		tip.hidden = i < 0 || event.type !== "pointermove";
		if (tip.hidden) return;
		const cells = tip.querySelectorAll("td");
		tip.querySelector("b").textContent = graph.name(i);
		this.figures(graph.tree, i).flat(2).forEach((text, place) => (cells[place].textContent = text));
		tip.querySelector("i").textContent = this.remarks(graph.tree, i);
		const { clientX: x, clientY: y } = event;
		tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
		tip.style.top = `${y > innerHeight / 2 ? Math.max(4, y - tip.offsetHeight - 12) : y + 18}px`;
	}

	listen() {
		for (const id of ["view", "callers", "callees"]) {
			const view = byId(id);
			view.onpointermove = view.onpointerleave = (event) => this.hover(event);
			view.onfocus = () => (this.graph = this.graphs.find((graph) => graph.view === view));
			view.onclick = (event) => {
				const { graph, i } = this.at(event);
				if (i >= 0) graph.zoomTo(i, i);
			};
		}
		const acts = {
			changed: () => this.setMode(this.graph.mode, !this.graph.onlyChanged),
			rate: () => this.show((this.isRate = !this.isRate)),
			sandwich: () => this.sandwichOrNot(),
			out: () => this.graphs.forEach((graph) => graph.zoomTo(0)),
			copy: () => this.copy(),
		};
		for (const mode of MODES) acts[mode] = () => this.setMode(mode);
		for (const id in acts) byId(id).onclick = acts[id];
		byId("search").oninput = (event) => this.search(event.target.value.trim());
		document.onkeydown = (event) => this.key(event);
		document.onclick = (event) => this.row(event);
		onresize = () => this.graphs.forEach((graph) => graph.resize());
		onhashchange = () => this.readAddress();
		matchMedia("(prefers-color-scheme: dark)").onchange = () => this.graphs.forEach((graph) => graph.redraw());
	}

	/** A click on a row shows its plateau. */
	row(event) {
		const row = event.target.closest("tr[data-rank]");
		if (!row || event.target.closest("details") || String(getSelection())) return;
		event.preventDefault();
		this.plateau(Number(row.dataset.rank));
	}

	plateau(rank) {
		this.sandwich(-1);
		this.all.revealPlateau(rank);
		byId("graph").scrollIntoView();
	}

	sandwichOrNot() {
		const { selected, tree } = this.graph;
		const name = selected > 0 ? tree.name[selected] : -1;
		this.sandwich(name === this.name ? -1 : name);
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
		const acts = {
			"/": () => byId("search").focus(),
			"?": () => byId("help").toggleAttribute("open"),
			n: () => graph.nextMatch(1),
			N: () => graph.nextMatch(-1),
			y: () => this.copy(),
			s: () => this.sandwichOrNot(),
			c: () => byId("changed").click(),
			b: () => this.isSingle || this.setMode(MODES[(MODES.indexOf(graph.mode) + 1) % 3]),
			Backspace: () => graph.zoomTo(Math.max(0, graph.tree.parent[graph.zoom])),
		};
		if (key === "Escape") this.escape(isTyping);
		else if (isTyping) {
			if (key === "Enter") graph.nextMatch(event.shiftKey ? -1 : 1);
			return;
		} else if (Object.hasOwn(acts, key)) acts[key]();
		else if (/^[1-9]$/.test(key)) this.plateau(Number(key));
		else if (target === graph.view && key.startsWith("Arrow")) graph.move(key);
		else if (target === graph.view && key === "Enter") graph.zoomTo(Math.max(0, graph.selected));
		else return;
		event.preventDefault();
	}

	/** Leaves the help, else the search, else the function, else the zoom. */
	escape(isTyping) {
		if (byId("help").open) byId("help").open = false;
		else if (isTyping || this.graph.query) {
			byId("search").value = "";
			this.search("");
			this.graph.view.focus({ preventScroll: true });
		} else if (this.graph.zoom) this.graph.zoomTo(0);
		else this.sandwich(-1);
	}

	show() {
		const { graph, name } = this;
		const { tree, selected: i, query } = graph;
		const press = (id, is) => (byId(id).ariaPressed = String(is));
		for (const mode of MODES) press(mode, mode === graph.mode);
		press("changed", graph.onlyChanged);
		press("rate", this.isRate);
		press("sandwich", name >= 0);
		byId("sandwich").disabled = name < 0 && i <= 0;
		byId("out").disabled = this.graphs.every(({ zoom }) => !zoom);
		const matched = graph.matched().slice(Number(this.isSingle)).map((value) => this.percent(value));
		byId("found").textContent = query && `${graph.matches.length.toLocaleString("en")} found: ${matched.join(" → ")}`;
		let text = name < 0 ? "Click a frame to zoom; press ? for keys." : `Callers and callees of ${this.tree.names[name]}`;
		if (i >= 0) {
			const line = ([a, b, change]) => (this.isSingle ? b : `${a} → ${b} (${change})`);
			const [total, own] = this.figures(tree, i).map((lines) => line(lines[Number(this.isRate)]));
			const remarks = this.remarks(tree, i);
			text = `${graph.name(i)}: total ${total}, self ${own}${remarks && `; ${remarks}`}`;
		}
		byId("selected").textContent = text;
		this.writeAddress();
	}

	writeAddress() {
		const { zoom, selected, mode, onlyChanged, query } = this.graph;
		const parts = new URLSearchParams();
		const add = (key, value, isSaid) => isSaid && parts.set(key, value);
		add("f", this.name, this.name >= 0);
		add("z", zoom, zoom && this.name < 0);
		add("s", selected, selected >= 0 && this.name < 0);
		add("m", mode, mode !== "both");
		add("c", 1, onlyChanged);
		add("q", query, query);
		const place = `${this.name} ${zoom}`;
		try {
			// A new place is a step to come back from.
			history[place === this.written ? "replaceState" : "pushState"](null, "", `#${parts}`);
		} catch {} // A page inside another may not; nothing depends on it.
		this.written = place;
	}

	readAddress() {
		const { all, tree } = this;
		const parts = new URLSearchParams(location.hash.slice(1));
		const index = (key, end) => {
			const i = Number(parts.get(key) ?? -1);
			return Number.isInteger(i) && i < end ? Math.max(-1, i) : -1;
		};
		if (parts.has("r")) return this.plateau(Number(parts.get("r")));
		all.zoom = Math.max(0, index("z", tree.nodes));
		all.selected = index("s", tree.nodes);
		const name = index("f", tree.names.length);
		this.written = `${name} ${all.zoom}`;
		this.sandwich(name);
		byId("search").value = parts.get("q") ?? "";
		this.search(byId("search").value);
		this.setMode(MODES.find((mode) => mode === parts.get("m")) ?? "both", parts.has("c"));
		if (all.selected >= 0) all.scrollTo(all.selected);
	}
}

/** Reads the tree and starts the page; what it gives is the hook for tests and other programs. */
async function start() {
	const begin = performance.now();
	const tree = await readTree(byId("tree"));
	const page = new Page(tree, byId("tree").dataset);
	return Object.assign(window.plateau, { tree, page, milliseconds: performance.now() - begin });
}

/** `ready` settles when the graph can be explored; if it fails, the static picture stays. */
window.plateau = { ready: start() };
window.plateau.ready.catch((error) => {
	document.documentElement.classList.remove("live");
	byId("explore").hidden = true;
	console.error(error);
});
