// What the flows on pictures share (lessons 07 and 08): levels, 1×1 convolutions, splits. A step of a level has
// inverse(y, side, sum), and forward where a figure needs it; y is (channels, side, side) in Float64Array, and
// sum.logDet collects log |det ∂z/∂x| in both directions. Numbers as in gmcourse.flows.multiscale.
"use strict";

gm.flows = {
  // One direction through levels [{channels, steps}] of a picture (channels / 4, side, side).
  run([{ channels, steps }, ...rest], x, side, forward, sum = { logDet: 0 }) {
    let y = gm.flows.squeeze(x, channels / 4, side);
    const half = side / 2;
    const below = () => {
      if (rest.length) y.set(gm.flows.run(rest, y.slice(0, y.length / 2), half, forward, sum));
    };
    if (forward) {
      for (const step of steps) y = step.forward(y, half, sum);
      below();
    } else {
      below();
      for (const step of [...steps].reverse()) y = step.inverse(y, half, sum);
    }
    return gm.flows.unsqueeze(y, channels / 4, side);
  },

  // Pixels of each 2×2 block, there as four channels, here as a block; side is that of the large picture.
  rearrange(x, channels, side, put) {
    const y = new Float64Array(x.length), half = side / 2;
    for (let c = 0; c < channels; c++) for (let r = 0; r < side; r++) for (let q = 0; q < side; q++) {
      put(y, x, ((c * 4 + (r % 2) * 2 + (q % 2)) * half + (r >> 1)) * half + (q >> 1), (c * side + r) * side + q);
    }
    return y;
  },
  squeeze: (x, channels, side) => gm.flows.rearrange(x, channels, side, (y, x, there, here) => { y[there] = x[here]; }),
  unsqueeze: (x, channels, side) => gm.flows.rearrange(x, channels, side, (y, x, there, here) => { y[here] = x[there]; }),

  // M (x − before) + after, at every position
  mix(matrix, x, channels, area, before, after) {
    const y = new Float64Array(x.length);
    for (let o = 0; o < channels; o++) {
      if (after) y.fill(after[o], o * area, (o + 1) * area);
      for (let c = 0; c < channels; c++) {
        const w = matrix[o * channels + c], shift = before ? before[c] : 0;
        for (let j = 0; j < area; j++) y[o * area + j] += w * (x[c * area + j] - shift);
      }
    }
    return y;
  },

  // An actnorm with its 1×1 convolution, z = M x + bias at every position.
  mixing({ weight: { data: matrix, shape: [channels] }, bias }) {
    const { inverse, logDet } = gm.flows.invert(matrix, channels);
    return {
      forward(y, side, sum) {
        sum.logDet += side * side * logDet;
        return gm.flows.mix(matrix, y, channels, side * side, null, bias);
      },
      inverse(y, side, sum) {
        sum.logDet += side * side * logDet;
        return gm.flows.mix(inverse, y, channels, side * side, bias, null);
      },
    };
  },

  // The half that leaves a level is standardised given the half that goes on: z = (b + shift) exp(raw).
  split(conv) {
    const told = (y, side, sum) => {
      const out = gm.convolve(conv, { data: y.subarray(0, y.length / 2), shape: [conv.weight.shape[1], side, side] }).data;
      for (let j = 0; j < y.length / 2; j++) sum.logDet += out[j];
      return out;
    };
    return {
      forward(y, side, sum) {
        const out = told(y, side, sum);
        return y.map((v, j) => (j < y.length / 2 ? v : (v + out[j]) * Math.exp(out[j - y.length / 2])));
      },
      inverse(y, side, sum) {
        const out = told(y, side, sum);
        return y.map((v, j) => (j < y.length / 2 ? v : v * Math.exp(-out[j - y.length / 2]) - out[j]));
      },
    };
  },

  // Gauss–Jordan with the largest pivot; log |det| is that of the original
  invert(matrix, n) {
    const a = Float64Array.from(matrix), inverse = new Float64Array(n * n);
    for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
    let logDet = 0;
    for (let k = 0; k < n; k++) {
      let pivot = k;
      for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]) > Math.abs(a[pivot * n + k])) pivot = i;
      for (const m of [a, inverse]) for (let j = 0; j < n; j++) [m[k * n + j], m[pivot * n + j]] = [m[pivot * n + j], m[k * n + j]];
      const p = a[k * n + k];
      logDet += Math.log(Math.abs(p));
      for (const m of [a, inverse]) for (let j = 0; j < n; j++) m[k * n + j] /= p;
      for (let i = 0; i < n; i++) {
        const f = a[i * n + k];
        if (i !== k && f) for (const m of [a, inverse]) for (let j = 0; j < n; j++) m[i * n + j] -= f * m[k * n + j];
      }
    }
    return { inverse, logDet };
  },
};
