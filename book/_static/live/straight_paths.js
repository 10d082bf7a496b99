// Lesson 13: the paths of a flow from noise to two moons. A small network learns it in the page, and reflow makes it straight.
"use strict";

gm.figure("straight_paths", (box) => {
  const { ink, green, grey, vermilion } = gm.colours;
  const PATH = gm.paths.straight, REACH = 3.3, POINTS = 200, TRAILS = 90, BATCH = 128, PAIRS = 1500, FINE = 32, COUNTS = [1, 2, 4, 8, 32];
  const NAMES = ["closed form", "random pairs", "one reflow", "two reflows"];
  const SOLVERS = ["Euler", "Heun"], exact = gm.exact(PATH), start = Float64Array.from({ length: 2 * POINTS }, gm.generator(4).normal);
  const USUAL = gm.twoMoons.near(gm.twoMoons.sample(4000, gm.generator(7)));
  const state = { t: 1, flow: 0, steps: 32, heun: false, pairs: false };
  let draws, flows, path, straight, shadow;

  // what each flow learns from: noise, and the data at the other end
  const random = (n) => ({ noise: Float64Array.from({ length: 2 * n }, draws.normal), data: gm.twoMoons.sample(n, draws) });
  const reflow = ({ velocity }) => {
    const noise = Float64Array.from({ length: 2 * PAIRS }, draws.normal);
    return { noise, data: gm.follow(velocity, noise, FINE).at(-1) };
  };
  function batch({ noise, data }) {
    const picked = { noise: new Float64Array(2 * BATCH), data: new Float64Array(2 * BATCH) };
    for (let i = 0; i < BATCH; i++) {
      const k = Math.floor(draws.uniform() * PAIRS);
      for (const c of [0, 1]) { picked.noise[2 * i + c] = noise[2 * k + c]; picked.data[2 * i + c] = data[2 * k + c]; }
    }
    return picked;
  }
  const now = () => flows[state.flow];
  const view = gm.plane(430, REACH, () => (state.pairs
    ? `The plane with the moons; straight lines join noise to data, as the flow “${NAMES[state.flow]}” is trained on them.`
    : `The plane with the moons; ${TRAILS} paths from noise in ${state.steps} steps of ${SOLVERS[+state.heun]} for the flow “${NAMES[state.flow]}”, with straightness ${straight.toFixed(2)}; the points stand at time ${state.t.toFixed(2)}.`));
  const count = gm.number("training steps"), bent = gm.number("straightness", "(0: straight)"), near = gm.number("samples near a moon", "%", green), usual = gm.number("data near a moon", "%");

  function draw() {
    shadow ??= view.shadow((x, y) => exact.logProb(x, y, 1));
    view.paint(shadow);
    const { pairs } = now(), ends = state.pairs ? [pairs.noise, pairs.data] : path;
    view.trails(ends, TRAILS, grey, 0.75, 1.2);
    const at = state.t * (ends.length - 1), i = Math.min(Math.floor(at), ends.length - 2);
    view.dots(ends[0].subarray(0, 2 * TRAILS), ink, 1.8, 0.7);
    view.dots(ends[i].subarray(0, 2 * TRAILS).map((x, j) => x + (at - i) * (ends[i + 1][j] - x)), state.pairs ? vermilion : green, 3.4, 0.95);
    gm.heading(view, state.pairs ? "pairs that it is trained on" : state.steps === 1 ? "paths in one step" : `paths in ${state.steps} steps`);
    count.set(now().steps ?? "–");
    bent.set(straight.toFixed(straight < 0.1 ? 3 : 2));
    near.set(Math.round(100 * gm.twoMoons.near(path.at(-1))));
    usual.set(Math.round(100 * USUAL));
    which.show((i) => i === state.flow);
    steps.show((i) => COUNTS[i] === state.steps);
    solver.show((i) => (i === 1) === state.heun);
    NAMES.forEach((_, i) => { buttons[i].hidden = i >= flows.length; });
    reflowing.disabled = flows.length === NAMES.length;
    look.setAttribute("aria-pressed", state.pairs);
  }
  function again() {
    path = gm.follow(now().velocity, start, state.steps, state.heun);
    straight = gm.straightness(state.steps === FINE && !state.heun ? path : gm.follow(now().velocity, start, FINE));
    draw();
  }
  function train(n) {
    const { pairs, learner } = now();
    for (let i = 0; i < n; i++) {
      const { noise, data } = state.flow > 1 ? batch(pairs) : random(BATCH);
      learner.train(data, noise);
    }
  }
  function add(learner, pairs) {
    flows.push({ learner, pairs, velocity: learner.velocity, get steps() { return learner.steps; } });
    state.flow = flows.length - 1;
  }
  function fresh() {
    draws = gm.generator(1);
    flows = [{ velocity: exact.velocity, pairs: random(TRAILS) }];
    add(gm.learner(PATH, draws), random(TRAILS));
  }
  // the next network begins where the last one is, so that one sees its paths become straight
  function once() {
    const last = flows.at(-1);
    add(gm.learner(PATH, draws, last.learner), reflow(last));
    again();
    play();
  }

  const film = gm.film(box, 60, () => {
    train(state.flow > 1 ? 1 : 4);  // a reflow is quick, and worth watching
    again();
    if (now().steps >= (state.flow > 1 ? 300 : 800)) rest();
  });
  const walk = gm.film(box, 40, () => {
    move(state.t + 0.02);
    if (state.t >= 1) rest();
  });
  const rest = () => { film.stop(); walk.stop(); learn.textContent = "Train"; };
  const move = (t) => { state.t = Math.min(1, +t.toFixed(4)); gm.place(time, state.t); draw(); };
  const last = () => { state.flow = flows.length - 1; state.pairs = false; };
  const play = () => {
    rest();
    last();
    learn.textContent = "Pause";
    film.start();
  };
  const set = (key, value) => { if (key === "flow") rest(); state[key] = value; again(); };
  const time = gm.slider("time t", { min: 0, max: 1, step: 0.01, value: state.t }, (t) => { walk.stop(); state.t = t; draw(); });
  const learn = gm.button("Train", () => (film.runs ? rest() : play())), reflowing = gm.button("Reflow", once);
  const look = gm.button("Show the pairs", () => set("pairs", !state.pairs));
  const buttons = NAMES.map((name, i) => gm.button(name, () => set("flow", i)));
  const which = gm.choices("Flow", buttons), steps = gm.choices("Steps", COUNTS.map((n) => gm.button(String(n), () => set("steps", n))));
  const solver = gm.choices("Solver", SOLVERS.map((name, i) => gm.button(name, () => set("heun", i === 1))));
  gm.frame(box, {
    title: "Paths that become straight",
    row: [view.canvas],
    choices: [which.element, steps.element, solver.element],
    controls: [time],
    buttons: [
      learn, gm.button("100 steps", () => { rest(); last(); train(100); again(); }), reflowing, look,
      gm.button("Let them go", () => { rest(); move(0); walk.start(); }), gm.button("Start again", () => { rest(); fresh(); again(); }),
    ],
    readout: [count.element, bent.element, near.element, usual.element],
    help: "Grey: paths from noise (small points) to samples (green), over the density of the moons (blue). Choose “closed form” and one step of Euler: all paths end at the mean of the data. Then choose “Heun”, which asks again at the end of a step: one step of it does not end at the mean. Press “Show the pairs”: their lines cross, because noise and data were drawn independently. Choose 32 steps and press “Train”. Then press “Reflow”: each noise is paired with the sample that it became, and the network goes on with these pairs. Watch the paths become straight; now choose one step. A second reflow changes little.",
    draw: () => { if (flows) draw(); else { fresh(); train(100); again(); } },
    says: () => `flow: ${NAMES[state.flow]}; ${state.pairs ? "its pairs" : `paths in ${state.steps} steps of ${SOLVERS[+state.heun]}`}, points at time ${state.t.toFixed(2)}`,
  });
}, ["mlp.js", "paths.js"]);
