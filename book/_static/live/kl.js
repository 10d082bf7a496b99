// Lesson 04: two normals, and the KL divergence between them in closed form and by Monte Carlo.
"use strict";

gm.kl = {
  // KL(N(mean, exp(logVar)) ‖ N(0, 1)) in nats
  closedForm: (mean, logVar) => 0.5 * (mean ** 2 + Math.exp(logVar) - 1 - logVar),
  logRatio: (z, mean, logVar) => gm.logNormal(z, mean, Math.exp(logVar)) - gm.logNormal(z, 0, 1),
};

gm.figure("kl", (box) => {
  const { blue, grey, vermilion, green } = gm.colours;
  const DRAWS = 500;
  const state = { mean: 1, logVar: -1.4, seed: 1 };
  const left = gm.canvas(380, 250, () => `The densities of q, ${shape()}, and of the standard normal prior.`);
  const right = gm.canvas(380, 250, () => `The integrand of the KL divergence, from ${reach(-1)} to ${reach(1)}: positive parts add, negative parts take away.`);
  const shape = () => `with mean ${state.mean.toFixed(1)} and standard deviation ${Math.exp(state.logVar / 2).toFixed(2)}`;
  // four deviations on both sides of both normals: what is summed is what is drawn
  const reach = (side) => side * Math.ceil(Math.max(5, side * state.mean + 4 * Math.exp(state.logVar / 2)));
  const exact = gm.number("KL(q‖p)", "nats"), sampled = gm.number(`from ${DRAWS} draws`, "nats");
  function draw() {
    const { mean, logVar } = state, deviation = Math.exp(logVar / 2), x = [reach(-1), reach(1)], xs = gm.range(...x, 801);
    const xticks = gm.range(-12, 12, x[1] - x[0] > 14 ? 7 : 13).filter((tick) => tick >= x[0] && tick <= x[1]);
    const q = xs.map((z) => Math.exp(gm.logNormal(z, mean, Math.exp(logVar))));
    const p = xs.map((z) => Math.exp(gm.logNormal(z, 0, 1)));
    const { normal } = gm.generator(state.seed);
    const draws = Array.from({ length: DRAWS }, () => mean + deviation * normal());

    const top = Math.max(0.9, Math.max(...q) * 1.1);
    const densities = gm.plot(left, { x, y: [0, top], xlabel: "z", ylabel: "density", xticks, yticks: top > 2 ? [0, 1, 2, 3] : [0, 0.5, 1] });
    densities.fill(xs, p, grey);
    densities.line(xs, q, blue);
    densities.points(draws.slice(0, 80), draws.slice(0, 80).map(() => top * 0.015), blue, 2, 0.5);
    densities.text("prior p", x[0] + 0.2, top * 0.9, grey);
    densities.text("q", x[0] + 0.2, top * 0.8, blue);

    const parts = xs.map((z, i) => q[i] * gm.kl.logRatio(z, mean, logVar));
    const low = Math.min(-0.25, Math.min(...parts) * 1.15), high = Math.max(1, Math.max(...parts) * 1.15);
    const integrand = gm.plot(right, { x, y: [low, high], xlabel: "z", ylabel: "q · log(q/p)", xticks, yticks: [0, +(high / 2).toFixed(high > 2 ? 0 : 1)] });
    integrand.fill(xs, parts.map((v) => Math.max(v, 0)), vermilion, 0.5);
    integrand.fill(xs, parts.map((v) => Math.min(v, 0)), green, 0.5);
    integrand.text("adds", x[0] + 0.2, high * 0.9, vermilion);
    integrand.text("takes away", x[0] + 0.2, high * 0.78, green);

    exact.set(gm.kl.closedForm(mean, logVar).toFixed(3));
    const [estimate, error] = gm.meanAndError(draws.map((z) => gm.kl.logRatio(z, mean, logVar)));
    sampled.set(`${estimate.toFixed(3)} ± ${error.toFixed(3)}`);
    gm.kl.drawn = parts.reduce((a, b) => a + b, 0) * (xs[1] - xs[0]);
  }

  gm.frame(box, {
    title: "How far is q from the prior?",
    row: [left.canvas, right.canvas],
    controls: [
      gm.slider("mean μ of q", { min: -3, max: 3, step: 0.1, value: state.mean, digits: 1 }, (v) => { state.mean = v; draw(); }),
      gm.slider("log-variance log σ² of q", { min: -4, max: 2, step: 0.1, value: state.logVar, digits: 1 }, (v) => { state.logVar = v; draw(); }),
    ],
    buttons: [gm.button("Draw again", () => { state.seed += 1; draw(); })],
    readout: [exact.element, sampled.element],
    help: "Move the sliders with mouse, finger or arrow keys. The dots are draws from q; their mean log-ratio estimates the KL.",
    draw,
    says: () => `q has ${shape().slice(5)}`,
  });
});
