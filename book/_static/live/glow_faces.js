// Lesson 07: a whole Glow in the page. A real face is encoded, its latents are moved, and decoded again.
"use strict";

// ---- the flow: couplings, 1×1 convolutions, squeezes, on one picture [C, H, W] in Float64Array ----

gm.flow = (described) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const stores = { small: new Int8Array(bytes(described.small)), wide: new Int16Array(bytes(described.wide)), floats: new Float32Array(bytes(described.floats)) };
  const at = { small: 0, wide: 0, floats: 0 };
  const take = (store, n) => Float64Array.from(stores[store].subarray(at[store], (at[store] += n)));
  const rows = (store, n, length) => {
    const numbers = take(store, n * length), scales = take("floats", n);
    return numbers.map((v, i) => v * scales[Math.floor(i / length)]);
  };
  const conv = (inputs, outputs, kernel) => ({ inputs, outputs, kernel, weight: rows("small", outputs, inputs * kernel * kernel), bias: take("floats", outputs) });

  const levels = described.levels.map(({ channels, hidden, steps }, i, all) => {
    const half = channels / 2, level = { channels, steps: [] };
    for (let k = 0; k < steps; k++) {
      const matrix = rows("wide", channels, channels), bias = take("floats", channels);
      const { inverse, logDet } = gm.flow.invert(matrix, channels);
      level.steps.push({ matrix, bias, inverse, logDet, net: [conv(half, hidden, 3), conv(hidden, hidden, 1), conv(hidden, half, 3)] });
    }
    if (i + 1 < all.length) level.split = conv(half, channels, 3);
    else level.prior = { mean: take("floats", channels), logSigma: take("floats", channels) };
    return level;
  });
  const [C, H, W] = described.shape, size = C * H * W;

  // Runs one direction; logDet collects log |det ∂z/∂x| in both.
  function run(x, h, i, forward, sum) {
    const level = levels[i], { channels, steps } = level, area = (h * h) / 4, side = h / 2;
    let y = gm.flow.squeeze(x, channels / 4, h), mid = (channels * area) / 2;
    const couple = (net, sign) => {
      const shift = gm.flow.network(net, y.subarray(0, mid), side);
      for (let j = 0; j < mid; j++) y[mid + j] += sign * shift[j];
    };
    const below = () => {
      if (level.split) {
        y.set(run(y.slice(0, mid), side, i + 1, forward, sum));
        return;
      }
      for (let c = 0; c < channels; c++) {
        const mean = level.prior.mean[c], sigma = Math.exp(level.prior.logSigma[c]);
        for (let j = c * area; j < (c + 1) * area; j++) y[j] = forward ? (y[j] - mean) / sigma : y[j] * sigma + mean;
        sum.logDet -= area * level.prior.logSigma[c];
      }
    };
    const split = () => {
      if (!level.split) return;
      const told = gm.flow.convolve(level.split, y.subarray(0, mid), side);
      for (let j = 0; j < mid; j++) {
        y[mid + j] = forward ? (y[mid + j] + told[mid + j]) * Math.exp(told[j]) : y[mid + j] * Math.exp(-told[j]) - told[mid + j];
        sum.logDet += told[j];
      }
    };
    for (const step of steps) sum.logDet += area * step.logDet;
    if (forward) {
      for (const step of steps) {
        y = gm.flow.mix(step.matrix, y, channels, area, null, step.bias);
        couple(step.net, 1);
      }
      split();
      below();
    } else {
      below();
      split();
      for (const step of [...steps].reverse()) {
        couple(step.net, -1);
        y = gm.flow.mix(step.inverse, y, channels, area, step.bias, null);
      }
    }
    return gm.flow.unsqueeze(y, channels / 4, h);
  }

  const split = (flat) => described.edits.map((_, i) => flat.subarray(i * size, (i + 1) * size));
  const logBase = (z) => z.reduce((total, v) => total - 0.5 * v * v, -0.5 * size * Math.log(2 * Math.PI));
  return {
    shape: described.shape,
    forward(x) {
      const sum = { logDet: 0 }, z = run(Float64Array.from(x, (v) => v - 0.5), H, 0, true, sum);
      return { z, logProb: logBase(z) + sum.logDet };
    },
    inverse(z) {
      const sum = { logDet: 0 }, x = run(Float64Array.from(z), H, 0, false, sum).map((v) => v + 0.5);
      return { x, logProb: logBase(z) + sum.logDet };
    },
    directions: split(rows("small", described.edits.length, size)),
    pictures: Array.from({ length: described.pictures }, () => take("small", size).map((v) => (v + 0.5) / 32)),
  };
};

Object.assign(gm.flow, {
  squeeze(x, C, side) {
    const y = new Float64Array(x.length), half = side / 2;
    for (let c = 0; c < C; c++) for (let r = 0; r < side; r++) for (let q = 0; q < side; q++) {
      y[((c * 4 + (r % 2) * 2 + (q % 2)) * half + (r >> 1)) * half + (q >> 1)] = x[(c * side + r) * side + q];
    }
    return y;
  },
  unsqueeze(y, C, side) {
    const x = new Float64Array(y.length), half = side / 2;
    for (let c = 0; c < C; c++) for (let r = 0; r < side; r++) for (let q = 0; q < side; q++) {
      x[(c * side + r) * side + q] = y[((c * 4 + (r % 2) * 2 + (q % 2)) * half + (r >> 1)) * half + (q >> 1)];
    }
    return x;
  },
  // y = M (x − before) + after, at every position
  mix(matrix, x, channels, area, before, after) {
    const y = new Float64Array(x.length);
    for (let o = 0; o < channels; o++) for (let c = 0; c < channels; c++) {
      const w = matrix[o * channels + c], shift = before ? before[c] : 0;
      for (let j = 0; j < area; j++) y[o * area + j] += w * (x[c * area + j] - shift);
    }
    if (after) for (let o = 0; o < channels; o++) for (let j = 0; j < area; j++) y[o * area + j] += after[o];
    return y;
  },
  convolve({ inputs, outputs, kernel, weight, bias }, x, side) {
    const area = side * side, y = new Float64Array(outputs * area), pad = (kernel - 1) / 2;
    for (let o = 0; o < outputs; o++) {
      y.fill(bias[o], o * area, (o + 1) * area);
      for (let c = 0; c < inputs; c++) for (let a = -pad; a <= pad; a++) for (let b = -pad; b <= pad; b++) {
        const w = weight[((o * inputs + c) * kernel + a + pad) * kernel + b + pad];
        const left = Math.max(0, -b), right = Math.min(side, side - b);
        for (let r = Math.max(0, -a); r < Math.min(side, side - a); r++) {
          const to = o * area + r * side, from = c * area + (r + a) * side + b;
          for (let q = left; q < right; q++) y[to + q] += w * x[from + q];
        }
      }
    }
    return y;
  },
  network(net, x, side) {
    const [first, second, last] = net, rectify = (h) => h.map((v) => (v > 0 ? v : 0));
    return gm.flow.convolve(last, rectify(gm.flow.convolve(second, rectify(gm.flow.convolve(first, x, side)), side)), side);
  },
  // Gauss–Jordan with the largest pivot; log |det| is that of the original
  invert(matrix, n) {
    const a = Float64Array.from(matrix), inverse = new Float64Array(n * n);
    for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
    let logDet = 0;
    for (let k = 0; k < n; k++) {
      let pivot = k;
      for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
      for (const m of [a, inverse]) for (let j = 0; j < n; j++) [m[k * n + j], m[pivot * n + j]] = [m[pivot * n + j], m[k * n + j]];
      const p = a[k * n + k];
      logDet += Math.log(Math.abs(p));
      for (const m of [a, inverse]) for (let j = 0; j < n; j++) m[k * n + j] /= p;
      for (let i = 0; i < n; i++) {
        const f = a[i * n + k];
        if (i !== k && f) for (const m of [a, inverse]) for (let j = 0; j < n; j++) m[i * n + j] -= f * m[k * n + j];
      }
    }
    return { inverse, logDet };
  },
});

// ---- the figure ----

gm.figure("glow_faces", (box) => {
  const described = gm.flowData.glow_faces, flow = gm.flow(described), SIZE = 300;
  const state = { face: 0, seed: 0, temperature: 1, amounts: [0.8, 0, 0.8, 0, 0] };
  const left = gm.canvas(SIZE, SIZE, "The face to begin with."), right = gm.canvas(SIZE, SIZE, "The same face after the latents were moved.");
  const bits = gm.number("bits per dimension"), length = gm.number("length of z / √D");
  let code, waiting = false;

  const show = ({ pen }, data, label) => {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(gm.picture({ data, shape: flow.shape }), 0, 0, SIZE, SIZE);
    pen.font = "13px sans-serif";
    pen.fillStyle = "rgba(255, 255, 255, 0.8)";
    pen.fillRect(0, SIZE - 22, pen.measureText(label).width + 16, 22);
    pen.fillStyle = gm.colours.ink;
    pen.fillText(label, 8, SIZE - 7);
  };

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
    help: "The whole flow runs in this page. A real face is encoded, z = f(x); the temperature multiplies z; each slider adds its direction; the right picture is f⁻¹ of the result. With every slider at zero and temperature 1 it is the left picture again, exactly.",
  });
  begin();
});
