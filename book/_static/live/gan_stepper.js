// Lesson 02: a GAN of the plane that trains in the page. Two small networks, and R1 with second
// derivatives. tests/site/test_live_numbers.py compares one step with the package.
"use strict";

const sigmoid = (t) => 1 / (1 + Math.exp(-t));
const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

gm.gan = {
  // Slope of the generator's loss of one sample in its logit.
  slopes: { "non-saturating": (t) => sigmoid(t) - 1, minimax: (t) => -sigmoid(t) },

  // γ/2 · E‖∇D‖² over points, with its gradients: the slope along v = ∇D, held fixed, has the gradient we need.
  r1(layers, x, n, gamma) {
    const slopes = gm.mlp.backward(layers, gm.mlp.forward(layers, x, n), n, new Float64Array(n).fill(1)).inputs;
    const along = gm.mlp.forward(layers, x, n, slopes);
    const { gradients } = gm.mlp.backward(layers, along, n, new Float64Array(n), new Float64Array(n).fill(gamma / n));
    return { value: (gamma / 2 / n) * along.tangent.reduce((a, b) => a + b, 0), gradients };
  },

  // One step of the game: D on data and samples, then G on new samples. Changes `players`; returns the losses.
  step(players, real, z, zNew, { loss = "non-saturating", gamma = 0, rateD = 1e-3, rateG = 1e-3 } = {}) {
    const { G, D, memoryG, memoryD } = players, n = real.length / 2, width = G[0].inputs;
    const fake = gm.mlp.forward(G, z, z.length / width).out;
    const onReal = gm.mlp.forward(D, real, n), onFake = gm.mlp.forward(D, fake, n);
    const parts = [
      gm.mlp.backward(D, onReal, n, onReal.out.map((t) => (sigmoid(t) - 1) / n)).gradients,
      gm.mlp.backward(D, onFake, n, onFake.out.map((t) => sigmoid(t) / n)).gradients,
    ];
    let penalty = 0;
    if (gamma > 0) {
      const r1 = gm.gan.r1(D, real, n, gamma);
      penalty = r1.value;
      parts.push(r1.gradients);
    }
    const total = D.map((_, i) => Object.fromEntries(["w", "b"].map((key) => [key, parts[0][i][key].map((v, j) => parts.reduce((sum, part) => sum + part[i][key][j], 0))])));
    const discriminator = onReal.out.reduce((a, t) => a + softplus(-t), 0) / n + onFake.out.reduce((a, t) => a + softplus(t), 0) / n;
    gm.mlp.adam(D, total, memoryD, rateD);

    const made = gm.mlp.forward(G, zNew, n), judged = gm.mlp.forward(D, made.out, n);
    const push = gm.mlp.backward(D, judged, n, judged.out.map((t) => gm.gan.slopes[loss](t) / n)).inputs;
    const { gradients } = gm.mlp.backward(G, made, n, push);
    const generator = judged.out.reduce((a, t) => a + (loss === "minimax" ? -softplus(t) : softplus(-t)), 0) / n;
    gm.mlp.adam(G, gradients, memoryG, rateG);
    return { discriminator, generator, penalty };
  },
};

gm.figure("gan_stepper", (box) => {
  const { ink, green, blue, vermilion, paper } = gm.colours;
  const N = 96, SHOWN = 160, REACH = 3.4, CELLS = 60, RADIUS = 2.2, WIDTH = 0.1, ENOUGH = SHOWN / 32;  // a quarter of a cluster's share
  const state = { loss: "non-saturating", gamma: 0.1, rateD: 0.003, rateG: 0.005, seed: 1 };
  const view = gm.canvas(430, 430, "The plane of the game: blue where the discriminator takes a point for data, orange where for a sample; data in black, samples in green with arrows.");
  const numbers = {
    step: gm.number("step"), d: gm.number("loss of D", "", blue), g: gm.number("loss of G", "", green),
    modes: gm.number("clusters covered", "of 8"), good: gm.number("good samples", "%"), r1: gm.number("R1", "", vermilion),
  };
  let players, draws, shown, data, count, losses;

  const ring = (n) => Float64Array.from(Array.from({ length: n }, () => {
    const angle = (Math.floor(draws.uniform() * 8) * Math.PI) / 4;
    return [RADIUS * Math.cos(angle) + WIDTH * draws.normal(), RADIUS * Math.sin(angle) + WIDTH * draws.normal()];
  }).flat());
  const noise = (n) => Float64Array.from({ length: 2 * n }, draws.normal);

  function begin() {
    draws = gm.generator(state.seed);
    players = { G: gm.mlp.network([2, 32, 32, 2], draws.normal), D: gm.mlp.network([2, 32, 32, 1], draws.normal), memoryG: {}, memoryD: {} };
    shown = noise(SHOWN);
    data = ring(300);
    count = 0;
    losses = { discriminator: NaN, generator: NaN, penalty: 0 };
    draw();
  }

  function advance(steps) {
    for (let i = 0; i < steps; i++) {
      losses = gm.gan.step(players, ring(N), noise(N), noise(N), state);
      count += 1;
    }
    draw();
  }

  function draw() {
    const plot = gm.plot(view, { x: [-REACH, REACH], y: [-REACH, REACH], xticks: [-2, 0, 2], yticks: [-2, 0, 2] });
    const { pen } = view, { left, right, top, bottom } = plot.box;
    const centres = gm.range(-REACH + REACH / CELLS, REACH - REACH / CELLS, CELLS);
    const points = Float64Array.from(centres.flatMap((y) => centres.flatMap((x) => [x, -y])));
    const field = gm.mlp.forward(players.D, points, CELLS * CELLS).out;
    const image = gm.element("canvas", { width: CELLS, height: CELLS });
    const pixels = new ImageData(CELLS, CELLS), [white, blues, oranges] = [paper, blue, vermilion].map(gm.rgb);
    field.forEach((logit, i) => {
      const belief = 2 * sigmoid(logit) - 1;
      pixels.data.set([...gm.mix(white, belief > 0 ? blues : oranges, Math.abs(belief) * 0.75), 255], 4 * i);
    });
    image.getContext("2d").putImageData(pixels, 0, 0);
    pen.drawImage(image, left, top, right - left, bottom - top);
    const even = (values, odd) => Array.from(values).filter((_, i) => i % 2 === odd);
    plot.points(even(data, 0), even(data, 1), ink, 1.6, 0.55);

    const made = gm.mlp.forward(players.G, shown, SHOWN).out, judged = gm.mlp.forward(players.D, made, SHOWN);
    const pull = gm.mlp.backward(players.D, judged, SHOWN, judged.out.map(gm.gan.slopes[state.loss])).inputs;
    for (let i = 0; i < SHOWN; i += 2) {
      const [x, y] = [made[2 * i], made[2 * i + 1]], length = Math.hypot(pull[2 * i], pull[2 * i + 1]);
      const long = Math.min(1, 0.25 / Math.max(length, 1e-9));
      plot.line([x, x - 1.6 * long * pull[2 * i]], [y, y - 1.6 * long * pull[2 * i + 1]], ink, { width: 1.1 });
    }
    plot.points(even(made, 0), even(made, 1), green, 3, 0.9);

    // a sample is good within three deviations of a centre; a cluster is covered by a quarter of its share of them
    const hits = new Array(8).fill(0);
    for (let i = 0; i < SHOWN; i++) for (let k = 0; k < 8; k++) {
      const angle = (k * Math.PI) / 4;
      if (Math.hypot(made[2 * i] - RADIUS * Math.cos(angle), made[2 * i + 1] - RADIUS * Math.sin(angle)) < 3 * WIDTH) hits[k] += 1;
    }
    const say = (value) => (Number.isFinite(value) ? value.toFixed(3) : "–");
    numbers.step.set(count);
    numbers.d.set(say(losses.discriminator));
    numbers.g.set(say(losses.generator));
    numbers.r1.set(losses.penalty.toFixed(3));
    numbers.modes.set(hits.filter((n) => n >= ENOUGH).length);
    numbers.good.set(Math.round((100 * hits.reduce((a, b) => a + b, 0)) / SHOWN));
  }

  const film = gm.film(box, 60, () => advance(5)), stop = () => { film.stop(); play.textContent = "Play"; };
  const play = gm.button("Play", () => {
    if (film.runs) { stop(); return; }
    play.textContent = "Pause";
    film.start();
  });
  const kind = gm.button("Loss of G: non-saturating", () => {
    state.loss = state.loss === "minimax" ? "non-saturating" : "minimax";
    kind.textContent = `Loss of G: ${state.loss}`;
    draw();
  });
  const rate = { min: 0.0005, max: 0.01, step: 0.0005, digits: 4 }, sliders = {
    gamma: gm.slider("R1 weight γ", { min: 0, max: 1, step: 0.05, value: state.gamma }, (v) => { state.gamma = v; }),
    rateD: gm.slider("learning rate of D", { ...rate, value: state.rateD }, (v) => { state.rateD = v; }),
    rateG: gm.slider("learning rate of G", { ...rate, value: state.rateG }, (v) => { state.rateG = v; }),
  };
  const again = () => { stop(); begin(); };
  const setting = (name, values) => gm.button(name, () => {
    for (const [key, value] of Object.entries(values)) gm.put(sliders[key], value);
    again();
  });
  gm.frame(box, {
    title: "Train a GAN, step by step",
    row: [view.canvas],
    controls: Object.values(sliders),
    buttons: [
      gm.button("One step", () => advance(1)), gm.button("50 steps", () => advance(50)), play, kind,
      gm.button("Start again", again), gm.button("Other seed", () => { state.seed += 1; again(); }),
      setting("A discriminator that is too slow", { gamma: 0, rateD: 0.0005, rateG: 0.005 }), setting("Balanced", { gamma: 0.1, rateD: 0.003, rateG: 0.005 }),
    ],
    readout: Object.values(numbers).map((each) => each.element),
    help: "Small dots: data, eight clusters on a ring. Green: samples; a line shows where the generator’s loss pulls each. Blue: the discriminator says data; orange: it says sample. A sample is good if it lies within three standard deviations of a cluster’s centre. Choose “A discriminator that is too slow” and play for 600 steps: clusters stay uncovered, and most samples lie between them. “Start again” repeats the same run, “Balanced” goes back.",
    draw: () => { if (players) draw(); else { begin(); advance(60); } }, // so that there is something to see; "Start again" starts at the beginning
  });
}, ["mlp.js"]);
