// Lesson 12: noise that is added to two moons or to a reader's own points, and the way back along a field that a small
// network learns in the page.
"use strict";

gm.figure("noise_plane", (box) => {
  const { ink, green, vermilion, grey, paper } = gm.colours;
  const PATH = gm.paths.cosine, REACH = 3.3, SHOWN = 240, TRAILS = 30, BATCH = 128, MOST = 40, APART = 0.3, STEP = 0.2;
  const EMPTY = "Click or touch the plane to set points.";
  const KEYS = "Plane of your own points. Arrow keys move a cross, with shift five times as far; Enter or space sets a point there, Backspace takes the last one away.";
  const { normal } = gm.generator(4), noise = Float64Array.from({ length: 2 * SHOWN }, normal), begin = noise.map(normal);
  const ticks = gm.range(-3, 3, 13), grid = Float64Array.from(ticks.flatMap((y) => ticks.flatMap((x) => [x, y])));
  const state = { t: 0.25, back: true, network: true, random: false, steps: 16, w: -1, own: false };
  const points = [], cross = { x: 0, y: 0, seen: false };
  let mixture, both, exact, data, learner, draws, stages, shadow, shadowAt;

  // the data, and all that follows from them; the class that guidance is told is their upper half
  function take() {
    mixture = state.own ? gm.mixture([...points]) : gm.twoMoons;
    const { centres } = mixture, half = Math.ceil(centres.length / 2), told = state.own ? [...centres].sort((a, b) => b[1] - a[1]) : centres;
    both = gm.exact(PATH, mixture);
    exact = gm.guided(gm.exact(PATH, { ...mixture, centres: told.slice(0, half) }), both, () => state.w);
    shadowAt = "";
    if (empty()) return;
    data = mixture.sample(SHOWN, gm.generator(3));
    usual.set(Math.round(100 * mixture.near(mixture.sample(4000, gm.generator(7)))));
  }
  const empty = () => state.own && !points.length;
  const noised = () => data.map((x, i) => PATH.alpha(state.t) * x + PATH.sigma(state.t) * noise[i]);
  // the score times σ, which is minus the expected noise
  const score = (field, x) => gm.ends(PATH, x, field.velocity(x, state.t), state.t).noise.map((v) => -v);
  const done = () => Math.min(state.steps, Math.floor((1 - state.t) * state.steps + 1e-6));
  const things = () => (state.own ? `your own ${points.length} points` : "the moons");
  const shown = () => (state.w > -1 ? `the tilted density of the upper ${state.own ? "half of your points" : "moon"}, w = ${state.w},` : `the density of ${things()} with noise`);
  const view = gm.plane(430, REACH, () => (state.back
    ? `The plane with ${shown()} at time ${state.t.toFixed(2)}, and samples after ${done()} of ${state.steps} steps back from pure noise.`
    : `The plane with ${shown()} at time ${state.t.toFixed(2)}, and the data with as much noise.`));
  const count = gm.number("training steps"), error = gm.number("error of the network’s arrows", "", vermilion), near = gm.number("samples that end near the data", "%", green), usual = gm.number("new data there", "%");

  function draw() {
    field.show((i) => (i === 1) === state.network);
    chain.show((i) => (i === 1) === state.random);
    chosen.show((i) => (i === 1) === state.own);
    clear.disabled = !state.own;
    count.set(learner.steps);
    if (empty()) drawEmpty();
    else drawAll();
    if (!state.own) return;
    view.dots(points.flat(), paper, 5.5);
    view.dots(points.flat(), ink, 4);
    const { x, y, seen } = cross, arm = 0.2;
    if (seen) for (const [colour, width] of [[paper, 5], [ink, 2]]) view.trails([[x - arm, y, x, y - arm], [x + arm, y, x, y + arm]], 2, colour, 1, width);
  }
  function drawEmpty() {
    gm.wipe(view);
    gm.heading(view, EMPTY);
    for (const each of [error, near, usual]) each.set("–");
  }
  function drawAll() {
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
    error.set(noisy ? `${+((100 * square(off)) / square(truth)).toPrecision(2)} %` : "–");
    near.set(Math.round(100 * mixture.near(stages.at(-1))));
  }
  function again() {
    if (!empty()) stages = gm.wayBack(PATH, state.network ? learner.velocity : exact.velocity, begin, state.steps, state.random ? gm.generator(5).normal : null);
    draw();
  }
  function train(n) {
    if (!empty()) for (let i = 0; i < n; i++) learner.train(mixture.sample(BATCH, draws), Float64Array.from({ length: 2 * BATCH }, draws.normal));
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

  // ---- points of one's own: by mouse, finger or keys ----
  function choose(own) {
    rest();
    state.own = own;
    if (own) state.network = false;  // it has not learned them yet
    view.canvas.setAttribute("role", own ? "application" : "img");
    if (own) view.canvas.setAttribute("tabindex", "0");
    else view.canvas.removeAttribute("tabindex");
    view.canvas.instructions = own ? KEYS : "";
    begun(own ? 0 : 100);
  }
  function begun(steps) {
    take();
    fresh();
    train(steps);
    again();
  }
  function put(point) {
    if (points.length === MOST) return;
    points.push(point.map(inside));
    take();
    again();
  }
  const inside = (v) => Math.min(Math.max(v, -3), 3), isFar = ([x, y]) => !points.length || Math.hypot(x - points.at(-1)[0], y - points.at(-1)[1]) > APART;
  const see = (seen) => { cross.seen = seen; draw(); };
  view.canvas.addEventListener("focus", () => { if (state.own && view.canvas.matches(":focus-visible")) see(true); });
  view.canvas.addEventListener("blur", () => see(false));
  view.canvas.addEventListener("pointerdown", (event) => {
    if (!state.own) return;
    view.canvas.setPointerCapture(event.pointerId);
    cross.seen = false;
    [cross.x, cross.y] = view.at(event).map(inside);
    put(view.at(event));
  });
  view.canvas.addEventListener("pointermove", (event) => { if (state.own && event.buttons && isFar(view.at(event))) put(view.at(event)); });
  view.canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key], by = STEP * (event.shiftKey ? 5 : 1);
    if (!state.own || (!way && !["Enter", " ", "Backspace"].includes(event.key))) return;
    event.preventDefault();
    cross.seen = true;
    if (way) { cross.x = inside(cross.x + by * way[0]); cross.y = inside(cross.y + by * way[1]); draw(); }
    else if (event.key === "Backspace") { points.pop(); take(); again(); }
    else put([cross.x, cross.y]);
  });

  const set = (key, value) => { films.forth.stop(); films.back.stop(); state[key] = value; again(); };
  const time = gm.slider("time t", { min: 0, max: 1, step: 0.01, value: state.t }, (t) => { films.forth.stop(); films.back.stop(); state.t = t; draw(); });
  const learn = gm.button("Train", () => {
    const runs = films.learn.runs;
    rest();
    if (runs) return;
    learn.textContent = "Pause";
    films.learn.start();
  });
  const clear = gm.button("Clear", () => { points.length = 0; choose(true); });
  const chosen = gm.choices("Data", [gm.button("two moons", () => choose(false)), gm.button("your own", () => choose(true))]);
  chosen.element.append(clear);
  const field = gm.choices("Follow", [gm.button("closed form", () => set("network", false)), gm.button("network", () => { gm.place(guidance, -1); state.w = -1; set("network", true); })]);
  // the network does not know the class
  const guidance = gm.slider("guidance w", { min: -1, max: 4, step: 0.5, value: state.w, digits: 1 }, (w) => { if (w > -1) state.network = false; set("w", w); });
  const chain = gm.choices("Chain", [gm.button("DDIM", () => set("random", false)), gm.button("ancestral", () => set("random", true))]);
  gm.frame(box, {
    title: "Noise, and the way back",
    row: [view.canvas],
    choices: [chosen.element, field.element, chain.element],
    controls: [time, gm.slider("steps back", { min: 1, max: 50, step: 1, value: state.steps, digits: 0 }, (steps) => set("steps", steps)), guidance],
    buttons: [
      gm.button("Add noise", () => { rest(); state.back = false; move(0); films.forth.start(); }),
      gm.button("Way back", () => { rest(); state.back = true; move(1); films.back.start(); }),
      gm.button("One step back", () => { rest(); step(); }),
      learn, gm.button("100 steps", () => { rest(); train(100); again(); }), gm.button("Start again", () => { rest(); fresh(); again(); }),
    ],
    readout: [count.element, error.element, near.element, usual.element],
    help: "Blue: the exact density of the noised data at time t. Arrows: the score times σ, grey in closed form, orange by a small network that is trained in your browser. “Add noise” adds noise to the data. “Way back” starts from noise (green) and follows the field that you choose. Press “Start again”: the untrained network brings few samples to the moons. Press “Train”, and watch the orange arrows turn into the grey ones. Then follow the closed form, and compare 1, 4 and 50 steps back, with both chains. Move “guidance w” from −1 (no class) to 0: the closed form is told the upper moon. With larger weights blue is the tilted density, and at time 0 the samples crowd together where it does not. At last choose “your own”, and set up to 40 points by mouse, finger or keys (arrow keys move a cross, Enter sets a point, Backspace takes the last one away): each is the middle of a narrow normal, and the class is their upper half. Set three points far apart: in 50 steps the closed form brings nearly all samples to these three, in one step all of them to one place between. “Clear” takes the points away.",
    draw: () => { if (learner) draw(); else begun(100); },
    says: () => [
      empty() ? EMPTY : `time ${state.t.toFixed(2)}`,
      ...(state.own ? [`${points.length} of at most ${MOST} points`] : []),
      ...(state.own && cross.seen ? [`cross at ${cross.x.toFixed(1)}, ${cross.y.toFixed(1)}`] : []),
      ...(empty() ? [] : [state.back ? `samples after ${done()} of ${state.steps} steps back` : "data with noise"]),
      `${state.network ? "the network" : "the closed form"} leads, ${state.random ? "ancestral" : "DDIM"}${state.w > -1 ? `, guidance ${state.w}` : ""}`,
    ].join("; "),
  });
}, ["mlp.js", "paths.js"]);
