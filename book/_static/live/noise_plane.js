// Lesson 12: noise that is added to two moons, and the way back along a field that a small network learns in the page.
"use strict";

gm.figure("noise_plane", (box) => {
  const { ink, green, vermilion, grey } = gm.colours;
  const PATH = gm.paths.cosine, REACH = 3.3, SHOWN = 240, TRAILS = 30, BATCH = 128;
  const both = gm.exact(PATH), upper = gm.exact(PATH, { ...gm.twoMoons, centres: gm.twoMoons.centres.slice(0, 60) });
  const exact = gm.guided(upper, both, () => state.w), data = gm.twoMoons.sample(SHOWN, gm.generator(3)), { normal } = gm.generator(4);
  const noise = data.map(normal), begin = data.map(normal);
  const ticks = gm.range(-3, 3, 13), grid = Float64Array.from(ticks.flatMap((y) => ticks.flatMap((x) => [x, y])));
  const USUAL = gm.twoMoons.near(gm.twoMoons.sample(4000, gm.generator(7)));
  const state = { t: 0.25, back: true, network: true, random: false, steps: 16, w: -1 };
  let learner, draws, stages, shadow, shadowAt;

  const noised = () => data.map((x, i) => PATH.alpha(state.t) * x + PATH.sigma(state.t) * noise[i]);
  // the score times σ, which is minus the expected noise
  const score = (field, x) => gm.ends(PATH, x, field.velocity(x, state.t), state.t).noise.map((v) => -v);
  const done = () => Math.min(state.steps, Math.floor((1 - state.t) * state.steps + 1e-6));
  const shown = () => (state.w > -1 ? `the tilted density of the upper moon, w = ${state.w},` : "the density of the noised moons");
  const view = gm.plane(430, REACH, () => (state.back
    ? `The plane with ${shown()} at time ${state.t.toFixed(2)}, and samples after ${done()} of ${state.steps} steps back from pure noise.`
    : `The plane with ${shown()} at time ${state.t.toFixed(2)}, and the data with as much noise.`));
  const count = gm.number("training steps"), error = gm.number("error of the network’s arrows", "", vermilion), near = gm.number("samples that end near a moon", "%", green), usual = gm.number("data near a moon", "%");

  function draw() {
    const now = `${state.t} ${state.w}`;
    if (shadowAt !== now) { shadow = view.shadow((x, y) => exact.logProb(x, y, state.t)); shadowAt = now; }
    view.paint(shadow);
    const noisy = state.t > 0.005;  // without noise there is nothing to point at
    if (noisy) {
      view.arrows(grid, score(exact, grid), 0.2, 0.42, grey, 0.9);
      view.arrows(grid, score(learner, grid), 0.2, 0.42, vermilion, 1, 1.8);
    }
    if (state.back) {
      view.trails(stages.slice(0, done() + 1), TRAILS, green);
      view.dots(stages[done()], green, 3, 0.9);
    } else view.dots(noised(), ink, 2.5, 0.7);
    gm.heading(view, state.back ? `samples, step ${done()} of ${state.steps} back` : `data with noise, t = ${state.t.toFixed(2)}`);

    const at = noised(), truth = score(both, at), off = score(learner, at).map((v, i) => v - truth[i]), square = (v) => v.reduce((sum, each) => sum + each * each, 0);
    count.set(learner.steps);
    error.set(noisy ? `${+((100 * square(off)) / square(truth)).toPrecision(2)} %` : "–");
    near.set(Math.round(100 * gm.twoMoons.near(stages.at(-1))));
    usual.set(Math.round(100 * USUAL));
    field.show((i) => (i === 1) === state.network);
    chain.show((i) => (i === 1) === state.random);
  }
  function again() {
    stages = gm.wayBack(PATH, state.network ? learner.velocity : exact.velocity, begin, state.steps, state.random ? gm.generator(5).normal : null);
    draw();
  }
  function train(n) {
    for (let i = 0; i < n; i++) learner.train(gm.twoMoons.sample(BATCH, draws), Float64Array.from({ length: 2 * BATCH }, draws.normal));
  }
  function fresh() {
    draws = gm.generator(1);
    learner = gm.learner(PATH, draws);
  }

  // three films: the network learns, the data are noised, the samples go back
  const films = { learn: gm.film(box, 60, () => { train(4); again(); if (learner.steps >= 2000) rest(); }), forth: gm.film(box, 50, () => walk(0.02)), back: gm.film(box, 120, () => step()) };
  const rest = () => { for (const film of Object.values(films)) film.stop(); learn.textContent = "Train"; };
  const move = (t) => { state.t = Math.min(1, Math.max(0, +t.toFixed(4))); gm.place(time, state.t); draw(); };
  function walk(by) {
    if (state.t >= 1) rest();
    else move(state.t + by);
  }
  function step() {
    if (!state.back || state.t <= 0) { state.back = true; move(1); }
    else move(1 - (done() + 1) / state.steps);
    if (state.t <= 0) rest();
  }
  const set = (key, value) => { films.forth.stop(); films.back.stop(); state[key] = value; again(); };
  const time = gm.slider("time t", { min: 0, max: 1, step: 0.01, value: state.t }, (t) => { films.forth.stop(); films.back.stop(); state.t = t; draw(); });
  const learn = gm.button("Train", () => {
    const runs = films.learn.runs;
    rest();
    if (runs) return;
    learn.textContent = "Pause";
    films.learn.start();
  });
  const field = gm.choices("Follow", [gm.button("closed form", () => set("network", false)), gm.button("network", () => { gm.place(guidance, -1); state.w = -1; set("network", true); })]);
  // the network does not know the class
  const guidance = gm.slider("guidance w", { min: -1, max: 4, step: 0.5, value: state.w, digits: 1 }, (w) => { if (w > -1) state.network = false; set("w", w); });
  const chain = gm.choices("Chain", [gm.button("DDIM", () => set("random", false)), gm.button("ancestral", () => set("random", true))]);
  gm.frame(box, {
    title: "Noise, and the way back",
    row: [view.canvas],
    choices: [field.element, chain.element],
    controls: [time, gm.slider("steps back", { min: 1, max: 50, step: 1, value: state.steps, digits: 0 }, (steps) => set("steps", steps)), guidance],
    buttons: [
      gm.button("Add noise", () => { rest(); state.back = false; move(0); films.forth.start(); }),
      gm.button("Way back", () => { rest(); state.back = true; move(1); films.back.start(); }),
      gm.button("One step back", () => { rest(); step(); }),
      learn, gm.button("100 steps", () => { rest(); train(100); again(); }), gm.button("Start again", () => { rest(); fresh(); again(); }),
    ],
    readout: [count.element, error.element, near.element, usual.element],
    help: "Blue: the exact density of the noised moons at time t. Arrows: the score times σ, grey in closed form, orange by a small network that is trained in your browser. “Add noise” adds noise to the data. “Way back” starts from noise (green) and follows the field that you choose. Press “Start again”: the untrained network brings few samples to the moons. Press “Train”, and watch the orange arrows turn into the grey ones. Then follow the closed form, and compare 1, 4 and 50 steps back, with both chains. At last move “guidance w” from −1 (no class) to 0: the closed form is told the upper moon. With larger weights blue is the tilted density, and at time 0 the samples crowd together where it does not.",
    draw: () => { if (learner) draw(); else { fresh(); train(100); again(); } },
    says: () => `time ${state.t.toFixed(2)}; ${state.back ? `samples after ${done()} of ${state.steps} steps back` : "data with noise"}; ${state.network ? "the network" : "the closed form"} leads, ${state.random ? "ancestral" : "DDIM"}${state.w > -1 ? `, guidance ${state.w}` : ""}`,
  });
}, ["mlp.js", "paths.js"]);
