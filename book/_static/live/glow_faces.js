// Lesson 07: a whole Glow in the page. A real face is encoded, its latents are moved, and decoded again.
"use strict";

// ---- the flow: additive couplings, and a learned prior of the last level ----

gm.glow = (weights) => {
  const pictures = weights.all("pictures").map((picture) => picture.map((v) => (v + 0.5) / 32));
  const { shape } = weights.tensor("pictures"), side = shape[1], size = pictures[0].length;

  function coupling(level, k) {
    const net = ["first", "second", "last"].map((each) => weights.conv(`${level}.coupling.${each}`, k));
    const change = (y, side, sign) => {
      const half = y.length / 2;
      let h = { data: y.subarray(0, half), shape: [net[0].weight.shape[1], side, side] };
      net.forEach((conv, i) => {
        h = gm.convolve(conv, h);
        if (i < 2) h.data = h.data.map((v) => (v > 0 ? v : 0));
      });
      return y.map((v, j) => (j < half ? v : v + sign * h.data[j - half]));
    };
    return { forward: (y, side) => change(y, side, 1), inverse: (y, side) => change(y, side, -1) };
  }

  function prior() {
    const both = weights.data("prior"), mean = both.subarray(0, both.length / 2), logSigma = both.subarray(both.length / 2);
    const change = (y, side, sum, f) => {
      const area = side * side;
      for (const each of logSigma) sum.logDet -= area * each;
      return y.map((v, j) => f(v, mean[Math.floor(j / area)], Math.exp(logSigma[Math.floor(j / area)])));
    };
    return {
      forward: (y, side, sum) => change(y, side, sum, (v, m, s) => (v - m) / s),
      inverse: (y, side, sum) => change(y, side, sum, (v, m, s) => v * s + m),
    };
  }

  const LEVELS = weights.described.levels, levels = Array.from({ length: LEVELS }, (_, i) => ({
    channels: weights.tensor(`${i}.mixing.weight`).shape[0],
    steps: [
      ...Array.from({ length: weights.count(`${i}.mixing.weight`) }, (_, k) => [gm.flows.mixing(weights.layer(`${i}.mixing`, k)), coupling(i, k)]).flat(),
      i + 1 < LEVELS ? gm.flows.split(weights.conv(`${i}.split`)) : prior(),
    ],
  }));
  const directions = weights.data("directions");
  const logBase = (z) => z.reduce((total, v) => total - 0.5 * v * v, -0.5 * size * Math.log(2 * Math.PI));
  return {
    shape, pictures,
    forward(x) {
      const sum = { logDet: 0 }, z = gm.flows.run(levels, Float64Array.from(x, (v) => v - 0.5), side, true, sum);
      return { z, logProb: logBase(z) + sum.logDet };
    },
    inverse(z) {
      const sum = { logDet: 0 }, x = gm.flows.run(levels, Float64Array.from(z), side, false, sum).map((v) => v + 0.5);
      return { x, logProb: logBase(z) + sum.logDet };
    },
    directions: Array.from({ length: directions.length / size }, (_, i) => directions.subarray(i * size, (i + 1) * size)),
  };
};

// ---- the figure ----

gm.figure("glow_faces", (box) => {
  const weights = gm.weights("glow_faces"), { described } = weights, flow = gm.glow(weights), SIZE = 300;
  const state = { face: 0, seed: 0, temperature: 1, amounts: [0.8, 0, 0.8, 0, 0] };
  const left = gm.canvas(SIZE, SIZE, () => (state.seed ? `Draw ${state.seed}, the face to begin with.` : `Real face ${state.face + 1}, the face to begin with.`)), right = gm.canvas(SIZE, SIZE, () => `The same face, ${moved()}.`);
  const bits = gm.number("bits per dimension"), length = gm.number("length of z / √D");
  let code, waiting = false;
  const moved = () => described.edits.flatMap((name, k) => (state.amounts[k] ? [`${name} ${state.amounts[k].toFixed(1)}`] : [])).concat(state.temperature === 1 ? [] : [`temperature ${state.temperature}`]).join(", ") || "nothing moved";

  const show = (canvas, data, words) => gm.show(canvas, { data, shape: flow.shape }, words);

  function begin() {
    if (state.seed) {
      const { normal } = gm.generator(state.seed);
      code = Float64Array.from({ length: flow.pictures[0].length }, normal);
      show(left, flow.inverse(code).x, "a draw, T = 1");
    } else {
      code = flow.forward(flow.pictures[state.face]).z;
      show(left, flow.pictures[state.face], "a real face");
    }
    draw();
  }

  function draw() {
    const z = code.map((v, i) => state.temperature * v + flow.directions.reduce((total, d, k) => total + state.amounts[k] * d[i], 0));
    const { x, logProb } = flow.inverse(z);
    show(right, x, "decoded");
    bits.set((-(logProb + described.constant) / (x.length * Math.LN2)).toFixed(3));
    length.set(Math.sqrt(z.reduce((total, v) => total + v * v, 0) / z.length).toFixed(3));
  }

  // Decoding takes some hundredths of a second: at most once a frame while a slider moves.
  const later = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  };
  const temperature = gm.slider("temperature", { min: 0, max: 1.2, step: 0.05, value: 1 }, (v) => { state.temperature = v; later(); });
  const sliders = described.edits.map((name, k) => gm.slider(name, { min: -1.5, max: 1.5, step: 0.1, value: state.amounts[k], digits: 1 }, (v) => { state.amounts[k] = v; later(); }));
  gm.frame(box, {
    title: "Latent sliders on a face",
    row: [left.canvas, right.canvas],
    controls: [temperature, ...sliders],
    buttons: [
      gm.button("Next real face", () => { state.seed = 0; state.face = (state.face + 1) % flow.pictures.length; gm.put(temperature, 1); begin(); }),
      gm.button("Draw a new face", () => { state.seed += 1; gm.put(temperature, 0.7); begin(); }),
      gm.button("Sliders to zero", () => { for (const each of sliders) gm.put(each, 0); draw(); }),
    ],
    readout: [bits.element, length.element],
    help: "The whole flow runs in this page (1.2 MB, fetched when you came near). A real face is encoded, z = f(x); the temperature multiplies z; each slider adds its direction; the right picture is f⁻¹ of the result. With every slider at zero and temperature 1 it is the left picture again, exactly.",
    draw: begin,
    says: moved,
  });
}, ["flows.js", "weights/glow_faces.js"]);
