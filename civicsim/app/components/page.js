/* What the components of the page share: unpacking a run, colours, and drawing an organisation. No library. */
window.civicsim = (function () {
  "use strict";
  const BITS = { spoke: 1, came: 6, acted: 2, explained: 4, silence: 6, harmed: 8, vacant: 16, absent: 32, fresh: 64, burnt: 128 };
  const SPOTS = { bright: 1, dark: 2, outside: 4, own: 8, ordered: 16 };
  const CIVIDIS = ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838"];
  const RING = "#D55E00";
  /* Colours of the canvas by day, and by night on a dark page; pictures that are saved or printed are those of the day. */
  const DAY = { ink: "#1b2733", ground: "#ffffff", division: "#edf1f5", words: "#44535f", team: "#ffffff", edge: "#bcc7d2", bright: "#dcefe7", brightEdge: "#00573f", dark: "#c3ccd6", darkEdge: "#3f4b57", voice: "#0072B2", travel: "#5b2a86", empty: "#66727d", tie: "#4a5865" };
  const NIGHT = { ink: "#dbe3ea", ground: "#161d24", division: "#1f2932", words: "#b3c0cb", team: "#2b3742", edge: "#5a6875", bright: "#1d4a3b", brightEdge: "#7fd3b2", dark: "#0c1116", darkEdge: "#9aa8b5", voice: "#6fc1f2", travel: "#c3a0ee", empty: "#8b98a5", tie: "#a9b7c3" };
  const night = window.matchMedia ? window.matchMedia("(prefers-color-scheme: dark)") : { matches: false };
  let paper = false;
  function palette() { return night.matches && !paper ? NIGHT : DAY; }
  /* Has every canvas drawn anew: for paper as by day. */
  function repaint(forPaper) { paper = forPaper; window.dispatchEvent(new CustomEvent("civicsim.paint", { detail: paper })); }

  function bytes(text) {
    const raw = atob(text), out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out;
  }

  /* Colours 0–255 of the scale cividis, which reads the same for all kinds of colour vision. */
  const SCALE = (function () {
    const stops = CIVIDIS.map((hex) => [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16)));
    const scale = [];
    for (let v = 0; v < 256; v++) {
      const at = (v / 255) * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2), part = at - low;
      scale.push("rgb(" + [0, 1, 2].map((k) => Math.round(stops[low][k] + part * (stops[low + 1][k] - stops[low][k]))).join(",") + ")");
    }
    return scale;
  })();

  /* The scene as typed arrays. */
  function place(scene) {
    const own = Object.assign({}, scene);
    own.x = new Int16Array(bytes(scene.x).buffer);
    own.y = new Int16Array(bytes(scene.y).buffer);
    own.team = new Int16Array(bytes(scene.team).buffer);
    own.role = bytes(scene.role);
    own.profession = bytes(scene.profession);
    return own;
  }

  /* A run as bytes per week and person; weeks come as differences from the week before. */
  async function unpack(run, n, teams) {
    const stream = new Blob([bytes(run.packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
    const all = new Uint8Array(await new Response(stream).arrayBuffer());
    const own = { key: run.key, label: run.label, weeks: run.weeks, paths: run.paths, events: run.events, states: {}, travels: run.travels, bytes: run.packed.length };
    let at = 0;
    function take(width) {
      const part = all.subarray(at, at + run.weeks * width);
      for (let i = width; i < part.length; i++) part[i] = part[i] + part[i - width];
      at += run.weeks * width;
      return part;
    }
    run.states.forEach((name) => { own.states[name] = take(n); });
    own.acts = take(n);
    own.quality = take(teams);
    own.spots = take(teams);
    return own;
  }

  function box(ctx, x, y, w, h, r) {
    ctx.beginPath();
    ctx.moveTo(x + r, y);
    ctx.arcTo(x + w, y, x + w, y + h, r);
    ctx.arcTo(x + w, y + h, x, y + h, r);
    ctx.arcTo(x, y + h, x, y, r);
    ctx.arcTo(x, y, x + w, y, r);
    ctx.closePath();
  }

  function mark(ctx, kind, x, y, s) {
    ctx.lineWidth = Math.max(1.6, s * 0.36);
    ctx.lineCap = "round";
    ctx.beginPath();
    if (kind === BITS.acted) {
      ctx.strokeStyle = "#00573f";
      ctx.moveTo(x - s, y); ctx.lineTo(x - s * 0.25, y + s * 0.75); ctx.lineTo(x + s, y - s * 0.8);
    } else if (kind === BITS.explained) {
      ctx.strokeStyle = "#1b4f8a";
      ctx.moveTo(x - s * 0.9, y - s * 0.35); ctx.lineTo(x + s * 0.9, y - s * 0.35);
      ctx.moveTo(x - s * 0.9, y + s * 0.45); ctx.lineTo(x + s * 0.3, y + s * 0.45);
    } else {
      ctx.strokeStyle = "#8f1d00";
      ctx.moveTo(x - s * 0.75, y - s * 0.75); ctx.lineTo(x + s * 0.75, y + s * 0.75);
      ctx.moveTo(x + s * 0.75, y - s * 0.75); ctx.lineTo(x - s * 0.75, y + s * 0.75);
    }
    ctx.stroke();
  }

  function shape(ctx, role, x, y, r) {
    ctx.beginPath();
    if (role === 0) ctx.arc(x, y, r, 0, 6.2832);
    else if (role <= 2) ctx.rect(x - r * 0.95, y - r * 0.95, r * 1.9, r * 1.9);
    else { ctx.moveTo(x, y - r * 1.35); ctx.lineTo(x + r * 1.35, y); ctx.lineTo(x, y + r * 1.35); ctx.lineTo(x - r * 1.35, y); ctx.closePath(); }
  }

  function star(ctx, x, y, r) {
    ctx.beginPath();
    for (let k = 0; k < 10; k++) {
      const a = -Math.PI / 2 + (k * Math.PI) / 5, d = k % 2 ? r * 0.45 : r;
      if (k) ctx.lineTo(x + d * Math.cos(a), y + d * Math.sin(a)); else ctx.moveTo(x + d * Math.cos(a), y + d * Math.sin(a));
    }
    ctx.closePath();
  }

  /* Divisions, teams, bright and dark spots, and where changes of practice came from. */
  function drawTeams(ctx, scene, run, week, picked, scale) {
    const P = palette();
    ctx.textBaseline = "middle";
    scene.divisions.forEach(([x, y, w, h], d) => {
      // Without room for the word, the number stands alone.
      const name = (w * scale < 105 ? "" : "Division ") + (d + 1);
      box(ctx, x, y, w, h, 16);
      ctx.fillStyle = P.division; ctx.fill();
      const size = Math.max(20, 11 / scale);
      if (size * scale >= 8 && scale > 0.22) {
        ctx.fillStyle = P.words; ctx.font = "600 " + size + "px system-ui, sans-serif"; ctx.textAlign = "left";
        ctx.fillText(name, x + 12, y + 20);
      }
    });
    const T = scene.teams.length;
    const chosen = picked && picked.kind !== "person" ? picked.team : -1;
    for (let t = 0; t < T; t++) {
      const [x, y, r] = scene.teams[t], spot = run ? run.spots[week * T + t] : 0;
      ctx.beginPath(); ctx.arc(x, y, r, 0, 6.2832);
      ctx.fillStyle = spot & SPOTS.bright ? P.bright : spot & SPOTS.dark ? P.dark : P.team;
      ctx.fill();
      ctx.lineWidth = chosen === t ? 5 : spot & 3 ? 3 : 1.5;
      ctx.strokeStyle = chosen === t ? P.ink : spot & SPOTS.bright ? P.brightEdge : spot & SPOTS.dark ? P.darkEdge : P.edge;
      ctx.stroke();
      if (spot & SPOTS.bright) { star(ctx, x, y - r + 2, Math.max(9, r * 0.16)); ctx.fillStyle = P.brightEdge; ctx.fill(); }
      if (spot & SPOTS.dark) {
        const s = Math.max(8, r * 0.14);
        ctx.beginPath(); ctx.moveTo(x - s, y - r - s * 0.6); ctx.lineTo(x + s, y - r - s * 0.6); ctx.lineTo(x, y - r + s); ctx.closePath();
        ctx.fillStyle = P.darkEdge; ctx.fill();
      }
      if (!run) continue;
      let recent = 0;
      for (let w = Math.max(0, week - 3); w <= week; w++) recent |= run.spots[w * T + t];
      let k = 0;
      [[SPOTS.own, "+", "#00573f"], [SPOTS.outside, "↔", "#005a8c"], [SPOTS.ordered, "↓", "#6d3b00"]].forEach(([bit, sign, colour]) => {
        if (!(recent & bit)) return;
        const s = Math.max(11, r * 0.2), bx = x + r * 0.78 - k * s * 2.05, by = y + r * 0.88;
        ctx.beginPath(); ctx.arc(bx, by, s, 0, 6.2832); ctx.fillStyle = colour; ctx.fill();
        ctx.fillStyle = "#fff"; ctx.textAlign = "center"; ctx.font = "700 " + s * 1.6 + "px system-ui, sans-serif";
        ctx.fillText(sign, bx, by + s * 0.08);
        k += 1;
      });
    }
  }

  /* From one team's edge to another's: a line, an arrow head, and a dot on its way where things may move. */
  function way(ctx, scene, from, to, pulse, strength) {
    const P = palette();
    const [ax, ay, ar] = scene.teams[from], [bx, by, br] = scene.teams[to], far = Math.hypot(bx - ax, by - ay) || 1;
    const ux = (bx - ax) / far, uy = (by - ay) / far, x0 = ax + ux * ar * 0.9, y0 = ay + uy * ar * 0.9, x1 = bx - ux * br * 0.9, y1 = by - uy * br * 0.9, s = Math.max(11, br * 0.17);
    ctx.globalAlpha = strength; ctx.lineCap = "round";
    [[P.ground, 9], [P.travel, 4]].forEach(([colour, width]) => {
      ctx.strokeStyle = colour; ctx.lineWidth = width;
      ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1 - ux * s, y1 - uy * s); ctx.stroke();
    });
    ctx.beginPath(); ctx.moveTo(x1, y1); ctx.lineTo(x1 - ux * s * 1.7 - uy * s * 0.8, y1 - uy * s * 1.7 + ux * s * 0.8); ctx.lineTo(x1 - ux * s * 1.7 + uy * s * 0.8, y1 - uy * s * 1.7 - ux * s * 0.8); ctx.closePath();
    ctx.fillStyle = P.travel; ctx.fill(); ctx.strokeStyle = P.ground; ctx.lineWidth = 2; ctx.stroke();
    if (pulse > 0) {
      ctx.beginPath(); ctx.arc(x0 + (x1 - x0) * pulse, y0 + (y1 - y0) * pulse, s * 0.95, 0, 6.2832);
      ctx.fillStyle = P.travel; ctx.fill(); ctx.strokeStyle = P.ground; ctx.lineWidth = 3; ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  /* Ideas that travel this week; those of the weeks before fade while it plays, and those of the picked idea stay. */
  function drawTravels(ctx, scene, run, week, options) {
    const idea = options.picked && options.picked.kind === "idea" ? options.picked.dimension : -1, past = options.playing ? 3 : 0;
    for (const [w, team, d, sources] of run.travels) {
      if (w > week) break;
      const age = week - w, strength = age <= past ? 0.95 - 0.25 * age : d === idea ? 0.3 : 0;
      if (!strength) continue;
      sources.forEach((source) => way(ctx, scene, source, team, age ? 0 : options.pulse || 0, strength));
      if (!sources.length) {
        const [x, y, r] = scene.teams[team];
        ctx.beginPath(); ctx.arc(x, y, r * 1.06, 0, 6.2832); ctx.strokeStyle = palette().travel; ctx.lineWidth = 6; ctx.globalAlpha = strength; ctx.stroke(); ctx.globalAlpha = 1;
      }
    }
  }

  /* Ties to colleagues in other teams: pairs of people, each joined by a curve. */
  function drawTies(ctx, scene, ties) {
    const P = palette();
    ctx.lineCap = "round";
    for (const [color, width] of [[P.ground, 7], [P.tie, 2.6]]) {
      ctx.strokeStyle = color; ctx.lineWidth = width; ctx.globalAlpha = 0.85;
      for (const [a, b] of ties) {
        const ax = scene.x[a], ay = scene.y[a], bx = scene.x[b], by = scene.y[b];
        ctx.beginPath(); ctx.moveTo(ax, ay); ctx.quadraticCurveTo((ax + bx) / 2 - (by - ay) * 0.12, (ay + by) / 2 + (bx - ax) * 0.12, bx, by); ctx.stroke();
      }
    }
    ctx.globalAlpha = 1;
  }

  /* One week of one run. `pulse` goes from 0 to 1 within a week. Returns how many people were drawn. */
  function draw(canvas, scene, run, week, options) {
    const ctx = canvas.getContext("2d"), ratio = options.ratio || 1, n = scene.n;
    const scale = canvas.width / scene.size[0], P = palette();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = P.ground; ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    drawTeams(ctx, scene, run, week, options.picked, scale / ratio);
    if (!run) return 0;
    if (options.ties) drawTies(ctx, scene, options.ties);
    const shown = run.states[options.state], acts = run.acts, at = week * n, dot = scene.dot;
    ctx.lineWidth = Math.max(0.8, dot * 0.1);
    for (let i = 0; i < n; i++) {
      const act = acts[at + i], x = scene.x[i], y = scene.y[i], role = scene.role[i], r = role > 1 ? Math.max(dot, 11) : dot;
      if (act & BITS.vacant) {
        ctx.setLineDash([dot * 0.4, dot * 0.4]); ctx.strokeStyle = P.empty; ctx.lineWidth = Math.max(0.8, dot * 0.12);
        shape(ctx, role, x, y, r * 0.85); ctx.stroke(); ctx.setLineDash([]);
        continue;
      }
      shape(ctx, role, x, y, r);
      ctx.globalAlpha = act & BITS.absent ? 0.3 : 1;
      ctx.fillStyle = SCALE[shown[at + i]]; ctx.fill();
      ctx.strokeStyle = P.ink; ctx.lineWidth = Math.max(0.8, dot * 0.1); ctx.stroke();
      if (act & BITS.burnt) {
        shape(ctx, role, x, y, r * 1.12); ctx.strokeStyle = RING; ctx.lineWidth = Math.max(2, dot * 0.34); ctx.stroke();
      }
      ctx.globalAlpha = 1;
    }
    const s = Math.max(dot * 0.62, Math.min(4.4 / (scale / ratio), dot * 1.2));
    for (let i = 0; i < n; i++) {
      const act = acts[at + i];
      if (act & BITS.vacant) continue;
      if (act & BITS.spoke) {
        ctx.beginPath(); ctx.arc(scene.x[i], scene.y[i], dot * (1.45 + 0.5 * (options.pulse || 0)), 0, 6.2832);
        ctx.strokeStyle = P.voice; ctx.globalAlpha = 1 - 0.6 * (options.pulse || 0); ctx.lineWidth = Math.max(2.4, dot * 0.3); ctx.stroke(); ctx.globalAlpha = 1;
      }
      const came = act & BITS.came;
      if (came) {
        const x = scene.x[i] + dot * 0.9, y = scene.y[i] - dot * 1.2;
        ctx.beginPath(); ctx.arc(x, y, s * 1.55, 0, 6.2832); ctx.fillStyle = "#ffffff"; ctx.fill();
        ctx.strokeStyle = "#8794a1"; ctx.lineWidth = 1; ctx.stroke();
        mark(ctx, came, x, y, s);
      }
    }
    drawTravels(ctx, scene, run, week, options);
    const who = options.picked && options.picked.kind === "person" ? options.picked.row : -1;
    if (who >= 0) {
      ctx.beginPath(); ctx.arc(scene.x[who], scene.y[who], dot * 2.2, 0, 6.2832);
      ctx.strokeStyle = P.ground; ctx.lineWidth = 7; ctx.stroke(); ctx.strokeStyle = P.ink; ctx.lineWidth = 4; ctx.stroke();
    }
    return n;
  }

  function nearest(scene, x, y) {
    let best = -1, d = Infinity;
    for (let i = 0; i < scene.n; i++) {
      const e = (scene.x[i] - x) ** 2 + (scene.y[i] - y) ** 2;
      if (e < d) { d = e; best = i; }
    }
    return { row: best, distance: Math.sqrt(d) };
  }

  /* The next person to the left, right, above or below. */
  function walk(scene, from, dx, dy) {
    let best = from, cost = Infinity;
    for (let i = 0; i < scene.n; i++) {
      const x = scene.x[i] - scene.x[from], y = scene.y[i] - scene.y[from], along = x * dx + y * dy;
      if (i === from || along <= 0) continue;
      const across = Math.abs(x * dy - y * dx), c = along + 2.5 * across;
      if (across <= along * 1.4 && c < cost) { cost = c; best = i; }
    }
    return best;
  }

  function save(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob); link.download = name;
    document.body.appendChild(link); link.click(); link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  /* Words in lines of at most so many characters. */
  function lines(text, most) {
    const out = [""];
    text.split(" ").forEach((word) => { const k = out.length - 1; if ((out[k] + " " + word).length > most && out[k]) out.push(word); else out[k] = (out[k] + " " + word).trim(); });
    return out;
  }

  const SIGNS = "Circles: staff; squares: managers; diamonds: executives. Orange ring: burnt out. Blue ring: speaks up this week. ✓ acted on, = explained, ✕ met by silence. ★ bright spot, ▼ dark spot. + own idea, ↔ another team’s, ↓ ordered. Purple arrow: an idea spreads.";

  /* Everything that is on stage, side by side, each with its name and the week; below it the signs, and what was run. */
  function picture() {
    repaint(true);
    const stages = [...document.querySelectorAll(".cv-stage")].map((stage) => [stage.querySelector("canvas"), stage.querySelector("figcaption").innerText.replace(/\s+/g, " ").trim()]);
    if (!stages.length) return;
    const week = (own.week || 0) + 1, wide = Math.max(...stages.map(([c]) => c.width)), high = Math.max(...stages.map(([c]) => c.height)), size = Math.max(12, Math.round(wide / 46)), top = size * 4;
    const sheet = document.createElement("canvas"), ctx = sheet.getContext("2d"), full = wide * stages.length;
    const notes = [SIGNS, "Colour: " + (own.colour || ""), own.about || ""].flatMap((text) => lines(text, Math.floor(full / (size * 0.56))));
    sheet.width = full; sheet.height = high + top + size * (1.4 * notes.length + 1);
    ctx.fillStyle = DAY.ground; ctx.fillRect(0, 0, sheet.width, sheet.height);
    stages.forEach(([canvas, words], k) => {
      const [name, ...rest] = words.split(/ (?=this week: )/);
      ctx.fillStyle = DAY.ink; ctx.font = "600 " + size * 1.15 + "px system-ui, sans-serif"; ctx.fillText(name + ", week " + week, k * wide + size, size * 1.6, wide - 2 * size);
      ctx.font = size + "px system-ui, sans-serif"; ctx.fillText(rest.join(" "), k * wide + size, size * 3.2, wide - 2 * size);
      ctx.drawImage(canvas, k * wide, top);
    });
    ctx.fillStyle = DAY.words; ctx.font = size + "px system-ui, sans-serif";
    notes.forEach((text, k) => ctx.fillText(text, size, top + high + size * 1.4 * (k + 1), full - 2 * size));
    repaint(false);
    sheet.toBlob((blob) => save("civicsim-week-" + week + ".png", blob));
  }

  /* A drawing as a file that stands by itself: with its title above it and notes below, in the colours of the day. */
  function drawing(svg, name, title, notes) {
    const own = svg.cloneNode(true), [, , width, height] = own.getAttribute("viewBox").split(" ").map(Number);
    const below = notes.flatMap((text) => lines(text, Math.floor(width / 5.4))), top = 26, foot = 14 * below.length + 10;
    own.setAttribute("viewBox", [0, -top, width, height + top + foot].join(" "));
    own.setAttribute("font-family", "sans-serif"); own.setAttribute("width", 2 * width); own.setAttribute("height", 2 * (height + top + foot));
    const words = (tag, text, about) => { const el = document.createElementNS(svg.namespaceURI, tag); el.textContent = text; Object.keys(about).forEach((key) => el.setAttribute(key, about[key])); return el; };
    const ground = words("rect", "", { x: 0, y: -top, width, height: height + top + foot, fill: DAY.ground });
    own.prepend(words("title", title, {}), ground, words("text", title, { x: 6, y: -10, "font-size": 14, "font-weight": 600, fill: DAY.ink }));
    below.forEach((text, k) => own.append(words("text", text, { x: 6, y: height + 14 * (k + 1), "font-size": 10.5, fill: DAY.words })));
    const text = new XMLSerializer().serializeToString(own).replace(/var\(--[a-z0-9]+, (#[0-9a-fA-F]+)\)/g, "$1");
    save("civicsim-" + name + ".svg", new Blob([text], { type: "image/svg+xml" }));
  }

  /* Moves labels apart so that none covers another; heights in pixels. */
  function apart(labels, gap, low, high) {
    labels.sort((a, b) => a.y - b.y);
    labels.forEach((l, k) => { l.at = Math.max(l.y, k ? labels[k - 1].at + gap : low); });
    const over = labels.length ? labels[labels.length - 1].at - high : 0;
    if (over > 0) for (let k = labels.length - 1; k >= 0; k--) labels[k].at = Math.min(labels[k].at, high - (labels.length - 1 - k) * gap);
    return labels;
  }

  /* A link within the page is followed without loading everything anew, unless it is to open in another tab. */
  function follow(event, go) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go();
  }

  /* A field that shows what the server has, but leaves alone what is typed or chosen until that is answered: an answer to an
     earlier change would undo it. What the server does not take is shown no longer than a moment after the field is left. */
  const given = {
    bind(el, { value }) {
      const settle = () => { if (!el.typed && !el.asked && el.value !== el.given) el.value = el.given; };
      Object.assign(el, { given: String(value), typed: false, asked: 0, settle });
      settle();
      el.addEventListener("input", () => { el.typed = true; });
      el.addEventListener("change", () => { el.typed = false; el.asked++; });
      el.addEventListener("blur", () => { el.typed = false; el.asked = 0; setTimeout(settle, 1000); });
    },
    componentUpdated(el, { value }) {
      if (String(value) !== el.given) { el.given = String(value); el.asked = Math.max(0, el.asked - 1); }
      el.settle();
    },
  };

  /* Lets a component have such fields: v-given="value". What makes components of templates takes no directives. */
  function fields(component) {
    component.$options.directives = Object.assign(Object.create(component.$options.directives || null), { given });
  }

  /* Makes an element's contents those of another and leaves alone what is the same: what has the focus, is open or scrolled,
     and a click that has begun stay. */
  function match(now, wanted) {
    const nodes = [...wanted.childNodes];
    while (now.childNodes.length > nodes.length) now.lastChild.remove();
    nodes.forEach((to, k) => {
      const at = now.childNodes[k];
      if (!at) now.append(to);
      else if (at.nodeName !== to.nodeName || (at.attributes && ["name", "data-path"].some((a) => at.getAttribute(a) !== to.getAttribute(a)))) at.replaceWith(to);
      else if (!at.attributes) { if (at.data !== to.data) at.data = to.data; }
      else {
        [...at.attributes].forEach((a) => { if (a.name !== "open" && !to.hasAttribute(a.name)) at.removeAttribute(a.name); });
        [...to.attributes].forEach((a) => { if (a.name !== "open" && at.getAttribute(a.name) !== a.value) at.setAttribute(a.name, a.value); });
        match(at, to);
      }
    });
  }

  /* Lays out words in an element; a button that has the focus keeps it, also where it is made anew. */
  function lay(el, html) {
    const wanted = document.createElement("div"), had = el.contains(document.activeElement) && document.activeElement.name;
    wanted.innerHTML = html;
    match(el, wanted);
    const again = had && document.activeElement === document.body && el.querySelector(`[name="${CSS.escape(had)}"]`);
    if (again) again.focus({ preventScroll: true });
  }

  const calm = window.matchMedia ? window.matchMedia("(prefers-reduced-motion: reduce)") : { matches: false };
  if (night.addEventListener) night.addEventListener("change", () => repaint(false));
  window.addEventListener("beforeprint", () => repaint(true));
  window.addEventListener("afterprint", () => repaint(false));
  const own = { BITS, SPOTS, SCALE, place, unpack, draw, nearest, walk, save, picture, drawing, apart, follow, fields, lay, calm, painted: { count: 0, at: 0 }, frames: 0 };
  return own;
})();

/* Solara leaves out the path under which a proxy shows the page when it puts another page into the address, and the link. */
(function () {
  const push = window.history.pushState.bind(window.history);
  window.history.pushState = (state, title, url) => {
    const root = (window.solara && window.solara.rootPath) || "", inside = url && url.startsWith("/") && !(url + "/").startsWith(root + "/");
    push(state, title, (inside ? root + url : url) + (url && !url.includes("?") ? window.civicsim.query || "" : ""));
  };
})();

/* The page comes back by itself after the server has been away: Solara waits longer and longer, and this asks twice a second.
   What the link has no room for is in the storage of the tab; the week on screen is put there when the page is left. */
(function () {
  window.addEventListener("pagehide", () => sessionStorage.setItem("civicsim.week", String(window.civicsim.week || 0)));
  const loads = performance.getEntriesByType("navigation")[0], week = +sessionStorage.getItem("civicsim.week");
  if (loads && loads.type === "reload" && week) window.civicsim.left = { at: window.location.pathname, week };
  window.addEventListener("load", () => {
    let answers = 0;
    setInterval(async () => {
      const app = window.app;
      if (!app || !app.wasConnected || app.connectionStatus === "connected") { answers = 0; return; }
      const there = await fetch((window.solara.rootPath || "") + "/static/assets/favicon.svg", { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
      answers = there ? answers + 1 : 0;
      // A connection that was only interrupted has been restored by now.
      if (answers > 1 && app.connectionStatus !== "connected") window.location.reload();
    }, 500);
  });
})();
