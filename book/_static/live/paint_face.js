// Lesson 08: the reader paints the low resolution, and the whole SRFlow, encoder and all, answers in the page.
"use strict";

gm.figure("paint_face", (box) => {
  const flow = gm.srflow(gm.weights("srflow_faces")), encode = gm.rrdb(gm.weights("srflow_encoder")), { side, small } = flow, SIZE = 240, SHOWN = 4, CELL = SIZE / small;
  const state = { low: Float64Array.from(flow.low(3)), from: 3, colour: 0, cell: 27, temperature: 0.8, noise: 1, painted: 0 };
  const paper = gm.canvas(SIZE, SIZE, "");
  const answers = Array.from({ length: SHOWN }, (_, i) => gm.canvas(SIZE, SIZE, () => `Answer ${i + 1} to ${painted()}, at temperature ${state.temperature.toFixed(2)}.`));
  const pencil = gm.number("pen at"), agrees = gm.number("made small again", "dB"), parts = gm.number("answers differ by", "grey levels"), wild = gm.number("out of range", `of ${SHOWN}`);
  const painted = () => (state.painted ? `face ${state.from + 1} with ${state.painted} painted pixels` : `face ${state.from + 1}`);
  const COLOURS = [["skin, light", "#f2c4a2"], ["skin, dark", "#8a5534"], ["hair, black", "#2a211f"], ["hair, red", "#b0552d"], ["hair, grey", "#b9b6bd"], ["blue", "#3f6ea5"], ["green", "#7fb39a"], ["white", "#f4efe8"]];
  const area = small * small;
  let noise, waiting = false;

  function drawPaper() {
    const { pen } = paper, row = Math.floor(state.cell / small), column = state.cell % small;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(gm.picture({ data: state.low, shape: [3, small, small] }), 0, 0, SIZE, SIZE);
    for (const [colour, width] of [[gm.colours.paper, 5], [gm.colours.ink, 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.strokeRect(column * CELL + 2, row * CELL + 2, CELL - 4, CELL - 4);
    }
    if (!state.painted) gm.caption(paper, "paint here");
    pencil.set(`row ${row + 1}, column ${column + 1}`);
  }
  // at most once a frame
  function later() {
    drawPaper();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const answer = flow.told(encode({ data: state.low, shape: [3, small, small] }));
      const raw = noise.map((z) => answer(z.map((v) => state.temperature * v)));
      const found = raw.map((x) => gm.cut(x.map((v) => (Number.isFinite(v) ? v : 0.5))));  // the flow may overflow
      found.forEach((data, i) => {
        answers[i].pen.imageSmoothingEnabled = false;
        answers[i].pen.drawImage(gm.picture({ data, shape: [3, side, side] }), 0, 0, SIZE, SIZE);
      });
      agrees.set((found.reduce((sum, x) => sum + gm.decibels(flow.reduced(x), state.low), 0) / SHOWN).toFixed(1));
      const { spread } = gm.meanAndSpread(found);
      wild.set(raw.filter((x) => !x.every((v) => v > -1 && v < 2)).length);
      parts.set(((255 * spread.reduce((a, b) => a + b, 0)) / spread.length).toFixed(1));
    });
  }
  function redraw() {
    const { normal } = gm.generator(state.noise);
    noise = Array.from({ length: SHOWN }, () => Float64Array.from({ length: 3 * side * side }, normal));
    later();
  }
  function paint(cell) {
    state.cell = cell;
    const rgb = [1, 3, 5].map((i) => parseInt(COLOURS[state.colour][1].slice(i, i + 2), 16) / 255);
    if (rgb.some((v, c) => state.low[c * area + cell] !== v)) state.painted += 1;
    rgb.forEach((v, c) => { state.low[c * area + cell] = v; });
    later();
  }
  function begin(face) {
    state.from = face;
    state.painted = 0;
    state.low = Float64Array.from(flow.low(face));
    faces.show((i) => i === face);
    later();
  }

  const at = (event) => {
    const place = paper.canvas.getBoundingClientRect(), of = (v, size) => Math.min(Math.max(Math.floor((v / size) * small), 0), small - 1);
    return of(event.clientY - place.top, place.height) * small + of(event.clientX - place.left, place.width);
  };
  paper.canvas.setAttribute("tabindex", "0");
  paper.canvas.setAttribute("role", "application");
  paper.canvas.instructions = "Paper of 8 by 8 pixels. Arrow keys move, with shift they paint as they go, Enter or space paints a pixel.";
  paper.canvas.addEventListener("pointerdown", (event) => { paper.canvas.setPointerCapture(event.pointerId); paint(at(event)); });
  paper.canvas.addEventListener("pointermove", (event) => { if (event.buttons && at(event) !== state.cell) paint(at(event)); });
  paper.canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!way && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const [row, column] = [Math.floor(state.cell / small), state.cell % small].map((v, i) => Math.min(Math.max(v + (way ? way[i] : 0), 0), small - 1));
    state.cell = row * small + column;
    if (!way || event.shiftKey) paint(state.cell); else later();
  });

  const faces = gm.choices("begin with", Array.from({ length: flow.faces }, (_, i) => {
    const button = gm.button("", () => begin(i));
    button.setAttribute("aria-label", `face ${i + 1}`);
    button.append(gm.picture({ data: flow.low(i), shape: [3, small, small] }));
    return button;
  }));
  const paints = gm.choices("paint with", COLOURS.map(([name, colour], i) => {
    const button = gm.button("", () => { state.colour = i; paints.show((k) => k === i); });
    button.setAttribute("aria-label", name);
    const swatch = gm.element("canvas", { width: 8, height: 8 }), pen = swatch.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 8, 8);
    button.append(swatch);
    return button;
  }));
  paints.show((k) => k === 0);
  gm.frame(box, {
    title: "Paint 64 pixels, and four faces answer",
    row: [paper, ...answers].map((each) => each.canvas),
    choices: [faces.element, paints.element],
    controls: [gm.slider("temperature τ", { min: 0, max: 1, step: 0.05, value: state.temperature }, (v) => { state.temperature = v; later(); })],
    buttons: [gm.button("New answers", () => { state.noise += 1; redraw(); }), gm.button("As it was", () => begin(state.from))],
    readout: [pencil.element, agrees.element, parts.element, wild.element],
    help: "Begin with a face and paint over its pixels, by mouse, finger or keys (arrow keys move, Enter paints). The encoder reads the 64 pixels, and the flow draws four answers with noise that stays. Give somebody a fringe, lighter hair or a dark row over the eyes; then paint what no face has, a blue chequerboard, and look at “made small again”, the PSNR of an answer’s own low resolution against yours, and at “out of range”, the answers that leave the range of pixels by more than its width. The encoder is fetched for this figure (0.5 MB), the flow is that of the figure above.",
    draw: () => { faces.show((i) => i === state.from); if (noise) later(); else redraw(); },
    says: () => `${painted()}, temperature ${state.temperature.toFixed(2)}`,
  });
}, ["flows.js", "srflow.js", "weights/srflow_faces.js", "weights/srflow_encoder.js"]);
