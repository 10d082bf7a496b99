// Lesson 04: the reader draws a digit; three VAEs, which differ in β alone, encode it and decode around its code.
"use strict";

// ---- a drawing becomes a picture as those of the data: 32×32 black or white, then counted in blocks of 4×4 ----

gm.digit = {
  SIDE: 32, PEN: 3,  // with as much ink as the data have
  // Strokes [[x, y], …] of any size, as large as they can be in the square and in its middle.
  fitted(strokes) {
    const points = strokes.flat(), { SIDE, PEN } = gm.digit, room = SIDE - 2 * PEN;
    const [left, top] = [0, 1].map((i) => Math.min(...points.map((p) => p[i]))), [right, bottom] = [0, 1].map((i) => Math.max(...points.map((p) => p[i])));
    const zoom = room / Math.max(right - left, bottom - top, 1e-9), small = Math.max(right - left, bottom - top) < 1e-9;
    return strokes.map((stroke) => stroke.map(([x, y]) => (small ? [SIDE / 2, SIDE / 2] : [SIDE / 2 + zoom * (x - (left + right) / 2), SIDE / 2 + zoom * (y - (top + bottom) / 2)])));
  },
  // Cells whose middle is nearer to a stroke than the pen is wide.
  bitmap(strokes) {
    const { SIDE, PEN } = gm.digit, cells = new Uint8Array(SIDE * SIDE);
    for (const stroke of strokes) stroke.forEach(([bx, by], i) => {
      const [ax, ay] = stroke[Math.max(i - 1, 0)], length = (bx - ax) ** 2 + (by - ay) ** 2;
      for (let k = 0; k < cells.length; k++) {
        const x = (k % SIDE) + 0.5, y = Math.floor(k / SIDE) + 0.5, t = length ? Math.min(Math.max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0), 1) : 0;
        if ((x - ax - t * (bx - ax)) ** 2 + (y - ay - t * (by - ay)) ** 2 <= PEN ** 2) cells[k] = 1;
      }
    });
    return cells;
  },
  // 8×8 numbers in [0, 1]: the share of each block that is black.
  blocks(cells) {
    const { SIDE } = gm.digit, counted = new Float64Array(64);
    cells.forEach((on, k) => { counted[8 * Math.floor(k / SIDE / 4) + Math.floor((k % SIDE) / 4)] += on / 16; });
    return counted;
  },
  // Mean and standard deviation of q(z|x).
  code(encode, x) {
    const { data } = encode(x, [1, 8, 8]);
    return { mean: [data[0], data[1]], sigma: [Math.exp(data[2] / 2), Math.exp(data[3] / 2)] };
  },
  price: ({ mean, sigma }) => mean.reduce((sum, m, j) => sum + (m ** 2 + sigma[j] ** 2 - 1) / 2 - Math.log(sigma[j]), 0),
  // Bernoulli cross-entropy, summed over pixels, in nats
  loss: (x, y) => -x.reduce((sum, v, i) => sum + v * Math.log(Math.max(y[i], 1e-12)) + (1 - v) * Math.log(Math.max(1 - y[i], 1e-12)), 0),
};

gm.figure("draw_digit", (box) => {
  const { blue, orange, green, vermilion, sky, pink, brown, olive, grey, ink } = gm.colours, CLASSES = [blue, orange, green, "#8a63c9", sky, pink, brown, olive, grey, ink];
  const weights = gm.weights("draw_digit"), { betas } = weights.described, classes = weights.data("classes"), SIZE = 300, STEP = 0.05;
  const models = betas.map((_, k) => ({ encode: weights.network("encoder", k), decode: weights.network("decoder", k), codes: weights.data("codes", k) }));
  // polylines in a square of side 1
  const EXAMPLES = [
    [[[0.3, 0.2], [0.45, 0.1], [0.62, 0.17], [0.64, 0.32], [0.45, 0.45], [0.64, 0.56], [0.68, 0.76], [0.5, 0.9], [0.3, 0.82]]],
    [[[0.25, 0.12], [0.7, 0.12], [0.5, 0.5], [0.4, 0.9]], [[0.3, 0.5], [0.65, 0.5]]],
    [[[0.5, 0.1], [0.34, 0.25], [0.3, 0.55], [0.38, 0.85], [0.55, 0.9], [0.66, 0.7], [0.68, 0.35], [0.5, 0.1]]],
    [[[0.15, 0.9], [0.15, 0.45], [0.5, 0.1], [0.85, 0.45], [0.85, 0.9], [0.15, 0.9]]],
  ];
  const state = { beta: 1, example: 0, strokes: EXAMPLES[0].map((stroke) => [...stroke]), pen: [0.3, 0.82] };
  let seen, code, decoded;
  const paper = gm.canvas(SIZE, SIZE, ""), small = gm.canvas(SIZE, SIZE, "The drawing as the encoder sees it, 8 by 8 pixels.");
  const plane = gm.canvas(SIZE, SIZE, () => `The codes of the test digits at β = ${betas[state.beta]}, and the posterior of the drawing: mean ${code.mean.map((v) => v.toFixed(1)).join(", ")}.`);
  const shown = gm.canvas(SIZE, SIZE, () => `Nine decoded pictures, in the middle that of the mean; ${collapsed() ? "all codes are one" : `the nearest code is that of a ${nearest()}`}.`);
  const near = gm.number("nearest code:"), mean = gm.number("μ ="), width = gm.number("σ ="), loss = gm.number("reconstruction", "nats"), price = gm.number("KL", "nats");
  const nearest = () => {
    const { codes } = models[state.beta], far = Array.from(classes, (_, i) => Math.hypot(codes[2 * i] - code.mean[0], codes[2 * i + 1] - code.mean[1]));
    return classes[far.indexOf(Math.min(...far))];
  };

  const collapsed = () => Math.max(...models[state.beta].codes.map(Math.abs)) < 0.5;  // all codes are one

  function drawPaper() {
    const { pen } = paper, place = ([x, y]) => [SIZE * x, SIZE * y];
    gm.wipe(paper);
    pen.strokeStyle = ink;
    pen.fillStyle = ink;
    pen.lineWidth = 18;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of state.strokes) {
      pen.beginPath();
      stroke.forEach((p, i) => (i ? pen.lineTo(...place(p)) : pen.moveTo(...place(p))));
      if (stroke.length === 1) pen.lineTo(...place(stroke[0]));
      pen.stroke();
    }
    pen.beginPath();
    pen.arc(...place(state.pen), 6, 0, 7);
    pen.fillStyle = vermilion;
    pen.fill();
    gm.caption(paper, "draw here");
  }
  function drawPlane() {
    const { codes } = models[state.beta], most = Math.max(3, ...codes.map(Math.abs), ...code.mean.map(Math.abs)) * 1.05, tick = most > 6 ? 5 : 2;
    const plot = gm.plot(plane, { x: [-most, most], y: [-most, most], xticks: [-tick, 0, tick], yticks: [-tick, 0, tick] });
    const ring = (cx, cy, rx, ry) => [gm.range(0, 2 * Math.PI, 73).map((t) => cx + rx * Math.cos(t)), gm.range(0, 2 * Math.PI, 73).map((t) => cy + ry * Math.sin(t))];
    CLASSES.forEach((colour, digit) => {
      const own = Array.from(classes.keys()).filter((i) => classes[i] === digit), [xs, ys] = [0, 1].map((j) => own.map((i) => codes[2 * i + j]));
      plot.points(xs, ys, colour, 2.6, 0.6);
    });
    plot.line(...ring(0, 0, 1, 1), ink, { width: 1, dash: [3, 4] });
    for (let digit = 0; digit < 10 && !collapsed(); digit++) {
      const own = Array.from(classes.keys()).filter((i) => classes[i] === digit), middle = (j) => own.map((i) => codes[2 * i + j]).sort((a, b) => a - b)[own.length >> 1];
      plane.pen.font = "600 19px 'Source Sans 3', sans-serif";
      plane.pen.strokeStyle = gm.colours.paper;
      plane.pen.lineWidth = 5;
      plane.pen.textAlign = "center";
      plane.pen.strokeText(String(digit), plot.X(middle(0)), plot.Y(middle(1)));
      plot.text(String(digit), middle(0), middle(1), ink, "center");
    }
    const [[x, y], [sx, sy]] = [code.mean, code.sigma];
    for (const far of [1, 1.5]) plot.line(...ring(x, y, Math.max(far * sx, most / 60), Math.max(far * sy, most / 60)), vermilion, { width: 2.5 });
    plot.points([x], [y], vermilion, 4, 1);
  }
  function drawDecoded() {
    const { decode } = models[state.beta], third = SIZE / 3;
    gm.wipe(shown);
    shown.pen.imageSmoothingEnabled = false;
    for (let k = 0; k < 9; k++) {
      const [right, down] = [(k % 3) - 1, Math.floor(k / 3) - 1], far = right || down ? 1.5 / Math.hypot(right, down) : 0;
      const picture = decode([code.mean[0] + far * right * code.sigma[0], code.mean[1] - far * down * code.sigma[1]]);
      if (k === 4) decoded = picture.data;
      shown.pen.drawImage(gm.picture({ data: picture.data, shape: [1, 8, 8] }, true), (right + 1) * third + 4, (down + 1) * third + 4, third - 8, third - 8);
    }
    shown.pen.strokeStyle = vermilion;
    shown.pen.lineWidth = 3;
    shown.pen.strokeRect(third + 2, third + 2, third - 4, third - 4);
  }
  function draw() {
    drawPaper();
    seen = state.strokes.length ? gm.digit.blocks(gm.digit.bitmap(gm.digit.fitted(state.strokes))) : new Float64Array(64);
    gm.show(small, { data: seen, shape: [1, 8, 8] }, "seen: 8×8", true);
    code = gm.digit.code(models[state.beta].encode, seen);
    drawPlane();
    drawDecoded();
    chosen.show((k) => k === state.beta);
    const pair = (values) => `(${values.map((v) => v.toFixed(2)).join(", ")})`;
    near.set(collapsed() ? "any, all are at 0" : `a ${nearest()}`);
    mean.set(pair(code.mean).replaceAll("-", "−"));
    width.set(pair(code.sigma));
    loss.set(gm.digit.loss(seen, decoded).toFixed(1));
    price.set(gm.digit.price(code).toFixed(2));
  }

  // ---- the pen: mouse and finger draw; arrow keys draw, with shift they move it, Backspace takes a stroke away ----
  const clamp = (v) => Math.min(Math.max(v, 0.04), 0.96);
  const go = (point, fresh) => {
    state.pen = point.map(clamp);
    if (fresh || !state.strokes.length) state.strokes.push([state.pen]);
    else state.strokes.at(-1).push(state.pen);
    draw();
  };
  let lifted = true, own = false;
  const begin = () => { if (!own) state.strokes = []; own = true; };  // the first stroke takes the example's place
  const at = (event) => { const place = paper.canvas.getBoundingClientRect(); return [(event.clientX - place.left) / place.width, (event.clientY - place.top) / place.height]; };
  paper.canvas.setAttribute("tabindex", "0");
  paper.canvas.setAttribute("role", "application");
  paper.canvas.instructions = "Paper. Arrow keys draw, with shift they move the pen, Backspace takes the last stroke away.";
  paper.canvas.addEventListener("pointerdown", (event) => { paper.canvas.setPointerCapture(event.pointerId); begin(); go(at(event), true); lifted = true; });
  paper.canvas.addEventListener("pointermove", (event) => { if (event.buttons && Math.hypot(at(event)[0] - state.pen[0], at(event)[1] - state.pen[1]) > 0.02) go(at(event), false); });
  paper.canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (!way && event.key !== "Backspace") return;
    event.preventDefault();
    if (!way) { own = true; state.strokes.pop(); lifted = true; draw(); return; }
    const to = [state.pen[0] + way[0], state.pen[1] + way[1]];
    if (event.shiftKey) { state.pen = to.map(clamp); lifted = true; draw(); return; }
    begin();
    if (lifted) state.strokes.push([state.pen]);
    lifted = false;
    go(to, false);
  });

  const chosen = gm.choices("β =", betas.map((beta, k) => gm.button(String(beta), () => { state.beta = k; draw(); })));
  gm.frame(box, {
    title: "Draw a digit",
    row: [paper, plane, small, shown].map((each) => each.canvas),
    choices: [chosen.element],
    buttons: [
      gm.button("Clear", () => { own = true; state.strokes = []; state.pen = [0.5, 0.3]; lifted = true; draw(); }),
      gm.button("Another example", () => {
        state.example = (state.example + 1) % EXAMPLES.length;
        state.strokes = EXAMPLES[state.example].map((stroke) => [...stroke]);
        state.pen = state.strokes.at(-1).at(-1);
        own = false;
        lifted = true;
        draw();
      }),
    ],
    readout: [near.element, mean.element, width.element, loss.element, price.element],
    help: "Draw in the first square, by mouse, finger or arrow keys. The drawing is enlarged and made as coarse as the data, 8×8. Dots: codes of the test digits; the dashed circle is the prior’s standard deviation. Red: the posterior of your drawing, one and one and a half standard deviations. Last square: in the middle the mean, decoded, around it the points on the outer red line. Change β: at 0.1 a code is cheap, the red line is a speck, and the nine pictures are one; at 4 it is so dear that the encoder says the same of everything: the posterior is the prior, and the KL is 0. The three models run in this page (0.2 MB).",
    draw,
    says: () => `β ${betas[state.beta]}, ${state.strokes.length} ${state.strokes.length === 1 ? "stroke" : "strokes"}`,
  });
}, ["weights/draw_digit.js"]);
