// Lesson 06: points through the layers of a NICE of the plane, one at a time, forward and back.
"use strict";

gm.niceLayers = (weights) => {
  const scales = [...weights.data("scale")], shifts = Array.from({ length: weights.count("coupling.0.weight") }, (_, i) => weights.network("coupling", i));
  const COUPLINGS = shifts.length;
  // how far coupling i shifts, when the coordinate that stays is `stays`
  const m = (i, stays) => shifts[i]([stays]).data[0];
  // the share t of layer i: four couplings, then the scaling; t = −1 undoes the layer
  const layer = (point, i, t = 1) => {
    const out = [...point];
    if (i === COUPLINGS) scales.forEach((s, c) => (out[c] *= Math.exp(t * s)));
    else out[1 - (i % 2)] += t * m(i, point[i % 2]);
    return out;
  };
  // data → after `depth` layers, a part of a layer at the end
  const forward = (point, depth) => {
    for (let i = 0; i < Math.floor(depth); i++) point = layer(point, i);
    const part = depth - Math.floor(depth);
    return part > 0 ? layer(point, Math.floor(depth), part) : point;
  };
  // latent → after all but `depth` layers are undone
  const back = (point, depth) => {
    const whole = Math.ceil(depth);
    for (let i = COUPLINGS; i >= whole; i--) point = layer(point, i, -1);
    return whole > depth ? layer(point, whole - 1, depth - whole) : point;
  };
  const logDet = (depth) => Math.max(0, depth - COUPLINGS) * scales.reduce((a, b) => a + b, 0);
  return { COUPLINGS, scales, m, forward, back, logDet };
};

gm.figure("nice_layers", (box) => {
  const { blue, orange, vermilion, ink, grey } = gm.colours;
  const nice = gm.niceLayers(gm.weights("plane_nice_moons"));
  const SIZE = 380, REACH = 4, LAST = nice.COUPLINGS + 1, EACH = 250;
  const at = { x: 0.2, y: 0.9 }, state = { depth: 2, from: "data", goal: 2 };
  const plane = gm.canvas(SIZE, SIZE, ""), shift = gm.canvas(SIZE, SIZE, () => {
    const i = Math.min(Math.max(Math.ceil(state.depth) - 1, 0), LAST - 1), stays = i < 4 ? nice.forward([at.x, at.y], i)[i % 2] : 0;
    return i < 4 ? `The shift m of coupling ${i + 1}, as a function of the coordinate that stays: ${nice.m(i, stays).toFixed(2)} where the square is.` : "The scaling: two lines through the origin, one for each axis.";
  });
  plane.box = { left: 0, right: SIZE, top: 0, bottom: SIZE };
  const step = gm.number("now"), centre = gm.number("square at"), area = gm.number("its area", "", vermilion), det = gm.number("log |det|");
  const U = (v) => ((v + REACH) / (2 * REACH)) * SIZE, V = (v) => ((REACH - v) / (2 * REACH)) * SIZE;
  const LAYERS = [0, 1, 2, 3].map((i) => `coupling ${i + 1}: ${"xy"[1 - (i % 2)]} ← ${"xy"[1 - (i % 2)]} + m(${"xy"[i % 2]})`).concat("scaling: both axes stretched");

  const random = gm.generator(7);
  const moons = gm.moons(EACH, random);
  const noise = Array.from({ length: 2 * EACH }, () => [random.normal(), random.normal()]).sort((a, b) => a[0] - b[0]);
  const ticks = gm.range(-2.4, 2.4, 13), along = gm.range(-2.4, 2.4, 49);
  const lines = [...ticks.map((t) => along.map((s) => [s, t])), ...ticks.map((t) => along.map((s) => [t, s]))];
  const side = 0.2, square = () => {
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
    return corners.flatMap(([a, b], i) => {
      const [c, d] = corners[(i + 1) % 4];
      return gm.range(0, 1, 41).slice(0, -1).map((t) => [at.x + side * (a + t * (c - a)), at.y + side * (b + t * (d - b))]);
    });
  };
  const areaOf = (corners) => Math.abs(corners.reduce((sum, [a, b], i) => {
    const [c, d] = corners[(i + 1) % corners.length];
    return sum + a * d - c * b;
  }, 0)) / 2;
  const now = (p) => nice.forward(p, state.depth);

  function draw() {
    const { pen } = plane, trace = (where) => { pen.beginPath(); where.forEach(([a, b], i) => (i ? pen.lineTo(U(a), V(b)) : pen.moveTo(U(a), V(b)))); };
    gm.wipe(plane);
    pen.lineWidth = 1;
    lines.forEach((each, i) => {
      pen.strokeStyle = i < ticks.length ? blue : grey;
      pen.globalAlpha = 0.4;
      trace(each.map(now));
      pen.stroke();
    });
    const shown = state.from === "data" ? moons.map(now) : noise.map((z) => nice.back(z, state.depth));
    shown.forEach(([a, b], i) => {
      pen.globalAlpha = 0.7;
      pen.fillStyle = i < EACH ? ink : orange;
      pen.beginPath();
      pen.arc(U(a), V(b), 2.3, 0, 7);
      pen.fill();
    });
    const original = square(), seen = original.map(now);
    trace([...seen, seen[0]]);
    pen.globalAlpha = 0.35;
    pen.fillStyle = vermilion;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = vermilion;
    pen.lineWidth = 2.4;
    pen.stroke();
    const depth = state.depth;
    gm.heading(plane, depth === 0 ? "x: the data side" : depth === LAST ? "z: the latent side" : `after ${+depth.toFixed(2)} of 5 layers`);

    const i = Math.min(Math.max(Math.ceil(depth) - 1, 0), LAST - 1);
    const pane = gm.plot(shift, { x: [-REACH, REACH], y: [-REACH, REACH], xlabel: i < 4 ? `${"xy"[i % 2]}, which stays` : "before", ylabel: i < 4 ? `shift of ${"xy"[1 - (i % 2)]}` : "after the scaling", xticks: [-3, 0, 3], yticks: [-3, 0, 3] });
    const xs = gm.range(-REACH, REACH, 161);
    if (i < 4) {
      const values = (state.from === "data" ? moons : noise).map((p) => (state.from === "data" ? nice.forward(p, i) : nice.back(p, i))[i % 2]);
      pane.points(values, values.map(() => -REACH * 0.96), grey, 2, 0.25);
      pane.line(xs, xs.map((v) => nice.m(i, v)), blue, { width: 3 });
      pane.text(`m of coupling ${i + 1}`, -3.8, 3.5, blue);
    } else {
      nice.scales.forEach((s, c) => {
        pane.line(xs, xs.map((v) => Math.exp(s) * v), [blue, orange][c], { width: 3 });
        pane.text(`${"xy"[c]} × ${Math.exp(s).toFixed(2)}`, -3.8, 3.5 - 0.6 * c, [blue, orange][c]);
      });
    }
    step.set(depth === 0 ? "no layer yet" : LAYERS[i]);
    centre.set(`(${now([at.x, at.y]).map((v) => v.toFixed(2)).join(", ")})`);
    area.set(`${areaOf(original).toFixed(3)} → ${areaOf(seen).toFixed(3)}`);
    det.set(nice.logDet(depth).toFixed(2));
  }

  const slider = gm.slider("layers applied", { min: 0, max: LAST, step: 0.05, value: state.depth, digits: 2 }, (v) => { film.stop(); state.depth = state.goal = v; draw(); });
  const show = () => { gm.place(slider, state.depth); draw(); };
  const film = gm.film(box, 40, () => {
    const left = state.goal - state.depth;
    state.depth = Math.abs(left) <= 0.05 ? state.goal : +(state.depth + 0.05 * Math.sign(left)).toFixed(2);
    if (state.depth === state.goal) film.stop();
    show();
  });
  const go = (by) => {
    state.goal = Math.min(LAST, Math.max(0, by > 0 ? Math.floor(state.goal + 1e-9) + 1 : Math.ceil(state.goal - 1e-9) - 1));
    if (!film.runs) film.start();
  };
  const other = gm.button("Start from noise", () => {
    state.from = state.from === "data" ? "noise" : "data";
    state.depth = state.goal = state.from === "data" ? 0 : LAST;
    other.textContent = state.from === "data" ? "Start from noise" : "Start from data";
    show();
  });
  gm.movable(plane.canvas, { box: plane.box, limits: { x: [-REACH, REACH], y: [-REACH, REACH] } }, {
    limits: [-2.2, 2.2], at, move: draw,
    label: "Plane. Arrow keys move the square, as it lies in the data, by 0.1; with shift by 0.5.",
  });
  gm.frame(box, {
    title: "One layer at a time, there and back",
    row: [plane.canvas, shift.canvas],
    controls: [slider],
    buttons: [gm.button("◀ Undo a layer", () => go(-1)), gm.button("Next layer ▶", () => go(1)), other],
    readout: [step.element, centre.element, area.element, det.element],
    help: "Each coupling shears the plane along one axis; the curve beside or below it says how far. The square changes its shape, not its area, until the scaling comes. Started from noise, the same layers undone make new data. Move the square by dragging or with the arrow keys.",
    draw,
  });
}, ["weights/plane_nice_moons.js"]);
