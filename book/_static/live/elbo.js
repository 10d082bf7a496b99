// Lesson 04: the bound, its gap and the truth, in a model small enough to know all three:
// z ~ N(0, 1), x|z ~ N(w z, s²), so that evidence and posterior have closed forms.
"use strict";

gm.elbo = {
  W: 1.5,
  S2: 0.36,
  evidence: (x) => gm.logNormal(x, 0, gm.elbo.W ** 2 + gm.elbo.S2),
  posterior(x) {
    const precision = gm.elbo.W ** 2 + gm.elbo.S2;
    return { mean: (gm.elbo.W * x) / precision, variance: gm.elbo.S2 / precision };
  },
  // E_q[log p(x|z)] for q = N(mean, exp(logVar)), exactly
  reconstruction: (x, mean, logVar) =>
    gm.logNormal(x, gm.elbo.W * mean, gm.elbo.S2) - (gm.elbo.W ** 2 * Math.exp(logVar)) / (2 * gm.elbo.S2),
  price: (mean, logVar) => 0.5 * (mean ** 2 + Math.exp(logVar) - 1 - logVar),
  bound: (x, mean, logVar) => gm.elbo.reconstruction(x, mean, logVar) - gm.elbo.price(mean, logVar),
};

gm.figure("elbo", (box) => {
  const { blue, grey, orange, vermilion, green, ink } = gm.colours;
  const DRAWS = 500;
  const state = { x: 2, mean: 0, logVar: 0, seed: 1 };
  const left = gm.canvas(380, 250, () => {
    const { mean, variance } = gm.elbo.posterior(state.x), normal = (m, s) => `mean ${m.toFixed(2)} and standard deviation ${s.toFixed(2)}`;
    return `The true posterior of z given x, with ${normal(mean, Math.sqrt(variance))}, and q, with ${normal(state.mean, Math.exp(state.logVar / 2))}.`;
  });
  const right = gm.canvas(380, 250, () => {
    const truth = gm.elbo.evidence(state.x), bound = gm.elbo.bound(state.x, state.mean, state.logVar);
    return `Bars in nats: the log evidence, ${truth.toFixed(2)}, the bound below it, ${bound.toFixed(2)}, and the gap between them, ${(truth - bound).toFixed(2)}.`;
  });
  const numbers = {
    truth: gm.number("log p(x)", "", blue), bound: gm.number("ELBO", "", orange),
    gap: gm.number("gap", "nats", vermilion), sampled: gm.number(`ELBO from ${DRAWS} draws`),
  };
  const zs = gm.range(-4, 4, 401);

  function draw() {
    const { x, mean, logVar } = state, post = gm.elbo.posterior(x);
    const truth = gm.elbo.evidence(x), bound = gm.elbo.bound(x, mean, logVar);
    const q = zs.map((z) => Math.exp(gm.logNormal(z, mean, Math.exp(logVar))));
    const p = zs.map((z) => Math.exp(gm.logNormal(z, post.mean, post.variance)));
    const top = Math.max(...p, ...q) * 1.12;
    const densities = gm.plot(left, { x: [-4, 4], y: [0, top], xlabel: "z", ylabel: "density", xticks: [-4, -2, 0, 2, 4], yticks: [0, 1] });
    densities.fill(zs, p, grey);
    densities.line(zs, q, blue);
    densities.text("posterior p(z|x)", -3.8, top * 0.9, grey);
    densities.text("q(z|x)", -3.8, top * 0.8, blue);

    const floor = Math.min(-8, Math.floor(bound) - 1);  // the bars are never cut
    const bars = gm.plot(right, { x: [0, 3], y: [floor, 0], ylabel: "nats", yticks: [0, Math.round(floor / 2), floor] });
    const bar = (at, from, to, colour, alpha) => bars.fill([at, at, at + 0.7, at + 0.7], [from, to, to, from], colour, alpha);
    bar(0.15, 0, truth, blue, 0.75);
    bar(1.15, 0, truth, blue, 0.15);
    bars.line([1.15, 1.85], [bound, bound], orange, { width: 3 });
    bars.line([0.15, 2.85], [truth, truth], ink, { width: 1, dash: [5, 4] });
    const { pen } = right;
    pen.fillStyle = orange;
    pen.globalAlpha = 0.75;
    pen.fillRect(bars.X(1.15), bars.Y(0), bars.X(1.85) - bars.X(1.15), bars.Y(bound) - bars.Y(0));
    pen.fillStyle = vermilion;
    pen.fillRect(bars.X(2.15), bars.Y(truth), bars.X(2.85) - bars.X(2.15), bars.Y(bound) - bars.Y(truth));
    pen.globalAlpha = 1;
    for (const [name, at] of [["log p(x)", 0.5], ["ELBO", 1.5], ["gap", 2.5]]) {
      pen.fillStyle = ink;
      pen.textAlign = "center";
      pen.fillText(name, bars.X(at), bars.box.bottom + right.letter(18));
    }

    const { normal } = gm.generator(state.seed), deviation = Math.exp(logVar / 2);
    const weights = Array.from({ length: DRAWS }, () => {
      const z = mean + deviation * normal();
      return gm.logNormal(x, gm.elbo.W * z, gm.elbo.S2) + gm.logNormal(z, 0, 1) - gm.logNormal(z, mean, Math.exp(logVar));
    });
    const [estimate, error] = gm.meanAndError(weights);
    numbers.truth.set(truth.toFixed(3));
    numbers.bound.set(bound.toFixed(3));
    numbers.gap.set((truth - bound).toFixed(3));
    numbers.sampled.set(`${estimate.toFixed(2)} ± ${error.toFixed(2)}`);
    gm.elbo.lowest = floor;
  }

  const sliders = {
    x: gm.slider("observation x", { min: -4, max: 4, step: 0.1, value: state.x, digits: 1 }, (v) => { state.x = v; draw(); }),
    mean: gm.slider("mean of q", { min: -3, max: 3, step: 0.05, value: state.mean }, (v) => { state.mean = v; draw(); }),
    logVar: gm.slider("log-variance of q", { min: -4, max: 2, step: 0.05, value: state.logVar }, (v) => { state.logVar = v; draw(); }),
  };
  const jump = () => {
    const post = gm.elbo.posterior(state.x);
    for (const [key, value] of [["mean", post.mean], ["logVar", Math.log(post.variance)]]) {
      gm.put(sliders[key], value);
      state[key] = value;  // the slider has a step, the posterior has none
    }
    draw();
  };
  gm.frame(box, {
    title: "Raise the bound",
    row: [left.canvas, right.canvas],
    controls: Object.values(sliders),
    buttons: [gm.button("Set q to the posterior", jump), gm.button("Draw again", () => { state.seed += 1; draw(); })],
    readout: Object.values(numbers).map((each) => each.element),
    help: "The model: z ~ N(0, 1), x|z ~ N(1.5 z, 0.36). Fit q to the posterior with the sliders and watch the gap close. At the posterior every draw gives the same number: the estimate has no error left.",
    draw,
    says: () => `x is ${state.x.toFixed(1)}`,
  });
});
