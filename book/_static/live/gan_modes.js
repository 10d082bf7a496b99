// Lesson 02: GANs on 25 Gaussians along their trainings, which were recorded. Samples glide from moment to moment.
"use strict";

gm.ganModes = (weights) => {
  const { moments, counted, setups } = weights.described, points = weights.all("points"), counts = weights.all("counts"), ends = weights.all("ends");
  const drawn = points[0].length / moments.length / 2, centres = [-4, -2, 0, 2, 4].flatMap((x) => [-4, -2, 0, 2, 4].map((y) => [x, y]));
  const at = (k, moment) => Array.from(counts[k].subarray(25 * moment, 25 * (moment + 1)));
  const hit = (good, need) => good.filter((n) => n >= need).length;  // gmcourse.metrics.diversity has need = 1
  let from = 0;
  return {
    moments, counted, setups, centres, drawn, at,
    modes: (k, moment, need = 1) => hit(at(k, moment), need),
    good: (k, moment) => at(k, moment).reduce((a, b) => a + b, 0) / counted,
    // how many modes each run of a set-up has hit in the end
    ends: setups.map(({ runs }) => ends.slice(from, (from += runs))).map((all) => (need = 1) => all.map((good) => hit(Array.from(good), need))),
    // samples at a moment, or between two
    samples(k, time) {
      const now = Math.min(Math.floor(time), moments.length - 2), t = time - now, size = 2 * drawn;
      return Array.from({ length: drawn }, (_, i) => [0, 1].map((d) => {
        const place = now * size + 2 * i + d;
        return (1 - t) * points[k][place] + t * points[k][place + size];
      }));
    },
  };
};

gm.figure("gan_modes", (box) => {
  const all = gm.ganModes(gm.weights("gan_modes")), { setups, moments, centres } = all, LAST = moments.length - 1, FAIR = all.counted / 25;
  const { ink, green, blue, grey, vermilion } = gm.colours, state = { setup: setups.length - 1, time: 11, need: 1 };
  const now = () => Math.floor(state.time), name = () => setups[state.setup].name, modes = (k = state.setup) => all.modes(k, now(), state.need);
  const view = gm.canvas(430, 430, () => `The plane: 25 rings on a grid, ${modes()} of them with a green disc that grows with their good samples; ${all.drawn} samples as green dots.`);
  const chart = gm.canvas(430, 430, () => `Modes hit by training step: a curve for ${name()}, in grey the other set-ups, and at the right edge a dot for each seed: ${all.ends[state.setup](state.need).join(", ")}.`);
  const numbers = { step: gm.number("training step"), modes: gm.number("modes hit", "of 25", vermilion), good: gm.number("good samples", "%", green) };

  function draw() {
    const plane = gm.plot(view, { x: [-5, 5], y: [-5, 5], xticks: [-4, -2, 0, 2, 4], yticks: [-4, -2, 0, 2, 4] });
    const { pen } = view, unit = plane.X(1) - plane.X(0), good = all.at(state.setup, now());
    centres.forEach(([x, y], i) => {
      const full = good[i] >= state.need, disc = (radius, paint) => { pen.beginPath(); pen.arc(plane.X(x), plane.Y(y), radius * unit, 0, 7); pen[paint](); };
      pen.globalAlpha = 0.4;
      pen.fillStyle = green;
      disc(0.7 * Math.sqrt(Math.min(1, good[i] / FAIR)), "fill");
      pen.globalAlpha = full ? 1 : 0.45;
      pen.strokeStyle = full ? blue : grey;
      pen.lineWidth = full ? 2.4 : 1.2;
      disc(0.7, "stroke");
    });
    pen.globalAlpha = 1;
    const samples = all.samples(state.setup, state.time);
    plane.points(samples.map(([x]) => x), samples.map(([, y]) => y), green, 2.4, 0.9);

    const plot = gm.plot(chart, { x: [-60, 3300], y: [0, 26], xticks: [0, 1500, 3000], yticks: [0, 5, 10, 15, 20, 25], xlabel: "training step", ylabel: "modes hit" });
    const curve = (k, colour, width) => plot.line(moments, moments.map((_, m) => all.modes(k, m, state.need)), colour, { width });
    setups.forEach((_, k) => { if (k !== state.setup) curve(k, grey, 0.9); });
    curve(state.setup, vermilion, 2.5);
    const ends = all.ends[state.setup](state.need);
    plot.points(ends.map(() => 3000), ends, vermilion, 4.5, 0.55);
    plot.points([moments[now()]], [modes()], ink, 6, 1);
    numbers.step.set(moments[now()]);
    numbers.modes.set(modes());
    numbers.good.set((100 * all.good(state.setup, now())).toFixed(1));
    choice.show((i) => i === state.setup);
  }

  const go = (time) => { state.time = time; gm.place(moment, now()); draw(); };
  const film = gm.film(box, 60, () => { go(Math.min(LAST, state.time + 0.1)); if (state.time >= LAST) stop(); });
  const stop = () => { film.stop(); play.textContent = "Play"; };
  const play = gm.button("Play", () => {
    if (film.runs) { stop(); return; }
    if (state.time >= LAST) go(0);
    play.textContent = "Pause";
    film.start();
  });
  const choice = gm.choices("Set-up", setups.map(({ name: each }, k) => gm.button(each, () => { state.setup = k; draw(); })));
  const moment = gm.slider("recorded moment", { min: 0, max: LAST, step: 1, value: state.time, digits: 0 }, (m) => { stop(); go(m); });
  gm.frame(box, {
    title: "25 modes, filling up",
    row: [view.canvas, chart.canvas],
    choices: [choice.element],
    controls: [moment, gm.slider("good samples that a mode needs", { min: 1, max: 50, step: 1, value: 1, digits: 0 }, (n) => { state.need = n; draw(); })],
    buttons: [play, gm.button("Start again", () => { stop(); go(0); }), gm.button("To the end", () => { stop(); go(LAST); })],
    readout: Object.values(numbers).map((each) => each.element),
    help: `Rings: the modes. A sample is good within three standard deviations, 0.15, of a centre; a ring is full with 100 good ones of ${all.counted.toLocaleString("en")}, its fair share. Green dots: ${all.drawn} of the samples of one recorded run; between the ${moments.length} moments they glide. On the right, modes hit: the run (orange), other set-ups (grey), and a dot for where each seed ends. Press “Start again” and “Play”, and watch the modes fill up. Choose “baseline” and press “To the end”: two modes are left. Choose “Wasserstein”, and let a mode need 20 good samples: its modes were hit by chance, most of those of R1 were not.`,
    draw,
    says: () => name(),
  });
}, ["weights/gan_modes.js"]);
