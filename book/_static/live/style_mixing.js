// Lesson 09: a whole StyleGAN2 generator in the page. Styles of two latents are mixed, layer by layer.
"use strict";

// ---- the generator, as gmcourse.models.stylegan2 has it ----

gm.styleGenerator = (weights) => {
  const { mapping: DEPTH, sides } = weights.described;
  const lrelu = (v) => (v > 0 ? v : 0.2 * v);
  const linear = (name) => {
    const { weight: { data: weight, shape: [, inputs] }, bias } = weights.layer(name);
    return (x) => bias.map((b, o) => x.reduce((total, v, i) => total + weight[o * inputs + i] * v, b));
  };

  // Modulated 3×3 convolution with demodulation, noise, bias, leaky ReLU; √2 is in bias and noise, and here in the norm.
  function styledConv(name, side, up) {
    const style = linear(`${name}.style`), { weight: kernel, bias } = weights.layer(name), { data: weight, shape: [outputs, inputs] } = kernel;
    const [strength] = weights.data(`${name}.strength`), fixed = weights.data(`${name}.noise`);
    const power = new Float64Array(outputs * inputs); // Σ_k w², of each pair of feature maps
    weight.forEach((v, j) => { power[Math.floor(j / 9)] += v * v; });
    // a transposed convolution has its inputs first
    const turned = new Float64Array(weight.length);
    if (up) for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) for (let k = 0; k < 9; k++) turned[(i * outputs + o) * 9 + k] = weight[(o * inputs + i) * 9 + k];
    return (x, w, noisy) => {
      const s = style(w), modulated = scaled(x, s);
      const y = up
        ? smoothed(gm.convolveTransposed({ weight: { data: turned, shape: [inputs, outputs, 3, 3] }, stride: 2 }, modulated), 1, 1)
        : gm.convolve({ weight: kernel, padding: 1 }, modulated);
      const norm = bias.map((_, o) => Math.SQRT2 / Math.sqrt(s.reduce((total, v, i) => total + v * v * power[o * inputs + i], 1e-8)));
      const area = side * side;
      return { data: y.data.map((v, j) => lrelu(v * norm[Math.floor(j / area)] + bias[Math.floor(j / area)] + (noisy ? strength * fixed[j % area] : 0))), shape: y.shape };
    };
  }

  // Feature maps to colours: a modulated 1×1 convolution without demodulation.
  function toRGB(name) {
    const style = linear(`${name}.style`), conv = weights.conv(name);
    return (x, w) => gm.convolve(conv, scaled(x, style(w)));
  }

  const mapping = Array.from({ length: DEPTH }, (_, i) => linear(`mapping.${i}`)), mean = weights.data("w_mean"), constant = weights.tensor("constant");
  // the first side has one convolution, the others one that doubles the side, and one more
  const layers = sides.map((side, i) => ({
    convs: i ? [styledConv(`${side}.0`, side, true), styledConv(`${side}.1`, side, false)] : [styledConv(`${side}.0`, side, false)],
    colours: toRGB(`${side}.colours`),
  }));

  return {
    zSize: weights.tensor("mapping.0.weight").shape[1],
    sides: [...layers.flatMap(({ convs }, i) => convs.map(() => sides[i])), sides.at(-1)], // of each style
    // z → w
    map(z) {
      const length = Math.sqrt(z.reduce((total, v) => total + v * v, 0) / z.length + 1e-8);
      return mapping.reduce((w, layer) => layer(w).map(lrelu), Float64Array.from(z, (v) => v / length));
    },
    truncate: (w, psi) => w.map((v, i) => mean[i] + psi * (v - mean[i])),
    // One w a style → the picture after each resolution, the largest last; noise that is stored, or none.
    pictures(ws, noisy) {
      const found = [];
      let x = constant, at = 0;
      for (const { convs, colours } of layers) {
        for (const conv of convs) x = conv(x, ws[at++], noisy);
        const added = colours(x, ws[at]); // the style of the convolution that comes next
        found.push(found.length ? sum(smoothed(spread(found.at(-1)), 2, 1), added) : added);
      }
      return found;
    },
  };

  function scaled({ data, shape }, s) {
    const area = shape[1] * shape[2];
    return { data: data.map((v, j) => v * s[Math.floor(j / area)]), shape };
  }
  function sum(x, y) {
    return { data: x.data.map((v, j) => v + y.data[j]), shape: x.shape };
  }
  // A zero after each pixel, in both directions.
  function spread({ data: x, shape: [C, H, W] }) {
    const y = new Float64Array(4 * x.length);
    for (let r = 0; r < C * H; r++) for (let q = 0; q < W; q++) y[4 * r * W + 2 * q] = x[r * W + q];
    return { data: y, shape: [C, 2 * H, 2 * W] };
  }
  // Zeros at the borders, and the filter [1, 3, 3, 1] / 4 in both directions: what enlarging by two needs.
  function smoothed({ data: x, shape: [C, H, W] }, before, after) {
    const taps = [0.25, 0.75, 0.75, 0.25], h = H + before + after - 3, w = W + before + after - 3;
    const along = new Float64Array(C * H * w), y = new Float64Array(C * h * w);
    for (let r = 0; r < C * H; r++) for (let q = 0; q < w; q++) for (let k = 0; k < 4; k++) {
      const from = q + k - before;
      if (from >= 0 && from < W) along[r * w + q] += taps[k] * x[r * W + from];
    }
    for (let c = 0; c < C; c++) for (let r = 0; r < h; r++) for (let k = 0; k < 4; k++) {
      const from = r + k - before;
      if (from >= 0 && from < H) for (let q = 0; q < w; q++) y[(c * h + r) * w + q] += taps[k] * along[(c * H + from) * w + q];
    }
    return { data: y, shape: [C, h, w] };
  }
};

// ---- the figure ----

gm.figure("style_mixing", (box) => {
  const generator = gm.styleGenerator(gm.weights("stylegan2_faces")), SIZE = 300;
  const state = { a: 7, b: 6, psi: 0.8, noisy: true, fromB: generator.sides.map((_, i) => i >= 3) };
  const panes = { a: gm.canvas(SIZE, SIZE, "Face A."), b: gm.canvas(SIZE, SIZE, "Face B."), mixed: gm.canvas(SIZE, SIZE, () => `The face that has ${state.fromB.filter(Boolean).length} styles of B and the others of A.`) };
  const share = gm.number("styles of B", `of ${generator.sides.length}`), distance = gm.number("distance of w");
  const w = {};
  let waiting = false;

  const latent = (seed) => {
    const { normal } = gm.generator(seed);
    return generator.map(Float64Array.from({ length: generator.zSize }, normal));
  };
  const show = (canvas, { data, shape }, words) => gm.show(canvas, { data: data.map((v) => v / 2 + 0.5), shape }, words);

  function draw() {
    waiting = false;
    const pulled = { a: generator.truncate(w.a, state.psi), b: generator.truncate(w.b, state.psi) };
    const picture = (choose) => generator.pictures(generator.sides.map((_, i) => choose(i)), state.noisy).at(-1);
    show(panes.a, picture(() => pulled.a), "A");
    show(panes.b, picture(() => pulled.b), "B");
    show(panes.mixed, picture((i) => (state.fromB[i] ? pulled.b : pulled.a)), "mixed");
    toggles.show((i) => state.fromB[i]);
    // pressed one by one, the layers may be no crossover: the slider then says so
    const first = state.fromB.indexOf(true), from = first < 0 ? state.fromB.length : first, whole = state.fromB.every((b, i) => b === i >= from);
    gm.place(crossover, from);
    if (!whole) crossover.querySelector("output").textContent = "none";
    share.set(state.fromB.filter(Boolean).length);
    distance.set(Math.sqrt(pulled.a.reduce((total, v, i) => total + (v - pulled.b[i]) ** 2, 0)).toFixed(2));
  }
  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(draw);
  }

  const crossover = gm.slider("crossover: styles that stay A’s", { min: 0, max: generator.sides.length, step: 1, value: 3, digits: 0 }, (v) => { state.fromB = names.map((_, i) => i >= v); later(); });
  const names = generator.sides.map((side, i, all) => (i + 1 === all.length ? "colours" : `${side > (all[i - 1] ?? side) ? "↑" : ""}${side}×${side}`));
  w.a = latent(state.a);
  w.b = latent(state.b);
  const toggles = gm.choices("from B", names.map((name, i) => gm.button(name, () => { state.fromB[i] = !state.fromB[i]; later(); })));
  const noise = gm.button("Noise", () => { state.noisy = !state.noisy; noise.setAttribute("aria-pressed", state.noisy); later(); });
  noise.setAttribute("aria-pressed", state.noisy);
  gm.frame(box, {
    title: "Whose face, whose colours?",
    row: [panes.a, panes.b, panes.mixed].map((each) => each.canvas),
    choices: [toggles.element],
    controls: [
      crossover,
      gm.slider("truncation ψ", { min: -1, max: 1.2, step: 0.05, value: state.psi }, (v) => { state.psi = v; later(); }),
    ],
    buttons: [
      gm.button("Another A", () => { state.a += 2; w.a = latent(state.a); later(); }),
      gm.button("Another B", () => { state.b += 2; w.b = latent(state.b); later(); }),
      noise,
    ],
    readout: [share.element, distance.element],
    help: "The generator of this lesson runs in this page (0.46 MB, fetched after the page; its 3×3 weights are rounded to eight bits). A pressed layer takes its style from B; ↑ marks those that double the side, and the colours of a resolution go with the layer after it. The slider presses all layers after a crossover. ψ pulls both w towards their average: at 0 all three faces are the average one, below 0 they lie on its other side.",
    draw,
    says: () => `${names.filter((_, i) => state.fromB[i]).join(", ") || "nothing"} from B`,
  });
}, ["weights/stylegan2_faces.js"], true);
