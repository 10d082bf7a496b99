// Lesson 08: answers to 8×8 pixels are drawn by a whole SRFlow, at any temperature.
"use strict";

gm.figure("super_resolution", (box) => {
  const flow = gm.srflow(gm.weights("srflow_faces")), { side, small } = flow, SIZE = 200, SHOWN = 4, DRAWN = 16;
  const state = { face: 0, noise: 1, temperature: 0.8, truth: false };
  const pane = (label) => gm.canvas(SIZE, SIZE, label);
  const given = pane(() => `The low resolution of face ${state.face + 1}, 8 by 8 pixels.`), bicubic = pane("The low resolution, enlarged by bicubic interpolation: a blur.");
  const spread = pane("Where the answers differ, strong: eyes, mouth, the edges of the hair."), truth = pane(() => (state.truth ? "The face that was made small." : "A question mark: the face that was made small is shown once it is asked for."));
  const answers = Array.from({ length: SHOWN }, (_, i) => pane(() => `Answer ${i + 1} at temperature ${state.temperature.toFixed(2)}: a face that fits the low resolution.`));
  const agrees = gm.number("made small again", "dB"), one = gm.number("PSNR of an answer", "dB"), many = gm.number(`of the mean of ${DRAWN}`, "dB");
  let answer, noise, found = [], next = 0, waiting = false;

  const show = (canvas, data, shape, words, ink = false) => gm.show(canvas, { data, shape }, words, ink);
  const showTruth = () => {
    if (state.truth) { show(truth, flow.high(state.face), [3, side, side], "truth"); return; }
    truth.pen.fillStyle = gm.colours.line;
    truth.pen.fillRect(0, 0, SIZE, SIZE);
    truth.pen.fillStyle = gm.colours.grey;
    truth.pen.font = "90px 'Source Sans 3', sans-serif";
    truth.pen.textAlign = "center";
    truth.pen.fillText("?", SIZE / 2, SIZE / 2 + 26);
    gm.caption(truth, "truth");
  };

  // Four answers at a time while a slider moves, the other twelve in the frames after it.
  function work() {
    waiting = false;
    const low = flow.low(state.face), until = next < SHOWN ? SHOWN : next + 1;
    for (; next < until; next++) {
      found[next] = gm.cut(answer(noise[next].map((v) => state.temperature * v)));
      if (next < SHOWN) show(answers[next], found[next], [3, side, side], `answer ${next + 1}`);
    }
    const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length, high = flow.high(state.face);
    if (next === SHOWN) {
      agrees.set(mean(found.slice(0, SHOWN).map((x) => gm.decibels(flow.reduced(x), low))).toFixed(1));
      one.set(mean(found.slice(0, SHOWN).map((x) => gm.decibels(x, high))).toFixed(1));
    }
    if (next === DRAWN) {
      const all = gm.meanAndSpread(found);
      many.set(gm.decibels(all.mean, high).toFixed(1));
      show(spread, all.spread.map((v) => 5 * v), [1, side, side], `spread of ${DRAWN}`, true);
    } else later();
  }
  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(work);
  }
  function draw() { next = 0; later(); }
  function drawNoise() {
    const { normal } = gm.generator(state.noise);
    noise = Array.from({ length: DRAWN }, () => Float64Array.from({ length: 3 * side * side }, normal));
  }
  function choose(face, shown = false) {
    state.face = face;
    state.truth = shown;
    answer = flow.given(face);
    faces.show((i) => i === face);
    show(given, flow.low(face), [3, small, small], "given: 8×8");
    show(bicubic, flow.enlarged(flow.low(face)), [3, side, side], "bicubic");
    reveal();
    draw();
  }
  function reveal() {
    asked.textContent = state.truth ? "Hide the truth" : "Show the truth";
    showTruth();
  }

  const faces = gm.choices("given", Array.from({ length: flow.faces }, (_, i) => {
    const button = gm.button("", () => choose(i));
    button.setAttribute("aria-label", `face ${i + 1}`);
    button.append(gm.picture({ data: flow.low(i), shape: [3, small, small] }));
    return button;
  }));
  drawNoise();
  const asked = gm.button("Show the truth", () => { state.truth = !state.truth; reveal(); });
  gm.frame(box, {
    title: "Which faces could it have been?",
    row: [given, bicubic, spread, truth, ...answers].map((each) => each.canvas),
    controls: [gm.slider("temperature τ", { min: 0, max: 1, step: 0.05, value: state.temperature }, (v) => { state.temperature = v; draw(); })],
    buttons: [gm.button("New answers", () => { state.noise += 1; drawNoise(); draw(); }), asked],
    choices: [faces.element],
    readout: [agrees.element, one.element, many.element],
    help: "The flow of this lesson runs in this page, with its weights rounded to eight bits (2.7 MB, fetched when you came near). Six held-out faces, with what the encoder says of each. The temperature multiplies the noise and leaves it the same: at 0 all answers are one, and from there they part. Spread: the standard deviation of 16 answers at each pixel, strongest at a fifth of the range. Made small again: PSNR of an answer’s own low resolution against the given one.",
    draw: () => choose(state.face, state.truth),
    says: () => `face ${state.face + 1}, temperature ${state.temperature.toFixed(2)}, the truth is ${state.truth ? "shown" : "hidden"}`,
  });
}, ["flows.js", "srflow.js", "weights/srflow_faces.js"]);
