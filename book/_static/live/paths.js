// Lessons 12 and 13: paths between data and noise in the plane, the exact field of a mixture on them, and a small
// network that learns the field. Points are flat arrays x, y, x, y, …
"use strict";

const TURN = Math.atan(Math.exp(5));

// x_t = α x + σ ε and its derivatives by t, as gmcourse.densities.paths has them
gm.paths = {
  cosine: { alpha: (t) => Math.cos(TURN * t), sigma: (t) => Math.sin(TURN * t), alphaRate: (t) => -TURN * Math.sin(TURN * t), sigmaRate: (t) => TURN * Math.cos(TURN * t) },
  straight: { alpha: (t) => t, sigma: (t) => 1 - t, alphaRate: () => 1, sigmaRate: () => -1 },
};

// An equal mixture of normals of one width.
gm.mixture = (centres, width = 0.16) => ({
  centres, width,
  sample(n, { uniform, normal }) {
    const x = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      const centre = centres[Math.floor(uniform() * centres.length)];
      for (const c of [0, 1]) x[2 * i + c] = centre[c] + width * normal();
    }
    return x;
  },
  // the share of points that lie within two standard deviations of the nearest centre
  near(x) {
    let hits = 0;
    for (let i = 0; i < x.length; i += 2) hits += centres.some(([a, b]) => Math.hypot(x[i] - a, x[i + 1] - b) < 2 * width);
    return (2 * hits) / x.length;
  },
});

// gmcourse.data.toy's two moons: 120 normals
gm.twoMoons = gm.mixture([0, 1].flatMap((lower) => gm.range(0, Math.PI, 60).map((a) => (lower ? [1 - Math.cos(a), 0.5 - Math.sin(a)] : [Math.cos(a), Math.sin(a)]).map((v, i) => 1.6 * (v - [0.5, 0.25][i])))));

// Such a mixture on a path, in closed form: log p_t at one point, and the velocity E[dx_t/dt | x_t] of points.
gm.exact = (path, { centres, width } = gm.twoMoons) => {
  const weights = new Float64Array(centres.length);
  const at = (x, y, t) => {
    const alpha = path.alpha(t), variance = (alpha * width) ** 2 + path.sigma(t) ** 2;
    let top = -Infinity, total = 0, cx = 0, cy = 0;
    centres.forEach(([a, b], k) => {
      weights[k] = -((x - alpha * a) ** 2 + (y - alpha * b) ** 2) / (2 * variance);
      top = Math.max(top, weights[k]);
    });
    centres.forEach(([a, b], k) => {
      const w = Math.exp(weights[k] - top);
      total += w; cx += w * a; cy += w * b;
    });
    return { alpha, variance, log: top + Math.log(total / centres.length / (2 * Math.PI * variance)), centre: [cx / total, cy / total] };
  };
  return {
    logProb: (x, y, t) => at(x, y, t).log,
    velocity(x, t) {
      const rate = path.alphaRate(t), noisy = path.sigma(t) * path.sigmaRate(t), v = new Float64Array(x.length);
      for (let i = 0; i < x.length; i += 2) {
        const { alpha, variance, centre } = at(x[i], x[i + 1], t);
        for (const c of [0, 1]) {
          const pull = (x[i + c] - alpha * centre[c]) / variance;
          v[i + c] = rate * (centre[c] + alpha * width ** 2 * pull) + noisy * pull;
        }
      }
      return v;
    },
  };
};

// Guidance: 1 + w times what is said by a field that was told a class, minus w times what the other says; with w = −1
// the other alone. Of the densities this makes the tilted one, up to a constant.
gm.guided = (told, other, weight) => {
  const mix = (a, b) => (1 + weight()) * a - weight() * b;
  return {
    logProb: (x, y, t) => (weight() === -1 ? other.logProb(x, y, t) : mix(told.logProb(x, y, t), other.logProb(x, y, t))),
    velocity(x, t) {
      const plain = other.velocity(x, t);
      return weight() === -1 ? plain : told.velocity(x, t).map((v, i) => mix(v, plain[i]));
    },
  };
};

// What a velocity says about the two ends: from x_t = α x + σ ε and v = α̇ x + σ̇ ε, the guesses of x and of ε.
gm.ends = (path, x, v, t) => {
  const a = path.alpha(t), s = path.sigma(t), da = path.alphaRate(t), ds = path.sigmaRate(t), whole = a * ds - da * s;
  return { data: x.map((value, i) => (ds * value - s * v[i]) / whole), noise: x.map((value, i) => (a * v[i] - da * value) / whole) };
};

// Waves over the plane in eight directions, and over time: with them a small network soon learns a field with detail.
const WAVES = [2, 4].flatMap((k) => gm.range(0, Math.PI * 7 / 8, 8).map((a) => [k * Math.cos(a), k * Math.sin(a)])), TURNS = [1, 2, 4];
const INPUTS = 2 + 2 * WAVES.length + 2 * TURNS.length, HIDDEN = 48;

// A network of x, y and t that learns the velocity by regression on single pairs; its smoothed weights are used.
// It may begin with the weights of another.
gm.learner = (path, draws, from = null) => {
  const copy = (layers) => layers.map(({ w, b, ...sizes }) => ({ ...sizes, w: w.slice(), b: b.slice() }));
  const layers = from ? copy(from.smooth) : gm.mlp.network([INPUTS, HIDDEN, HIDDEN, 2], draws.normal), smooth = copy(layers), memory = {};
  const told = (x, time) => {
    const input = new Float64Array((INPUTS / 2) * x.length);
    const wave = (j, angle) => { input[j] = Math.cos(angle); input[j + 1] = Math.sin(angle); return j + 2; };
    for (let i = 0, j = 0; 2 * i < x.length; i++) {
      const a = x[2 * i], b = x[2 * i + 1];
      input[j++] = a;
      input[j++] = b;
      for (const [p, q] of WAVES) j = wave(j, p * a + q * b);
      for (const k of TURNS) j = wave(j, (k * time(i) * Math.PI) / 2);
    }
    return input;
  };
  const learner = {
    layers, smooth, steps: 0, told,
    velocity: (x, t) => gm.mlp.forward(smooth, told(x, () => t), x.length / 2).out,
    // the mean squared error of one batch, with its gradients
    loss(data, noise, times) {
      const n = times.length, wanted = new Float64Array(2 * n), x = new Float64Array(2 * n);
      for (let i = 0; i < 2 * n; i++) {
        const t = times[i >> 1];
        x[i] = path.alpha(t) * data[i] + path.sigma(t) * noise[i];
        wanted[i] = path.alphaRate(t) * data[i] + path.sigmaRate(t) * noise[i];
      }
      const run = gm.mlp.forward(layers, told(x, (i) => times[i]), n), error = run.out.map((v, i) => v - wanted[i]);
      return { value: error.reduce((sum, e) => sum + e * e, 0) / n, gradients: gm.mlp.backward(layers, run, n, error.map((e) => (2 * e) / n)).gradients };
    },
    // one step of Adam; the times are denser towards the data, where there is more to learn
    train(data, noise) {
      const n = data.length / 2, start = draws.uniform();
      const times = Array.from({ length: n }, (_, i) => ((start + i / n) % 1) ** 2).map((far) => (path.sigma(1) > 0.5 ? far : 1 - far));
      const { gradients } = learner.loss(data, noise, times);
      gm.mlp.adam(layers, gradients, memory, 0.012 / (1 + learner.steps / 400), 0.9, 0.999);
      learner.steps += 1;
      const old = Math.min(0.98, learner.steps / (learner.steps + 10));
      layers.forEach((layer, k) => {
        for (const key of ["w", "b"]) for (let i = 0; i < layer[key].length; i++) smooth[k][key][i] += (1 - old) * (layer[key][i] - smooth[k][key][i]);
      });
    },
  };
  return learner;
};

// The chain of lesson 12 back from the noise, in so many steps of one length: all its stages. With `normal` each step
// draws noise of the variance β̃ (ancestral sampling), without it none (DDIM).
gm.wayBack = (path, velocity, noise, steps, normal = null) => {
  const stages = [noise];
  for (let i = 0; i < steps; i++) {
    const x = stages[i], t = 1 - i / steps, s = 1 - (i + 1) / steps, ends = gm.ends(path, x, velocity(x, t), t);
    const [alpha, sigma, spread] = [path.alpha(s), path.sigma(s), path.sigma(t)], factor = path.alpha(t) / alpha, added = spread ** 2 - (factor * sigma) ** 2;
    stages.push(x.map((v, j) => (normal
      ? (factor * sigma ** 2 * v + alpha * added * ends.data[j]) / spread ** 2 + Math.sqrt(added) * (sigma / spread) * normal()
      : alpha * ends.data[j] + sigma * ends.noise[j])));
  }
  return stages;
};

// Steps from t = 0 to 1, Euler's or Heun's: where the points are before, between and after them.
gm.follow = (velocity, start, steps, heun = false) => {
  const stages = [start];
  for (let i = 0; i < steps; i++) {
    const x = stages[i], v = velocity(x, i / steps), ahead = x.map((a, j) => a + v[j] / steps), late = heun ? velocity(ahead, (i + 1) / steps) : v;
    stages.push(heun ? x.map((a, j) => a + (v[j] + late[j]) / (2 * steps)) : ahead);
  }
  return stages;
};

// The mean squared difference between the velocity on the way and the whole displacement: 0 if one step is exact.
gm.straightness = (stages) => {
  const steps = stages.length - 1, n = stages[0].length;
  let sum = 0;
  for (let i = 0; i < steps; i++) for (let j = 0; j < n; j++) sum += (steps * (stages[i + 1][j] - stages[i][j]) - (stages[steps][j] - stages[0][j])) ** 2;
  return sum / (steps * n / 2);
};

// A square canvas of the plane, from −reach to reach.
gm.plane = (size, reach, label) => {
  const view = gm.canvas(size, size, label), { pen } = view, CELLS = 64;
  const U = (x) => (size * (x + reach)) / (2 * reach), V = (y) => (size * (reach - y)) / (2 * reach);
  const stroke = (colour, alpha, width, draw) => {
    pen.strokeStyle = colour;
    pen.globalAlpha = alpha;
    pen.lineWidth = width;
    pen.beginPath();
    draw();
    pen.stroke();
    pen.globalAlpha = 1;
  };
  return {
    ...view,
    // where a pointer is
    at(event) {
      const place = view.canvas.getBoundingClientRect(), share = (v, whole) => (2 * v) / whole - 1;
      return [reach * share(event.clientX - place.left, place.width), -reach * share(event.clientY - place.top, place.height)];
    },
    // how dense it is in each cell, from 0 to 1
    shadow(logProb) {
      const logs = Float64Array.from({ length: CELLS ** 2 }, (_, i) => logProb(reach * ((2 * (i % CELLS) + 1) / CELLS - 1), reach * (1 - (2 * Math.floor(i / CELLS) + 1) / CELLS)));
      const top = logs.reduce((a, b) => Math.max(a, b));
      return logs.map((v) => Math.exp((v - top) / 2));
    },
    paint(shadow) {
      const image = new ImageData(CELLS, CELLS), small = gm.element("canvas", { width: CELLS, height: CELLS }), [white, deep] = [gm.colours.paper, gm.colours.blue].map(gm.rgb);
      shadow.forEach((v, i) => image.data.set([...gm.mix(white, deep, 0.5 * v), 255], 4 * i));
      small.getContext("2d").putImageData(image, 0, 0);
      gm.wipe(view);
      pen.imageSmoothingEnabled = true;
      pen.drawImage(small, 0, 0, size, size);
    },
    dots(x, colour, radius, alpha = 1) {
      pen.fillStyle = colour;
      pen.globalAlpha = alpha;
      for (let i = 0; i < x.length; i += 2) { pen.beginPath(); pen.arc(U(x[i]), V(x[i + 1]), radius, 0, 7); pen.fill(); }
      pen.globalAlpha = 1;
    },
    // the ways of the first n points through all stages
    trails: (stages, n, colour, alpha = 0.5, width = 1) => stroke(colour, alpha, width, () => {
      for (let i = 0; i < 2 * n; i += 2) stages.forEach((x, k) => (k ? pen.lineTo(U(x[i]), V(x[i + 1])) : pen.moveTo(U(x[i]), V(x[i + 1]))));
    }),
    // arrows v at points x, drawn `scale` times as long, and never longer than `most` units of the plane
    arrows: (x, v, scale, most, colour, alpha = 1, width = 1.4) => stroke(colour, alpha, width, () => {
      for (let i = 0; i < x.length; i += 2) {
        const length = Math.hypot(v[i], v[i + 1]) * scale, long = (scale * Math.min(1, most / Math.max(length, 1e-9)) * size) / (2 * reach);
        const [u, w, du, dw] = [U(x[i]), V(x[i + 1]), long * v[i], -long * v[i + 1]];
        pen.moveTo(u, w);
        pen.lineTo(u + du, w + dw);
        if (length > most / 5) for (const side of [-1, 1]) { pen.moveTo(u + du, w + dw); pen.lineTo(u + 0.7 * du - side * 0.2 * dw, w + 0.7 * dw + side * 0.2 * du); }
      }
    }),
  };
};
