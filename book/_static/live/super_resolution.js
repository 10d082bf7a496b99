// Lesson 08: a whole SRFlow in the page. Answers to 8×8 pixels are drawn, at any temperature.
"use strict";

// ---- the flow, given what the encoder said of a low resolution ----

gm.srflow = (weights) => {
  const LEVELS = weights.described.levels, pixels = (name) => weights.all(name).map((picture) => picture.map((v) => v / 255));
  const highs = pixels("high"), lows = pixels("low"), up = weights.data("up"), down = weights.data("down");
  const [, side] = weights.tensor("high").shape, [, small] = weights.tensor("low").shape;
  const contexts = Array.from({ length: LEVELS }, (_, i) => highs.map((_, face) => weights.tensor(`${i}.context`, face)));

  const rectified = ({ data, shape }) => ({ data: data.map((v) => (v > 0 ? v : 0)), shape });
  // The network of an injector (no part) or of a coupling; what its first convolution says of the context is kept.
  function network(name, k, hasPart) {
    const [ofContext, second, last] = ["of_context", "second", "last"].map((each) => weights.conv(`${name}.${each}`, k));
    const ofPart = hasPart ? weights.conv(`${name}.of_part`, k) : null;
    return (context) => {
      const known = gm.convolve(ofContext, context);
      return (y) => {
        let h = known;
        if (y) {
          const told = gm.convolve(ofPart, { data: y, shape: [ofPart.weight.shape[1], ...context.shape.slice(1)] });
          h = { data: told.data.map((v, j) => v + known.data[j]), shape: known.shape };
        }
        return gm.convolve(last, rectified(gm.convolve(second, rectified(h)))).data;
      };
    };
  }
  // z / s − shift, with raw scales in the first half of what the network says
  const restore = (z, told) => z.map((v, j) => v / (1 / (1 + Math.exp(-told[j] - 2)) + 1e-4) - told[z.length + j]);

  // Both are functions of the context that give a step of gm.flows.
  function injector(level, k) {
    const net = network(`${level}.injector`, k, false);
    return (context) => {
      const told = net(context)();
      return { inverse: (y) => restore(y, told) };
    };
  }
  function coupling(level, k) {
    const net = network(`${level}.coupling`, k, true);
    return (context) => {
      const say = net(context);
      return {
        inverse(y) {
          const x = Float64Array.from(y), a = y.subarray(0, y.length / 2);
          x.set(restore(y.subarray(y.length / 2), say(a)), y.length / 2);
          return x;
        },
      };
    };
  }
  const always = (step) => () => step;

  // A level: mixings alone, then steps of mixing, injector and coupling, then a split if another level follows.
  const all = contexts.map((_, i) => {
    const mixings = weights.count(`${i}.mixing.weight`), alone = mixings - weights.count(`${i}.coupling.last.weight`), steps = [];
    for (let k = 0; k < mixings; k++) {
      steps.push(always(gm.flows.mixing(weights.layer(`${i}.mixing`, k))));
      if (k >= alone) steps.push(injector(i, k - alone), coupling(i, k - alone));
    }
    if (i + 1 < LEVELS) steps.push(always(gm.flows.split(weights.conv(`${i}.split`))));
    return { channels: weights.tensor(`${i}.mixing.weight`).shape[0], steps };
  });
  const context = (face, i) => contexts[i][face];

  return {
    side, small, context,
    faces: highs.length,
    high: (face) => highs[face],
    low: (face) => lows[face],
    enlarged: (low) => resized(up, low, small, side),
    reduced: (high) => resized(down, high, side, small),
    // One low resolution: whatever sees only its features is computed here, once; the function is z ↦ f⁻¹(z; y).
    given(face) {
      const given = all.map(({ channels, steps }, i) => ({ channels, steps: steps.map((step) => step(context(face, i))) }));
      return (z) => gm.flows.run(given, Float64Array.from(z), side, false);
    },
  };

  // M x Mᵀ for each colour; M is (to, from)
  function resized(matrix, x, from, to) {
    const y = new Float64Array(3 * to * to);
    for (let c = 0; c < 3; c++) {
      const wide = new Float64Array(from * to); // (from, to)
      for (let r = 0; r < from; r++) for (let q = 0; q < to; q++) for (let k = 0; k < from; k++) {
        wide[r * to + q] += matrix[q * from + k] * x[(c * from + r) * from + k];
      }
      for (let r = 0; r < to; r++) for (let q = 0; q < to; q++) {
        let sum = 0;
        for (let k = 0; k < from; k++) sum += matrix[r * from + k] * wide[k * to + q];
        y[(c * to + r) * to + q] = sum;
      }
    }
    return gm.cut(y);
  }
};

gm.cut = (x) => x.map((v) => Math.min(Math.max(v, 0), 1));
gm.decibels = (x, y) => -10 * Math.log10(x.reduce((total, v, i) => total + (v - y[i]) ** 2, 0) / x.length);

// Of several pictures: their mean, and at each pixel the standard deviation (of n, not n − 1), averaged over colours.
gm.meanAndSpread = (pictures) => {
  const mean = pictures[0].map((_, i) => pictures.reduce((total, x) => total + x[i], 0) / pictures.length);
  const deviation = mean.map((m, i) => Math.sqrt(pictures.reduce((total, x) => total + (x[i] - m) ** 2, 0) / pictures.length));
  const area = mean.length / 3;
  return { mean, spread: deviation.subarray(0, area).map((v, i) => (v + deviation[area + i] + deviation[2 * area + i]) / 3) };
};

// ---- the figure ----

gm.figure("super_resolution", (box) => {
  const flow = gm.srflow(gm.weights("srflow_faces")), { side, small } = flow, SIZE = 200, SHOWN = 4, DRAWN = 16;
  const state = { face: 0, noise: 1, temperature: 0.8, truth: false };
  const pane = (label) => gm.canvas(SIZE, SIZE, label);
  const given = pane(() => `The low resolution of face ${state.face + 1}, 8 by 8 pixels.`), bicubic = pane("The low resolution, enlarged by bicubic interpolation: a blur.");
  const spread = pane("Where the answers differ, strong: eyes, mouth, the edges of the hair."), truth = pane(() => (state.truth ? "The face that was made small." : "A question mark: the face that was made small is shown once it is asked for."));
  const answers = Array.from({ length: SHOWN }, (_, i) => pane(() => `Answer ${i + 1} at temperature ${state.temperature.toFixed(2)}: a face that fits the low resolution.`));
  const agrees = gm.number("made small again", "dB"), one = gm.number("PSNR of an answer", "dB"), many = gm.number(`of the mean of ${DRAWN}`, "dB");
  let answer, noise, found = [], next = 0, waiting = false;

  const show = (canvas, data, shape, words, ink = false) => gm.show(canvas, { data, shape }, words, ink);
  const showTruth = () => {
    if (state.truth) { show(truth, flow.high(state.face), [3, side, side], "truth"); return; }
    truth.pen.fillStyle = gm.colours.line;
    truth.pen.fillRect(0, 0, SIZE, SIZE);
    truth.pen.fillStyle = gm.colours.grey;
    truth.pen.font = "90px 'Source Sans 3', sans-serif";
    truth.pen.textAlign = "center";
    truth.pen.fillText("?", SIZE / 2, SIZE / 2 + 26);
    gm.caption(truth, "truth");
  };

  // Four answers at a time while a slider moves, the other twelve in the frames after it.
  function work() {
    waiting = false;
    const low = flow.low(state.face), until = next < SHOWN ? SHOWN : next + 1;
    for (; next < until; next++) {
      found[next] = gm.cut(answer(noise[next].map((v) => state.temperature * v)));
      if (next < SHOWN) show(answers[next], found[next], [3, side, side], `answer ${next + 1}`);
    }
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length, high = flow.high(state.face);
    if (next === SHOWN) {
      agrees.set(mean(found.slice(0, SHOWN).map((x) => gm.decibels(flow.reduced(x), low))).toFixed(1));
      one.set(mean(found.slice(0, SHOWN).map((x) => gm.decibels(x, high))).toFixed(1));
    }
    if (next === DRAWN) {
      const all = gm.meanAndSpread(found);
      many.set(gm.decibels(all.mean, high).toFixed(1));
      show(spread, all.spread.map((v) => 5 * v), [1, side, side], `spread of ${DRAWN}`, true);
    } else later();
  }
  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(work);
  }
  function draw() { next = 0; later(); }
  function drawNoise() {
    const { normal } = gm.generator(state.noise);
    noise = Array.from({ length: DRAWN }, () => Float64Array.from({ length: 3 * side * side }, normal));
  }
  function choose(face, shown = false) {
    state.face = face;
    state.truth = shown;
    answer = flow.given(face);
    faces.show((i) => i === face);
    show(given, flow.low(face), [3, small, small], "given: 8×8");
    show(bicubic, flow.enlarged(flow.low(face)), [3, side, side], "bicubic");
    reveal();
    draw();
  }
  function reveal() {
    asked.textContent = state.truth ? "Hide the truth" : "Show the truth";
    showTruth();
  }

  const faces = gm.choices("given", Array.from({ length: flow.faces }, (_, i) => {
    const button = gm.button("", () => choose(i));
    button.setAttribute("aria-label", `face ${i + 1}`);
    button.append(gm.picture({ data: flow.low(i), shape: [3, small, small] }));
    return button;
  }));
  drawNoise();
  const asked = gm.button("Show the truth", () => { state.truth = !state.truth; reveal(); });
  gm.frame(box, {
    title: "Which faces could it have been?",
    row: [given, bicubic, spread, truth, ...answers].map((each) => each.canvas),
    controls: [gm.slider("temperature τ", { min: 0, max: 1, step: 0.05, value: state.temperature }, (v) => { state.temperature = v; draw(); })],
    buttons: [gm.button("New answers", () => { state.noise += 1; drawNoise(); draw(); }), asked],
    choices: [faces.element],
    readout: [agrees.element, one.element, many.element],
    help: "The flow of this lesson runs in this page, with its weights rounded to eight bits (1.9 MB, fetched when you came near). Six held-out faces, with what the encoder says of each. The temperature multiplies the noise and leaves it the same: at 0 all answers are one, and from there they part. Spread: the standard deviation of 16 answers at each pixel, strongest at a fifth of the range. Made small again: PSNR of an answer's own low resolution against the given one.",
    draw: () => choose(state.face, state.truth),
    says: () => `face ${state.face + 1}, temperature ${state.temperature.toFixed(2)}, the truth is ${state.truth ? "shown" : "hidden"}`,
  });
}, ["flows.js", "weights/srflow_faces.js"]);
