// Lesson 10: one picture through all families of the zoo, given back, walked, drawn. All was computed beforehand.
"use strict";

gm.oneFace = (weights) => {
  const { families, leg } = weights.described, shape = [3, 32, 32], half = (v) => v + 0.5;
  const given = weights.all("given").map((picture) => picture.map((v) => v / 255));
  const rows = (name, k) => {
    const { data, shape: [n, size] } = weights.tensor(name, k);
    return Array.from({ length: n }, (_, i) => data.slice(i * size, (i + 1) * size).map(half));
  };
  const walks = families.map((_, k) => rows("walk", k)), draws = families.map((_, k) => rows("drawn", k)), bits = weights.all("bits");
  return {
    families, leg, given, walks, draws, bits, shape,
    // the given pictures, faded from each to the next
    fade(step) {
      const i = Math.min(Math.floor(step / leg), given.length - 2), t = step / leg - i;
      return given[i].map((v, j) => (1 - t) * v + t * given[i + 1][j]);
    },
    // root mean square error of what a family gives back
    error: (k, stop) => Math.sqrt(walks[k][stop * leg].reduce((sum, v, j) => sum + (v - given[stop][j]) ** 2, 0) / given[stop].length),
  };
};

gm.figure("one_face", (box) => {
  const all = gm.oneFace(gm.weights("one_face")), { families, leg, given, shape } = all, last = leg * (given.length - 1), SIZE = 160, EXACT = 0.004;
  const KINDS = ["a face", "another face", "a bar on it", "no face"];
  const state = { step: 2 * leg, draw: 0 };  // draw: 0 on the way, else the number of the draw
  const stop = () => (state.step % leg === 0 ? state.step / leg : -1);
  const errors = families.map((_, k) => given.map((_, i) => all.error(k, i)));
  const exactly = gm.number("given back exactly by", `of ${families.length} families`), nearest = gm.number("nearest of the others:"), least = gm.number("its error:");

  // two lines of words below each picture: on a phone, where letters are largest, they just fit
  const KNOWN = { exact: "exact density", "a bound": "a bound", none: "no density", "exact, by ODE": "density by ODE" };
  const told = (k) => {
    const { code, density, work } = families[k], i = stop();
    if (state.draw) return [`${work.toLocaleString("en")} M products`, KNOWN[density]];
    if (i < 0) return [code, KNOWN[density]];
    const error = errors[k][i], bits = all.bits[k][i];
    return [error < EXACT ? "exactly" : `error ${error.toFixed(3)}`, bits >= 0 ? `${bits.toFixed(2)} bits` : density === "none" ? KNOWN.none : "not computed"];
  };
  const toldOfGiven = () => (state.draw ? ["nothing", ""] : [stop() < 0 ? "a fade" : KINDS[stop()], ""]);
  const pane = (name, words) => gm.canvas(SIZE, SIZE + 98, () => [name, ...words()].filter(Boolean).join(", "));
  const first = pane("given", toldOfGiven), panes = families.map(({ name }, k) => pane(name, () => told(k)));

  function show(canvas, data, name, lines) {
    const { pen } = canvas, em = canvas.letter((15 * (panes[0].canvas.clientWidth || SIZE)) / (canvas.canvas.clientWidth || SIZE));
    gm.wipe(canvas);
    pen.imageSmoothingEnabled = false;
    if (data) pen.drawImage(gm.picture({ data, shape }), 0, 0, SIZE, SIZE);
    pen.textAlign = "center";
    [name, ...lines].forEach((words, i) => {
      pen.font = `${i ? "" : "600 "}${em}px 'Source Sans 3', sans-serif`;
      pen.fillStyle = words === "exactly" ? gm.colours.green : i ? gm.colours.grey : gm.colours.ink;
      pen.fillText(words, SIZE / 2, SIZE + em + i * 1.08 * em, SIZE - 14);
    });
  }
  function draw() {
    const i = stop();
    show(first, state.draw ? null : all.fade(state.step), "given", toldOfGiven());
    panes.forEach((canvas, k) => show(canvas, state.draw ? all.draws[k][state.draw - 1] : all.walks[k][state.step], families[k].name, told(k)));
    chosen.show((j) => !state.draw && j === i);
    const here = errors.map((each) => each[i]), others = here.filter((each) => each >= EXACT), back = !state.draw && i >= 0;
    exactly.set(back ? here.length - others.length : "–");
    const best = Math.min(...others);
    nearest.set(back ? families[here.indexOf(best)].name : "–");
    least.set(back ? best.toFixed(3) : "–");
  }

  const place = gm.slider("place on the way", { min: 0, max: given.length - 1, step: 1 / leg, value: state.step / leg, digits: 1 }, (v) => {
    state.step = Math.round(v * leg);
    state.draw = 0;
    draw();
  });
  let way = 1;
  const film = gm.film(box, 350, () => {
    if (state.step + way < 0 || state.step + way > last) way = -way;
    gm.put(place, (state.step + way) / leg);
  });
  const rest = () => { film.stop(); play.textContent = "Walk"; };
  const play = gm.button("Walk", () => {
    if (film.runs) { rest(); return; }
    play.textContent = "Stop";
    film.start();
  });
  place.querySelector("input").addEventListener("pointerdown", rest);
  place.querySelector("input").addEventListener("keydown", rest);
  const chosen = gm.choices("given", given.map((data, i) => {
    const button = gm.button("", () => { rest(); gm.put(place, i); });
    button.setAttribute("aria-label", `${KINDS[i]}, given`);
    button.append(gm.picture({ data, shape }));
    return button;
  }));
  gm.frame(box, {
    title: "One picture, all families",
    row: [first, ...panes].map((each) => each.canvas),
    choices: [chosen.element],
    controls: [place],
    buttons: [play, gm.button("Draw new faces", () => { rest(); state.draw = (state.draw % all.draws[0].length) + 1; draw(); })],
    readout: [exactly.element, nearest.element, least.element],
    help: "Choose a given picture; no model has seen the bar, nor the roof from a photograph. Before you choose the roof: who will give it back, and what will the others show? Each family encodes the picture and decodes the code. Below it, the root mean square error (“exactly”: no more than these pictures are rounded by), and the bits per dimension that the family needs for the given picture. “Walk” goes on straight lines from code to code; below it, how many numbers a code has. “Draw new faces” takes codes from the prior; below it, how many million multiplications one picture costs. Nothing is computed in this page: the models of the zoo drew these pictures beforehand (0.7 MB), the GANs by a search of 200 steps for each given picture.",
    draw,
    says: () => (state.draw ? `draw ${state.draw} of each family` : stop() < 0 ? `on the way, at ${(state.step / leg).toFixed(1)}` : `given: picture ${stop() + 1}, ${KINDS[stop()]}`),
  });
}, ["weights/one_face.js"]);
