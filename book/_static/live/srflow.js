// Lesson 08: a whole SRFlow in the page, for the figures that ask it.
"use strict";

// ---- the flow, given what the encoder said of a low resolution ----

gm.srflow = (weights) => {
  const LEVELS = weights.described.levels, pixels = (name) => weights.all(name).map((picture) => picture.map((v) => v / 255));
  const highs = pixels("high"), lows = pixels("low"), up = weights.data("up"), down = weights.data("down");
  const [, side] = weights.tensor("high").shape, [, small] = weights.tensor("low").shape;
  const contexts = Array.from({ length: LEVELS }, (_, i) => highs.map((_, face) => weights.tensor(`${i}.context`, face)));

  const rectified = ({ data, shape }) => ({ data: data.map((v) => (v > 0 ? v : 0)), shape });
  // The network of an injector (no part) or of a coupling; what its first convolution says of the context is kept.
  function network(name, k, hasPart) {
    const [ofContext, second, last] = ["of_context", "second", "last"].map((each) => weights.conv(`${name}.${each}`, k));
    const ofPart = hasPart ? weights.conv(`${name}.of_part`, k) : null;
    return (context) => {
      const known = gm.convolve(ofContext, context);
      return (y) => {
        let h = known;
        if (y) {
          const told = gm.convolve(ofPart, { data: y, shape: [ofPart.weight.shape[1], ...context.shape.slice(1)] });
          h = { data: told.data.map((v, j) => v + known.data[j]), shape: known.shape };
        }
        return gm.convolve(last, rectified(gm.convolve(second, rectified(h)))).data;
      };
    };
  }
  // z / s − shift, with raw scales in the first half of what the network says
  const restore = (z, told) => z.map((v, j) => v / (1 / (1 + Math.exp(-told[j] - 2)) + 1e-4) - told[z.length + j]);

  // Both are functions of the context that give a step of gm.flows.
  function injector(level, k) {
    const net = network(`${level}.injector`, k, false);
    return (context) => {
      const told = net(context)();
      return { inverse: (y) => restore(y, told) };
    };
  }
  function coupling(level, k) {
    const net = network(`${level}.coupling`, k, true);
    return (context) => {
      const say = net(context);
      return {
        inverse(y) {
          const x = Float64Array.from(y), a = y.subarray(0, y.length / 2);
          x.set(restore(y.subarray(y.length / 2), say(a)), y.length / 2);
          return x;
        },
      };
    };
  }
  const always = (step) => () => step;

  // A level: mixings alone, then steps of mixing, injector and coupling, then a split if another level follows.
  const all = contexts.map((_, i) => {
    const mixings = weights.count(`${i}.mixing.weight`), alone = mixings - weights.count(`${i}.coupling.last.weight`), steps = [];
    for (let k = 0; k < mixings; k++) {
      steps.push(always(gm.flows.mixing(weights.layer(`${i}.mixing`, k))));
      if (k >= alone) steps.push(injector(i, k - alone), coupling(i, k - alone));
    }
    if (i + 1 < LEVELS) steps.push(always(gm.flows.split(weights.conv(`${i}.split`))));
    return { channels: weights.tensor(`${i}.mixing.weight`).shape[0], steps };
  });
  const context = (face, i) => contexts[i][face];
  const told = (features) => {
    const given = all.map(({ channels, steps }, i) => ({ channels, steps: steps.map((step) => step(features[i])) }));
    return (z) => gm.flows.run(given, Float64Array.from(z), side, false);
  };

  return {
    side, small, context,
    faces: highs.length,
    high: (face) => highs[face],
    low: (face) => lows[face],
    enlarged: (low) => resized(up, low, small, side),
    reduced: (high) => resized(down, high, side, small),
    // One low resolution: whatever sees only its features is computed here, once; the function is z ↦ f⁻¹(z; y).
    given: (face) => told(all.map((_, i) => context(face, i))),
    // the same for features that the page has computed, one {data, shape} a level
    told,
  };

  // M x Mᵀ for each colour; M is (to, from)
  function resized(matrix, x, from, to) {
    const y = new Float64Array(3 * to * to);
    for (let c = 0; c < 3; c++) {
      const wide = new Float64Array(from * to); // (from, to)
      for (let r = 0; r < from; r++) for (let q = 0; q < to; q++) for (let k = 0; k < from; k++) {
        wide[r * to + q] += matrix[q * from + k] * x[(c * from + r) * from + k];
      }
      for (let r = 0; r < to; r++) for (let q = 0; q < to; q++) {
        let sum = 0;
        for (let k = 0; k < from; k++) sum += matrix[r * from + k] * wide[k * to + q];
        y[(c * to + r) * to + q] = sum;
      }
    }
    return gm.cut(y);
  }
};

// ---- the encoder: {data, shape: [3, h, w]} ↦ one {data, shape} a level, as gmcourse.nn.rrdb ----

gm.rrdb = (weights) => {
  const { slope, residual, levels } = weights.described;
  const leaky = ({ data, shape }) => ({ data: data.map((v) => (v > 0 ? v : slope * v)), shape });
  const plus = (x, y, share = 1) => ({ data: x.data.map((v, i) => v + share * y.data[i]), shape: x.shape });
  const conv = (name, k) => { const known = weights.conv(name, k); return (x) => gm.convolve(known, x); };
  const dense = Array.from({ length: weights.count("dense.0.weight") }, (_, k) => {
    const convs = [0, 1, 2, 3, 4].map((i) => conv(`dense.${i}`, k));
    return (x) => {
      let parts = x;
      for (const each of convs.slice(0, 4)) {
        const more = leaky(each(parts)), data = new Float64Array(parts.data.length + more.data.length);
        data.set(parts.data);
        data.set(more.data, parts.data.length);
        parts = { data, shape: [parts.shape[0] + more.shape[0], ...x.shape.slice(1)] };
      }
      return plus(x, convs[4](parts), residual);
    };
  });
  const first = conv("first"), after = conv("after"), ups = Array.from({ length: weights.count("up.weight") }, (_, k) => conv("up", k));
  // twice as large by repeating pixels, or half as large by their mean
  const sized = ({ data, shape: [C, H, W] }, h, f) => ({ data: Float64Array.from({ length: C * h * h }, (_, i) => f(data, Math.floor(i / (h * h)) * H * W, Math.floor(i / h) % h, i % h, W)), shape: [C, h, h] });
  const doubled = (x) => sized(x, 2 * x.shape[1], (data, at, r, q, W) => data[at + (r >> 1) * W + (q >> 1)]);
  const halved = (x) => sized(x, x.shape[1] / 2, (data, at, r, q, W) => [0, 1, W, W + 1].reduce((sum, d) => sum + data[at + 2 * r * W + 2 * q + d] / 4, 0));
  return (low) => {
    const start = first(low);
    let h = start;
    for (let k = 0; k < dense.length; k += 3) h = plus(h, [0, 1, 2].reduce((x, i) => dense[k + i](x), h), residual);
    const found = [plus(start, after(h))];
    for (const up of ups) found.unshift(leaky(up(doubled(found[0]))));
    for (let small = found.at(-1); found.length < levels;) found.push((small = halved(small)));
    return found;
  };
};

gm.cut = (x) => x.map((v) => Math.min(Math.max(v, 0), 1));
gm.decibels = (x, y) => -10 * Math.log10(x.reduce((total, v, i) => total + (v - y[i]) ** 2, 0) / x.length);

// Of several pictures: their mean, and at each pixel the standard deviation (of n, not n − 1), averaged over colours.
gm.meanAndSpread = (pictures) => {
  const mean = pictures[0].map((_, i) => pictures.reduce((total, x) => total + x[i], 0) / pictures.length);
  const deviation = mean.map((m, i) => Math.sqrt(pictures.reduce((total, x) => total + (x[i] - m) ** 2, 0) / pictures.length));
  const area = mean.length / 3;
  return { mean, spread: deviation.subarray(0, area).map((v, i) => (v + deviation[area + i] + deviation[2 * area + i]) / 3) };
};
