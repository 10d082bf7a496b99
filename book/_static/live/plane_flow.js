// Lesson 05: a trained flow of the plane warps a grid, coupling by coupling, and adds up log |det|.
"use strict";

gm.planeFlow = (weights) => {
  // actnorm's four numbers a step, two shifts and two log-scales; then the networks of the couplings
  const norms = weights.all("norm"), networks = norms.map((_, i) => weights.network("coupling", i)), COUPLINGS = norms.length;
  // one step: actnorm, then an affine coupling; even steps change the second coordinate, odd ones the first
  const step = ([x, y], i) => {
    const [b0, b1, s0, s1] = norms[i];
    const u = [(x + b0) * Math.exp(s0), (y + b1) * Math.exp(s1)], [stays, changes] = i % 2 ? [1, 0] : [0, 1];
    const [raw, shift] = networks[i]([u[stays]]).data;
    const logScale = 2 * Math.tanh(raw / 2);
    u[changes] = (u[changes] + shift) * Math.exp(logScale);
    return { point: u, logDet: s0 + s1 + logScale };
  };
  // the point after 0, 1, …, 8 steps, and the sum of log |det| so far
  const stages = (point) => {
    const points = [point], logDets = [0];
    for (let i = 0; i < COUPLINGS; i++) {
      const after = step(points[i], i);
      points.push(after.point);
      logDets.push(logDets[i] + after.logDet);
    }
    return { points, logDets };
  };
  const logBase = ([a, b]) => gm.logNormal(a, 0, 1) + gm.logNormal(b, 0, 1);
  const logProb = (point) => {
    const { points, logDets } = stages(point);
    return logBase(points.at(-1)) + logDets.at(-1);
  };
  return { COUPLINGS, stages, logBase, logProb };
};

gm.figure("plane_flow", (box) => {
  const { blue, orange, vermilion, ink, grey, paper } = gm.colours;
  const SIZE = 380, REACH = 3, WIDE = 3.8, FINE = 76;
  const flow = gm.planeFlow(gm.weights("plane_flow_moons")), LAST = flow.COUPLINGS;
  const at = { x: 1.1, y: -0.9 };
  const state = { applied: LAST };
  const left = gm.canvas(SIZE, SIZE, ""), right = gm.canvas(SIZE, SIZE, () => {
    const [a, b] = now(flow.stages([at.x, at.y]).points);
    return `The grid, the points of the moons and the chosen point after ${state.applied.toFixed(1)} couplings; the point is at (${a.toFixed(2)}, ${b.toFixed(2)}) now.`;
  });
  left.box = { left: 0, right: SIZE, top: 0, bottom: SIZE };
  const place = gm.number("the point is at"), det = gm.number("log |det| so far", "", vermilion), base = gm.number("log p(z)"), total = gm.number("log p(x), all 8 couplings", "nats");
  const sums = gm.canvas(2 * SIZE, box.clientWidth < 480 ? 250 : 150, () => `The sum of log |det| after each coupling: ${flow.stages([at.x, at.y]).logDets.slice(1).map((v) => v.toFixed(2)).join(", ")}.`);
  // the right pane is wider: on their way points may go far
  let reach = REACH;
  const U = (v) => ((v + reach) / (2 * reach)) * SIZE, V = (v) => ((reach - v) / (2 * reach)) * SIZE;

  // everything is sent through the flow once, and drawn from memory afterwards
  const MOONS = 260, points = gm.moons(MOONS, gm.generator(4)).map((p) => flow.stages(p).points);
  const ticks = gm.range(-2.7, 2.7, 19), along = gm.range(-2.7, 2.7, 61);
  const lines = [...ticks.map((t) => along.map((s) => [s, t])), ...ticks.map((t) => along.map((s) => [t, s]))]
    .map((each) => each.map((p) => flow.stages(p).points));
  const sheet = gm.element("canvas"), image = new ImageData(FINE, FINE);
  sheet.width = sheet.height = FINE;
  const shades = Array.from({ length: FINE * FINE }, (_, i) => {
    const x = -REACH + (2 * REACH * ((i % FINE) + 0.5)) / FINE, y = REACH - (2 * REACH * (Math.floor(i / FINE) + 0.5)) / FINE;
    return Math.min(1, Math.sqrt(Math.exp(flow.logProb([x, y])) / 0.28));
  });
  const paint = () => {
    const [white, deep] = [paper, blue].map(gm.rgb);
    shades.forEach((shade, i) => image.data.set([...gm.mix(white, deep, shade), 255], 4 * i));
    sheet.getContext("2d").putImageData(image, 0, 0);
  };

  // between two stages points move on straight lines
  const now = (stages) => {
    const i = Math.min(Math.floor(state.applied), LAST - 1), t = state.applied - i;
    return [0, 1].map((c) => stages[i][c] + t * (stages[i + 1][c] - stages[i][c]));
  };
  const trace = (pen, where) => { pen.beginPath(); where.forEach(([a, b], i) => (i ? pen.lineTo(U(a), V(b)) : pen.moveTo(U(a), V(b)))); };
  const dot = (pen, [a, b], radius, colour, alpha = 1) => { pen.globalAlpha = alpha; pen.beginPath(); pen.arc(U(a), V(b), radius, 0, 7); pen.fillStyle = colour; pen.fill(); pen.globalAlpha = 1; };
  const mark = (pen, where) => { dot(pen, where, 9, paper); dot(pen, where, 7, vermilion); };
  // a small square around the chosen point: its image shows how areas change
  const square = () => [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].flatMap(([a, b], i, corners) => {
    const [c, d] = corners[Math.min(i + 1, 4)];
    return gm.range(0, 1, 7).map((t) => [at.x + 0.15 * (a + t * (c - a)), at.y + 0.15 * (b + t * (d - b))]);
  });

  function draw() {
    const { points: path, logDets } = flow.stages([at.x, at.y]), around = square();
    reach = REACH;
    paint();
    gm.wipe(left);
    left.pen.imageSmoothingEnabled = true;
    left.pen.drawImage(sheet, 0, 0, SIZE, SIZE);
    for (const [i, p] of points.entries()) dot(left.pen, p[0], 1.8, i < MOONS ? ink : orange, 0.5);
    left.pen.strokeStyle = vermilion;
    left.pen.lineWidth = 2;
    trace(left.pen, around);
    left.pen.stroke();
    mark(left.pen, path[0]);
    gm.heading(left, "x, and the density of the flow");

    const { pen } = right;
    reach = WIDE;
    gm.wipe(right);
    pen.lineWidth = 1;
    lines.forEach((each, i) => {
      pen.strokeStyle = i < ticks.length ? blue : grey;
      pen.globalAlpha = 0.5;
      trace(pen, each.map(now));
      pen.stroke();
    });
    for (const [i, p] of points.entries()) dot(pen, now(p), 2.2, i < MOONS ? ink : orange, 0.65);
    const seen = around.map((p) => now(flow.stages(p).points));
    trace(pen, seen);
    pen.fillStyle = vermilion;
    pen.globalAlpha = 0.3;
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = vermilion;
    pen.lineWidth = 2;
    pen.stroke();
    mark(pen, now(path));
    gm.heading(right, state.applied === 0 ? "nothing done yet" : state.applied === LAST ? "z, after 8 couplings" : `after ${state.applied.toFixed(1)} couplings`);

    // what each coupling adds; those that were not applied yet are pale
    const low = Math.min(-1, ...logDets), high = Math.max(1, ...logDets);
    const plot = gm.plot(sums, { x: [0, LAST], y: [low - 0.3, high + 0.3], xlabel: "couplings", ylabel: "Σ", xticks: gm.range(0, LAST, LAST + 1), yticks: [0, Math.round(high)] });
    for (let i = 1; i <= LAST; i++) plot.fill([i - 0.75, i - 0.25], [logDets[i], logDets[i]], vermilion, i <= state.applied ? 0.85 : 0.2);
    plot.line([0, LAST], [0, 0], ink, { width: 1 });

    const signed = (v) => (v < 0 ? "" : "+") + v.toFixed(2), here = now(path);
    place.set(`(${here[0].toFixed(2)}, ${here[1].toFixed(2)})`);
    base.set(flow.logBase(path.at(-1)).toFixed(2));
    det.set(signed(logDets[Math.floor(state.applied)]));
    total.set(flow.logProb([at.x, at.y]).toFixed(2));
  }

  const slider = gm.slider("couplings applied", { min: 0, max: LAST, step: 0.1, value: LAST, digits: 1 }, (v) => { stop(); state.applied = v; draw(); });
  const film = gm.film(box, 60, () => {
    state.applied = Math.min(LAST, +(state.applied + 0.1).toFixed(1));
    gm.place(slider, state.applied);
    draw();
    if (state.applied === LAST) stop();
  });
  const stop = () => film.stop(), play = () => {
    if (film.runs) return stop();
    state.applied = 0;
    film.start();
  };
  gm.movable(left.canvas, { box: left.box, limits: { x: [-REACH, REACH], y: [-REACH, REACH] } }, {
    limits: [-2.6, 2.6], at, move: draw,
    label: "Data plane. Arrow keys move the point by 0.1, with shift by 0.5; its latent and its log-density change.",
  });
  gm.frame(box, {
    title: "Eight couplings unroll two moons",
    row: [left.canvas, right.canvas, sums.canvas],
    controls: [slider],
    buttons: [gm.button("Play from the data", play)],
    readout: [place.element, det.element, base.element, total.element],
    help: "Drag the point, or focus it and use the arrow keys. The little square around it goes through the flow too: where it grows, log |det| is positive, and the density of x is higher than that of z. The bars Σ add up log |det|, coupling by coupling.",
    draw,
    says: () => `after ${state.applied.toFixed(1)} couplings`,
  });
}, ["weights/plane_flow_moons.js"]);
