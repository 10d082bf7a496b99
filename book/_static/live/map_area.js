// Lesson 05: a map of the line, cut into slices of equal mass. Where the map is steep, density is high.
"use strict";

gm.map = {
  // z = f(x) = x + bend · tanh(2 (x − at)): one-to-one as long as bend > −½
  forward: (x, { bend, at }) => x + bend * Math.tanh(2 * (x - at)),
  slope: (x, { bend, at }) => 1 + 2 * bend * (1 - Math.tanh(2 * (x - at)) ** 2),
  // f has no formula for its inverse; being monotone, it can be searched
  inverse(z, map) {
    let low = z - Math.abs(map.bend) - 1, high = z + Math.abs(map.bend) + 1;
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (gm.map.forward(middle, map) < z) low = middle; else high = middle;
    }
    return (low + high) / 2;
  },
  logDensity: (x, map) => gm.logNormal(gm.map.forward(x, map), 0, 1) + Math.log(gm.map.slope(x, map)),
  // mass of x between two points, by Simpson's rule: nothing but p(x) goes in
  mass(from, to, map, n = 200) {
    const step = (to - from) / n;
    let sum = 0;
    for (let i = 0; i <= n; i++) {
      const weight = i === 0 || i === n ? 1 : i % 2 ? 4 : 2;
      sum += weight * Math.exp(gm.map.logDensity(from + i * step, map));
    }
    return (sum * step) / 3;
  },
};

gm.figure("map_area", (box) => {
  const { blue, sky, vermilion, ink, line, grey } = gm.colours;
  const SLICES = 16, REACH = 3.2, NARROW = box.clientWidth < 480, W = NARROW ? 420 : 620, H = NARROW ? 400 : 470;
  // edges of slices of a standard normal, each of mass 1/16
  const EDGES = [-REACH, -1.5341, -1.1503, -0.8871, -0.6745, -0.4888, -0.3186, -0.1573, 0, 0.1573, 0.3186, 0.4888, 0.6745, 0.8871, 1.1503, 1.5341, REACH];
  const map = { bend: -0.35, at: 0 };
  let slice = 7;
  const canvas = gm.canvas(W, H, () => `A curve z = f(x). Ribbons lead from slices of equal mass on the vertical z-axis over the curve down to the x-axis, where they are narrow if the curve is steep. The bend is ${map.bend.toFixed(2)}; the density of x has ${hills()}.`);
  const hills = () => {
    const p = gm.range(-REACH, REACH, 401).map((x) => gm.map.logDensity(x, map)), n = p.filter((v, i) => v > p[i - 1] && v > p[i + 1]).length;
    return n === 1 ? "one hill" : `${n} hills`;
  };
  const slope = gm.number("mean slope"), widths = gm.number("width, x → z"), mass = gm.number("mass, x and z", "", vermilion);
  // the curve's square, the density of z on its left, the density of x below it
  const box0 = { left: 132, right: W - 14, top: 12, bottom: H - 140 };
  const X = (x) => box0.left + ((x + REACH) / (2 * REACH)) * (box0.right - box0.left);
  const Y = (z) => box0.bottom - ((z + REACH) / (2 * REACH)) * (box0.bottom - box0.top);

  function draw() {
    const { pen } = canvas;
    pen.clearRect(0, 0, W, H);
    const cuts = EDGES.map((z) => Math.min(Math.max(gm.map.inverse(z, map), -REACH), REACH));
    const xs = gm.range(-REACH, REACH, 321), p = xs.map((x) => Math.exp(gm.map.logDensity(x, map)));
    const across = 88 / 0.42, down = Math.min(88 / Math.max(...p), 88 / 0.42);
    const path = (points, fill, alpha = 1) => {
      pen.beginPath();
      points.forEach(([a, b], i) => (i ? pen.lineTo(a, b) : pen.moveTo(a, b)));
      pen.globalAlpha = alpha;
      if (fill) { pen.fillStyle = fill; pen.fill(); } else pen.stroke();
      pen.globalAlpha = 1;
    };
    const between = (from, to) => [from, ...gm.range(from, to, 24).slice(1, -1), to];
    for (let i = 0; i < SLICES; i++) {
      const chosen = i === slice, colour = chosen ? vermilion : i % 2 ? sky : blue, alpha = chosen ? 0.85 : 0.3;
      const zs = between(EDGES[i], EDGES[i + 1]), at = between(cuts[i], cuts[i + 1]);
      path([[box0.left - 12, Y(zs[0])], ...zs.map((z) => [box0.left - 12 - across * Math.exp(gm.logNormal(z, 0, 1)), Y(z)]), [box0.left - 12, Y(zs.at(-1))]], colour, alpha);
      path([[X(at[0]), box0.bottom + 12], ...at.map((x) => [X(x), box0.bottom + 12 + down * Math.exp(gm.map.logDensity(x, map))]), [X(at.at(-1)), box0.bottom + 12]], colour, alpha);
      // the ribbon: along the z-axis to the curve, and down to the x-axis
      const curve = at.map((x) => [X(x), Y(Math.min(Math.max(gm.map.forward(x, map), -REACH), REACH))]);
      path([[box0.left, curve[0][1]], ...curve, [box0.left, curve.at(-1)[1]]], colour, alpha * 0.45);
      path([[curve[0][0], box0.bottom], ...curve, [curve.at(-1)[0], box0.bottom]], colour, alpha * 0.45);
    }
    pen.strokeStyle = line;
    pen.lineWidth = 1;
    pen.strokeRect(box0.left, box0.top, box0.right - box0.left, box0.bottom - box0.top);
    pen.strokeStyle = ink;
    pen.lineWidth = 2.6;
    pen.save();
    pen.beginPath();
    pen.rect(box0.left, box0.top, box0.right - box0.left, box0.bottom - box0.top);
    pen.clip();
    path(xs.map((x) => [X(x), Y(gm.map.forward(x, map))]));
    pen.restore();
    pen.lineWidth = 1.6;
    pen.strokeStyle = grey;
    path(gm.range(-REACH, REACH, 121).map((z) => [box0.left - 12 - across * Math.exp(gm.logNormal(z, 0, 1)), Y(z)]));
    path(xs.map((x, i) => [X(x), box0.bottom + 12 + down * p[i]]));
    pen.fillStyle = ink;
    pen.font = "16px 'Source Sans 3', sans-serif";
    pen.textAlign = "left";
    pen.fillText("z = f(x)", box0.left + 10, box0.top + 22);
    pen.fillText("density of z", 6, box0.top + 22);
    pen.fillText("density of x", box0.left, H - 8);
    pen.textAlign = "right";
    pen.fillText("x", box0.right, H - 8);

    const [a, b] = [EDGES[slice], EDGES[slice + 1]], [from, to] = [cuts[slice], cuts[slice + 1]];
    slope.set(((b - a) / (to - from)).toFixed(2));
    widths.set(`${(to - from).toFixed(3)} → ${(b - a).toFixed(3)}`);
    mass.set(`${gm.map.mass(from, to, map).toFixed(4)} = ${gm.map.mass(a, b, { bend: 0, at: 0 }).toFixed(4)}`);
  }

  gm.frame(box, {
    title: "Bend the map: every slice keeps its mass",
    row: [canvas.canvas],
    controls: [
      gm.slider("bend of f", { min: -0.45, max: 1.5, step: 0.05, value: map.bend, digits: 2 }, (v) => { map.bend = v; draw(); }),
      gm.slider("where it bends", { min: -1.5, max: 1.5, step: 0.1, value: map.at, digits: 1 }, (v) => { map.at = v; draw(); }),
      gm.slider("chosen slice", { min: 2, max: SLICES - 1, step: 1, value: slice + 1, digits: 0 }, (v) => { slice = v - 1; draw(); }),
    ],
    readout: [slope.element, widths.element, mass.element],
    help: "The base, on the left, is cut into sixteen slices of equal mass. Follow a ribbon over the curve and down: where f is steep the slice is narrow, so it must stand high. A negative bend makes two hills of one.",
    draw,
    says: () => `the density of x has ${hills()}; slice ${slice + 1}`,
  });
});
