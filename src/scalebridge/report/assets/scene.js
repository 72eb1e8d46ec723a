"use strict";
// Bodies in three dimensions, drawn by the painter's algorithm; a click on a mark shows the cell behind it.
const VIRIDIS = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"]
  .map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));

function decoded(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
}

function scaled(value) {
  const at = Math.min(0.9999, Math.max(0, value)) * (VIRIDIS.length - 1);
  const low = VIRIDIS[Math.floor(at)], high = VIRIDIS[Math.floor(at) + 1], share = at % 1;
  return low.map((c, i) => c + share * (high[i] - c));
}

function painted(field) {
  if (field.colours) {
    const parts = field.colours.map((c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16)));
    return (value) => parts[Math.min(parts.length - 1, Math.max(0, Math.round(value)))];
  }
  const width = field.high - field.low || 1;
  return (value) => scaled((value - field.low) / width);
}

// Corners (x y z ...) and faces of four corners each; what they are coloured by can change.
class View {
  constructor(canvas, turn, tilt) {
    Object.assign(this, { canvas, turn, tilt, start: [turn, tilt], marks: [], chosen: -1, onMark: null, cull: false });
    canvas.tabIndex = 0;
    let from = null, moved = false;
    canvas.addEventListener("pointerdown", (e) => { from = [e.clientX, e.clientY]; moved = false; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener("pointermove", (e) => {
      if (!from) return;
      const dx = e.clientX - from[0], dy = e.clientY - from[1];
      if (!moved && Math.hypot(dx, dy) < 4) return;
      moved = true;
      from = [e.clientX, e.clientY];
      this.rotate(-0.01 * dx, 0.01 * dy);
    });
    canvas.addEventListener("pointerup", (e) => { if (from && !moved) this.pick(e.offsetX, e.offsetY); from = null; });
    canvas.addEventListener("pointercancel", () => { from = null; });
    canvas.addEventListener("dblclick", () => { [this.turn, this.tilt] = this.start; this.draw(); });
    canvas.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[e.key];
      if (step) { e.preventDefault(); this.rotate(...step); }
    });
    new ResizeObserver(() => this.draw()).observe(canvas);
  }
  rotate(turn, tilt) {
    this.turn += turn;
    this.tilt = Math.min(1.57, Math.max(-1.57, this.tilt + tilt));
    this.draw();
  }
  show(points, faces, values, field) {
    Object.assign(this, { points, faces, values, field });
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < points.length; i += 1) {
      low[i % 3] = Math.min(low[i % 3], points[i]);
      high[i % 3] = Math.max(high[i % 3], points[i]);
    }
    this.middle = low.map((x, i) => 0.5 * (x + high[i]));
    this.extent = Math.hypot(...high.map((x, i) => x - low[i]));
    this.draw();
  }
  projection(width, height) {
    const ct = Math.cos(this.turn), st = Math.sin(this.turn), cv = Math.cos(this.tilt), sv = Math.sin(this.tilt);
    const right = [ct, st, 0], up = [-st * sv, ct * sv, cv], near = [st * cv, -ct * cv, sv];
    return { rows: [right, up, near], ...this.fitted(right, up, width, height) };
  }
  fitted(right, up, width, height) {
    const along = (row, i) => row[0] * this.points[i] + row[1] * this.points[i + 1] + row[2] * this.points[i + 2];
    const ends = [right, up].map((row) => {
      let low = Infinity, high = -Infinity;
      for (let i = 0; i < this.points.length; i += 3) { const x = along(row, i); low = Math.min(low, x); high = Math.max(high, x); }
      return [low, high];
    });
    const zoom = Math.min((width - 40) / (ends[0][1] - ends[0][0]), (height - 80) / (ends[1][1] - ends[1][0]));
    return { zoom, centre: ends.map(([low, high]) => 0.5 * (low + high)) };
  }
  place(x, p, width, height) {
    const at = p.rows.map((row) => row[0] * x[0] + row[1] * x[1] + row[2] * x[2]);
    return [width / 2 + p.zoom * (at[0] - p.centre[0]), (height - 34) / 2 - p.zoom * (at[1] - p.centre[1]), at[2]];
  }
  draw() {
    if (!this.points) return;
    const ratio = devicePixelRatio || 1, width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width || !height) return;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const pen = this.canvas.getContext("2d"), p = this.projection(width, height), count = this.points.length / 3;
    pen.scale(ratio, ratio);
    const flat = new Float32Array(3 * count);
    for (let i = 0; i < count; i += 1) flat.set(this.place(this.points.subarray(3 * i, 3 * i + 3), p, width, height), 3 * i);
    const order = [], paint = painted(this.field), light = [], f = this.faces, number = f.length / 4;
    const depth = new Float32Array(number);
    for (let k = 0; k < number; k += 1) {
      const [a, b, , d] = [f[4 * k], f[4 * k + 1], f[4 * k + 2], f[4 * k + 3]].map((n) => 3 * n), c = 3 * f[4 * k + 2];
      const u = [0, 1, 2].map((i) => (flat[c + i] - flat[a + i]) * (i < 2 ? 1 : p.zoom));
      const v = [0, 1, 2].map((i) => (flat[d + i] - flat[b + i]) * (i < 2 ? 1 : p.zoom));
      const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      if (this.cull && n[2] > 0) continue;
      const size = Math.hypot(...n) || 1;
      light[k] = 0.62 + 0.38 * Math.abs(0.35 * n[0] - 0.45 * n[1] - 0.82 * n[2]) / size;
      depth[k] = flat[a + 2] + flat[b + 2] + flat[c + 2] + flat[d + 2];
      order.push(k);
    }
    order.sort((i, j) => depth[i] - depth[j]);
    pen.lineWidth = 0.5;
    for (const k of order) {
      const colour = `rgb(${paint(this.values[k]).map((x) => Math.round(Math.min(255, x * light[k]))).join(" ")})`;
      pen.beginPath();
      for (let c = 0; c < 4; c += 1) pen.lineTo(flat[3 * f[4 * k + c]], flat[3 * f[4 * k + c] + 1]);
      pen.closePath();
      pen.fillStyle = colour;
      pen.strokeStyle = this.cull ? colour : "rgb(0 0 0 / 0.35)";
      pen.fill();
      pen.stroke();
    }
    this.ink = getComputedStyle(this.canvas).color;
    this.drawMarks(pen, p, width, height);
    this.drawLegend(pen, width, height);
  }
  drawMarks(pen, p, width, height) {
    this.spots = this.marks.map((m) => this.place(m.at, p, width, height));
    pen.font = "600 12px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    this.spots.forEach(([x, y], i) => {
      pen.beginPath();
      pen.arc(x, y, 10, 0, 2 * Math.PI);
      pen.fillStyle = i === this.chosen ? "#a52a2a" : "#ffffff";
      pen.strokeStyle = "#a52a2a";
      pen.lineWidth = 2;
      pen.fill();
      pen.stroke();
      pen.fillStyle = i === this.chosen ? "#ffffff" : "#a52a2a";
      pen.fillText(String(i + 1), x, y + 0.5);
    });
  }
  drawLegend(pen, width, height) {
    pen.font = "12px sans-serif";
    pen.fillStyle = this.ink;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    const y = height - 16, field = this.field;
    if (field.colours) {
      let x = 12;
      field.labels.forEach((label, i) => {
        if (!label) return;
        pen.fillStyle = field.colours[i];
        pen.fillRect(x, y - 6, 12, 12);
        pen.fillStyle = this.ink;
        pen.fillText(label, x + 17, y);
        x += 30 + pen.measureText(label).width;
      });
      return;
    }
    const bar = Math.min(180, width / 3), low = field.low.toPrecision(3), high = field.high.toPrecision(3);
    pen.fillText(low, 12, y);
    const begin = 18 + pen.measureText(low).width;
    for (let i = 0; i < bar; i += 1) {
      pen.fillStyle = `rgb(${scaled(i / bar).map(Math.round).join(" ")})`;
      pen.fillRect(begin + i, y - 6, 1.5, 12);
    }
    pen.fillStyle = this.ink;
    pen.fillText(`${high}  ${field.name}`, begin + bar + 6, y);
  }
  pick(x, y) {
    const gaps = (this.spots || []).map(([a, b]) => Math.hypot(a - x, b - y));
    const best = gaps.indexOf(Math.min(...gaps));
    if (best >= 0 && gaps[best] < 16 && this.onMark) this.onMark(best);
  }
}

// Outer faces of a block of voxels from which the corner towards the reader is cut.
function block(shape) {
  const [a, b, c] = shape, cut = Math.min(...shape) >= 4, points = [], faces = [], voxels = [], known = new Map();
  const there = (i, j, k) => i >= 0 && j >= 0 && k >= 0 && i < a && j < b && k < c &&
    !(cut && i >= a / 2 && j < b / 2 && k >= c / 2);
  const corner = (i, j, k) => {
    const key = (i * (b + 1) + j) * (c + 1) + k;
    if (!known.has(key)) { known.set(key, points.length / 3); points.push(i, j, k); }
    return known.get(key);
  };
  const sides = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];
  for (let i = 0; i < a; i += 1) for (let j = 0; j < b; j += 1) for (let k = 0; k < c; k += 1) {
    if (!there(i, j, k)) continue;
    for (const [x, y, z] of sides) {
      if (there(i + x, j + y, k + z)) continue;
      const at = [i, j, k], axis = x ? 0 : y ? 1 : 2, far = x + y + z > 0 ? 1 : 0;
      const ring = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([u, v]) => {
        const place = [...at];
        place[axis] += far;
        place[(axis + 1) % 3] += u;
        place[(axis + 2) % 3] += v;
        return corner(...place);
      });
      faces.push(...(far ? ring : ring.reverse()));
      voxels.push((i * b + j) * c + k);
    }
  }
  return { points: Float32Array.from(points), faces: Uint32Array.from(faces), voxels };
}

function chooser(holder, names, act) {
  const buttons = names.map((name, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => choose(i));
    holder.append(button);
    return button;
  });
  const choose = (i) => { buttons.forEach((b, k) => b.setAttribute("aria-pressed", String(k === i))); act(i); };
  return choose;
}

for (const figure of document.querySelectorAll("figure.scene")) {
  const scene = JSON.parse(figure.querySelector("script").textContent);
  const body = new View(figure.querySelector("canvas.body"), 0.65, 0.45);
  const points = decoded(scene.points, Float32Array), faces = decoded(scene.faces, Uint32Array);
  const fields = scene.fields.map((f) => ({ ...f, values: decoded(f.values, Float32Array) }));
  body.marks = scene.marks;
  chooser(figure.querySelector(".fields"), fields.map((f) => f.title), (i) => body.show(points, faces, fields[i].values, fields[i]))(0);
  if (!scene.marks.length) continue;
  const cell = new View(figure.querySelector("canvas.cell"), 0.65, 0.45);
  cell.cull = true;
  let mark = 0, kind = 0;
  const draw = () => {
    const found = scene.marks[mark], shape = block(found.shape), chosen = found.fields[kind];
    const values = decoded(chosen.values, Uint8Array);
    const real = chosen.colours ? (x) => x : (x) => chosen.low + (x / 255) * (chosen.high - chosen.low);
    cell.show(shape.points, shape.faces, shape.voxels.map((v) => real(values[v])), chosen);
    figure.querySelector("p.told").textContent = `${mark + 1}: ${found.text}`;
  };
  body.onMark = (i) => { mark = i; body.chosen = i; body.draw(); draw(); };
  chooser(figure.querySelector(".cell-fields"), scene.marks[0].fields.map((f) => f.title), (i) => { kind = i; draw(); })(0);
  body.onMark(0);
}
