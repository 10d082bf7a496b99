// Lesson 07: a whole Glow in the page. A real face is encoded, its latents are moved, and decoded again.
"use strict";

// ---- the flow: additive couplings, and a learned prior of the last level ----

gm.glow = (described) => {
  const numbers = gm.numbers(described), [C, H, W] = described.shape, size = C * H * W;

  function coupling(channels, hidden) {
    const net = [numbers.conv(channels / 2, hidden, 3), numbers.conv(hidden, hidden, 1), numbers.conv(hidden, channels / 2, 3)];
    const change = (y, side, sign) => {
      const half = y.length / 2;
      let h = { data: y.subarray(0, half), shape: [channels / 2, side, side] };
      net.forEach((conv, i) => {
        h = gm.convolve(conv, h);
        if (i < 2) h.data = h.data.map((v) => (v > 0 ? v : 0));
      });
      return y.map((v, j) => (j < half ? v : v + sign * h.data[j - half]));
    };
    return { forward: (y, side) => change(y, side, 1), inverse: (y, side) => change(y, side, -1) };
  }

  function prior(channels) {
    const mean = numbers.take("floats", channels), logSigma = numbers.take("floats", channels);
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

  const levels = described.levels.map(({ channels, hidden, steps }, i, all) => ({
    channels,
    steps: [
      ...Array.from({ length: steps }, () => [gm.flows.mixing(numbers, channels), coupling(channels, hidden)]).flat(),
      i + 1 < all.length ? gm.flows.split(numbers, channels) : prior(channels),
    ],
  }));
  const directions = numbers.rows("small", described.edits.length, size);
  const logBase = (z) => z.reduce((total, v) => total - 0.5 * v * v, -0.5 * size * Math.log(2 * Math.PI));
  return {
    shape: described.shape,
    forward(x) {
      const sum = { logDet: 0 }, z = gm.flows.run(levels, Float64Array.from(x, (v) => v - 0.5), H, true, sum);
      return { z, logProb: logBase(z) + sum.logDet };
    },
    inverse(z) {
      const sum = { logDet: 0 }, x = gm.flows.run(levels, Float64Array.from(z), H, false, sum).map((v) => v + 0.5);
      return { x, logProb: logBase(z) + sum.logDet };
    },
    directions: described.edits.map((_, i) => directions.subarray(i * size, (i + 1) * size)),
    pictures: Array.from({ length: described.pictures }, () => numbers.take("small", size).map((v) => (v + 0.5) / 32)),
  };
};

// ---- the figure ----

gm.figure("glow_faces", (box) => {
  const described = gm.models.glow_faces, flow = gm.glow(described), SIZE = 300;
  const state = { face: 0, seed: 0, temperature: 1, amounts: [0.8, 0, 0.8, 0, 0] };
  const left = gm.canvas(SIZE, SIZE, "The face to begin with."), right = gm.canvas(SIZE, SIZE, "The same face after the latents were moved.");
  const bits = gm.number("bits per dimension"), length = gm.number("length of z / √D");
  let code, waiting = false;

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
  const put = (label, value) => {
    const input = label.querySelector("input");
    input.value = value;
    input.dispatchEvent(new Event("input"));
  };
  gm.frame(box, {
    title: "Latent sliders on a face",
    row: [left.canvas, right.canvas],
    controls: [temperature, ...sliders],
    buttons: [
      gm.button("Next real face", () => { state.seed = 0; state.face = (state.face + 1) % flow.pictures.length; put(temperature, 1); begin(); }),
      gm.button("Draw a new face", () => { state.seed += 1; put(temperature, 0.7); begin(); }),
      gm.button("Sliders to zero", () => { for (const each of sliders) put(each, 0); draw(); }),
    ],
    readout: [bits.element, length.element],
    help: "The whole flow runs in this page (0.6 MB, fetched when you came near). A real face is encoded, z = f(x); the temperature multiplies z; each slider adds its direction; the right picture is f⁻¹ of the result. With every slider at zero and temperature 1 it is the left picture again, exactly.",
  });
  begin();
}, ["flows.js"]);
