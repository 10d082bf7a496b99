// Lesson 11: a digit written pixel by pixel. Look at any pixel's histogram, overwrite it, and see what changes after it;
// by a PixelCNN row by row, or in another order by a MADE.
"use strict";

// A PixelCNN that keeps what it has computed: one place costs one column of numbers, not a whole picture.
gm.pixelcnn = (weights, side = 8) => {
  const first = weights.layer("first"), place = weights.data("place"), levels = first.weight.shape[1], channels = first.weight.shape[0];
  const blocks = Array.from({ length: weights.count("mix.weight") }, (_, k) => ({ masked: weights.layer("masked", k), mix: weights.layer("mix", k) }));
  const wide = weights.layer("wide"), last = weights.layer("logits");
  const silu = (v) => v / (1 + Math.exp(-v));
  const around = (reach, centre) => {  // the taps that are open, in the order of reading
    const taps = [];
    for (let a = -reach; a <= 0; a++) for (let b = -reach; b <= reach; b++) if (a < 0 || b < (centre ? 1 : 0)) taps.push([a, b]);
    return taps;
  };
  const far = around(3, false), near = around(1, true);
  const dense = ({ weight: { data, shape: [O, I] }, bias }, x) => Float64Array.from({ length: O }, (_, o) => {
    let sum = bias[o];
    for (let i = 0; i < I; i++) sum += data[o * I + i] * x[i];
    return sum;
  });
  // what each block read at each place; a place is right as soon as all pixels before it are
  const read = blocks.map(() => []);

  return {
    order: Array.from({ length: side * side }, (_, i) => i),
    // logits of place i, from the pixels x before it; places before i must have been asked for since they changed
    logits(x, i) {
      const row = Math.floor(i / side), column = i % side;
      const inside = ([a, b]) => row + a >= 0 && column + b >= 0 && column + b < side;
      let h = Float64Array.from({ length: channels }, (_, o) => first.bias[o] + place[o * side * side + i]);
      far.forEach((tap, t) => {
        if (!inside(tap)) return;
        const level = x[i + tap[0] * side + tap[1]];
        for (let o = 0; o < channels; o++) h[o] += first.weight.data[(o * levels + level) * far.length + t];
      });
      blocks.forEach(({ masked, mix }, k) => {
        read[k][i] = h.map(silu);
        const u = Float64Array.from(masked.bias);
        near.forEach((tap, t) => {
          if (!inside(tap)) return;
          const seen = read[k][i + tap[0] * side + tap[1]];
          for (let o = 0; o < channels; o++) {
            let sum = 0;
            for (let c = 0; c < channels; c++) sum += masked.weight.data[(o * channels + c) * near.length + t] * seen[c];
            u[o] += sum;
          }
        });
        const added = dense(mix, u.map(silu));
        h = h.map((v, o) => v + added[o]);
      });
      return dense(last, dense(wide, h.map(silu)).map(silu));
    },
  };
};

// The k-th MADE: a hidden unit looks at places up to its degree, in the order of writing, and speaks to later ones only.
gm.made = (weights, k) => {
  const { data, shape: [units, dims, levels] } = weights.tensor("weights", k);
  const [degrees, order, hidden, bias] = ["degrees", "order", "hidden", "bias"].map((name) => weights.tensor(name, k).data);
  return {
    order: Array.from(order),
    logits(x, i) {
      const t = order.indexOf(i), out = bias.slice(t * levels, (t + 1) * levels);
      for (let h = 0; h < units; h++) {
        if (degrees[h] >= t) continue;
        const at = (s) => (h * dims + s) * levels;
        let sum = hidden[h];
        for (let s = 0; s <= degrees[h]; s++) sum += data[at(s) + x[order[s]]];
        const heard = sum / (1 + Math.exp(-sum));
        for (let l = 0; l < levels; l++) out[l] += heard * data[at(t) + l];
      }
      return out;
    },
  };
};

gm.softmax = (logits, temperature = 1) => {
  const top = Math.max(...logits), raised = Array.from(logits, (v) => Math.exp((v - top) / temperature));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((v) => v / sum);
};

gm.figure("next_pixel", (box) => {
  const { blue, vermilion, ink, line } = gm.colours;
  const SIDE = 8, D = SIDE * SIDE, SIZE = 360, CELL = SIZE / SIDE;
  const NAMES = ["by rows", "backwards", "shuffled"], mades = gm.weights("made_digits");
  const models = [gm.pixelcnn(gm.weights("pixelcnn_digits")), gm.made(mades, 0), gm.made(mades, 1)];
  let model = models[0];
  const picture = gm.canvas(SIZE, SIZE, ""), chart = gm.canvas(SIZE, SIZE, () => {
    const i = chosen(), known = isWritten(i) && gm.softmax(table[i], temperature), best = known && known.indexOf(Math.max(...known));
    return `The histogram of the chosen pixel: the probability of each of 17 grey levels. ${known ? `The most probable is ${best}, with ${known[best].toFixed(2)}.` : "This pixel is not written yet."}`;
  });
  picture.box = { left: 0, right: SIZE, top: 0, bottom: SIZE };
  const axes = { box: picture.box, limits: { x: [0, SIDE], y: [0, SIDE] } };
  const chance = gm.number("probability of its level"), cost = gm.number("the digit so far", "bits");
  const at = { x: 3.5, y: 3.5 };
  let temperature = 1, seed = 3, written = D, x = new Array(D).fill(0), u = [], table = [];
  const isWritten = (i) => model.order.indexOf(i) < written;
  const chosen = () => Math.min(SIDE - 1, Math.floor(SIDE - at.y - 1e-9)) * SIDE + Math.min(SIDE - 1, Math.floor(at.x));

  const level = gm.slider("its grey level", { min: 0, max: 16, step: 1, value: 0, digits: 0 }, (value) => {
    stop();
    const i = chosen();
    if (!isWritten(i)) return;
    x[i] = value;
    rewrite(model.order.indexOf(i) + 1);
  });

  // one place: its logits, and, unless it is kept, its draw by the place's own random number
  function write(i, keep = false) {
    table[i] = model.logits(x, i);
    if (keep) return;
    let passed = 0, k = 0;
    const chances = gm.softmax(table[i], temperature);
    while (k < 16 && (passed += chances[k]) < u[i]) k++;
    x[i] = k;
  }
  function rewrite(from) {
    for (let k = from ? from - 1 : 0; k < written; k++) write(model.order[k], k < from);
    draw();
  }
  function begin() {
    const { uniform } = gm.generator(seed);
    u = Array.from({ length: D }, uniform);
    rewrite(0);
  }
  const film = gm.film(box, 60, () => {
    if (written >= D) { stop(); return; }
    const i = model.order[written++];
    write(i);
    at.x = (i % SIDE) + 0.5;
    at.y = SIDE - Math.floor(i / SIDE) - 0.5;
    draw();
  });
  function stop() { film.stop(); }

  function draw() {
    const i = chosen(), { pen } = picture;
    gm.wipe(picture);
    const paper = gm.rgb(gm.colours.paper), dark = gm.rgb(ink);
    for (let j = 0; j < D; j++) {
      pen.fillStyle = isWritten(j) ? `rgb(${gm.mix(paper, dark, x[j] / 16).map(Math.round).join(",")})` : line;
      pen.fillRect((j % SIDE) * CELL + 0.5, Math.floor(j / SIDE) * CELL + 0.5, CELL - 1, CELL - 1);
    }
    pen.strokeStyle = vermilion;
    pen.lineWidth = 4;
    pen.strokeRect((i % SIDE) * CELL + 2, Math.floor(i / SIDE) * CELL + 2, CELL - 4, CELL - 4);

    const known = isWritten(i), chances = known ? gm.softmax(table[i], temperature) : new Array(17).fill(0);
    const top = Math.max(0.25, ...chances);
    const plot = gm.plot(chart, { x: [-0.7, 16.7], y: [0, top * 1.08], xlabel: "grey level", ylabel: "probability", xticks: [0, 4, 8, 12, 16], yticks: [0, top > 0.5 ? 0.5 : 0.1] });
    chances.forEach((p, k) => plot.fill([k - 0.4, k + 0.4], [p, p], known && k === x[i] ? vermilion : blue, 0.85));
    if (!known) plot.text("not written yet", 8, top / 2, ink, "center");
    gm.place(level, x[i]);
    chance.set(known ? chances[x[i]].toFixed(3) : "–");
    which.show((k) => models[k] === model);
    const nats = model.order.slice(0, written).map((j) => Math.log(gm.softmax(table[j])[x[j]]));
    cost.set((-nats.reduce((a, b) => a + b, 0) / Math.LN2).toFixed(1));
  }

  gm.movable(picture.canvas, axes, {
    limits: [0.5, SIDE - 0.5], step: 1, at, move: () => { stop(); draw(); },
    label: "A digit of 8 by 8 pixels. Arrow keys choose a pixel; its histogram is shown beside it.",
  });
  const which = gm.choices("Order", NAMES.map((name, k) => gm.button(name, () => { stop(); model = models[k]; written = D; rewrite(0); })));
  gm.frame(box, {
    title: "One pixel after the other",
    row: [picture.canvas, chart.canvas],
    choices: [which.element],
    controls: [level, gm.slider("temperature", { min: 0.1, max: 1.5, step: 0.1, value: 1, digits: 1 }, (value) => { stop(); temperature = value; written = D; rewrite(0); })],
    buttons: [
      gm.button("Write it pixel by pixel", () => { written = 0; film.start(); draw(); }),
      gm.button("Stop here", () => { stop(); written = Math.max(1, Math.min(written, model.order.indexOf(chosen()) + 1)); draw(); }),
      gm.button("Go on", () => { stop(); const from = written; written = D; rewrite(from); }),
      gm.button("Another digit", () => { stop(); seed += 1; written = D; begin(); }),
    ],
    readout: [chance.element, cost.element],
    help: "Choose a pixel with the mouse or the arrow keys. Change its grey level: all pixels after it are drawn anew, with the same random numbers as before, and no pixel before it ever changes. In another order, other pixels come after it: by rows a PixelCNN writes, and a MADE from the last pixel backwards or in one shuffled order. The bits are those of temperature 1. The three networks weigh 0.2 MB.",
    draw: () => (u.length ? draw() : begin()),
    says: () => `written ${NAMES[models.indexOf(model)]}; row ${Math.floor(chosen() / SIDE) + 1}, column ${(chosen() % SIDE) + 1}, grey level ${x[chosen()]}`,
  });
}, ["weights/pixelcnn_digits.js", "weights/made_digits.js"]);
