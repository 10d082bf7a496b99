// Small networks of SiLU that train in the page: values, tangents, gradients written out, Adam.
"use strict";

gm.mlp = {
  // Layers {w: out × in by rows, b}; batches are flat arrays by rows.
  network(sizes, normal) {
    return sizes.slice(1).map((out, i) => ({
      inputs: sizes[i], outputs: out,
      w: Float64Array.from({ length: out * sizes[i] }, () => normal() / Math.sqrt(sizes[i])),
      b: new Float64Array(out),
    }));
  },

  // Values of n inputs and, where a tangent is given, of the directional derivative along it.
  forward(layers, x, n, tangent = null) {
    const kept = [];
    let h = x, t = tangent;
    layers.forEach(({ inputs, outputs, w, b }, number) => {
      const last = number === layers.length - 1;
      const a = new Float64Array(n * outputs), at = t && new Float64Array(n * outputs);
      const out = last ? a : new Float64Array(n * outputs), outT = last ? at : t && new Float64Array(n * outputs);
      const slope = new Float64Array(n * outputs), bend = new Float64Array(n * outputs);
      for (let r = 0, k = 0; r < n; r++) for (let o = 0; o < outputs; o++, k++) {
        const row = o * inputs, from = r * inputs;
        let sum = b[o], sumT = 0;
        for (let i = 0; i < inputs; i++) sum += w[row + i] * h[from + i];
        if (t) for (let i = 0; i < inputs; i++) sumT += w[row + i] * t[from + i];
        a[k] = sum;
        if (at) at[k] = sumT;
        if (last) { slope[k] = 1; continue; }
        // silu(a) = a·s with s = sigmoid(a), its first and its second derivative
        const s = 1 / (1 + Math.exp(-sum));
        out[k] = sum * s;
        slope[k] = s * (1 + sum * (1 - s));
        bend[k] = s * (1 - s) * (2 + sum * (1 - 2 * s));
        if (t) outT[k] = slope[k] * sumT;
      }
      kept.push({ h, t, at, slope, bend });
      h = out; t = outT;
    });
    return { out: h, tangent: t, kept };
  },

  // Gradients of Σ (d · out) + Σ (dt · tangent) for every weight, and for the inputs.
  backward(layers, { kept }, n, d, dt = null) {
    const gradients = [];
    for (let number = layers.length - 1; number >= 0; number--) {
      const { inputs, outputs, w } = layers[number], { h, t, at, slope, bend } = kept[number];
      const gw = new Float64Array(w.length), gb = new Float64Array(outputs);
      const dh = new Float64Array(n * inputs), dht = dt && new Float64Array(n * inputs);
      for (let r = 0, k = 0; r < n; r++) for (let o = 0; o < outputs; o++, k++) {
        const row = o * inputs, from = r * inputs, da = d[k] * slope[k] + (dt ? dt[k] * bend[k] * at[k] : 0);
        gb[o] += da;
        for (let i = 0; i < inputs; i++) {
          gw[row + i] += da * h[from + i];
          dh[from + i] += w[row + i] * da;
        }
        if (!dt) continue;
        const dat = dt[k] * slope[k];
        for (let i = 0; i < inputs; i++) {
          gw[row + i] += dat * t[from + i];
          dht[from + i] += w[row + i] * dat;
        }
      }
      gradients.unshift({ w: gw, b: gb });
      d = dh; dt = dht;
    }
    return { gradients, inputs: d };
  },

  adam(layers, gradients, memory, rate, beta1 = 0.5, beta2 = 0.9) {
    memory.t = (memory.t || 0) + 1;
    layers.forEach((layer, number) => {
      for (const key of ["w", "b"]) {
        const name = key + number, size = layer[key].length;
        memory[name] ||= { m: new Float64Array(size), v: new Float64Array(size) };
        const { m, v } = memory[name], g = gradients[number][key];
        for (let i = 0; i < size; i++) {
          m[i] = beta1 * m[i] + (1 - beta1) * g[i];
          v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
          layer[key][i] -= (rate * (m[i] / (1 - beta1 ** memory.t))) / (Math.sqrt(v[i] / (1 - beta2 ** memory.t)) + 1e-8);
        }
      }
    });
  },
};
