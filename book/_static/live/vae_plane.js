// Lesson 04: the two-dimensional latent plane of a VAE. Drag a point, see what it decodes to.
"use strict";

gm.figure("vae_plane", (box) => {
  const { vermilion, ink } = gm.colours;
  const weights = gm.weights("vae_digits_2d"), decode = weights.network("decoder"), codes = weights.data("codes"), classes = weights.data("classes");
  const LIMIT = 2.5, SIDE = 15, SIZE = 360, PITCH = 10;  // a digit has 8 pixels, and air around it
  const at = { x: -0.5, y: 1 };
  const plane = gm.canvas(SIZE, SIZE, "");
  const shown = gm.canvas(SIZE, SIZE, () => `The picture decoded at the chosen point; the nearest code is that of a ${nearest().digit}.`);
  // the held-out digit whose posterior mean is nearest
  const nearest = () => {
    const far = Array.from(classes, (_, i) => Math.hypot(codes[2 * i] - at.x, codes[2 * i + 1] - at.y)), i = far.indexOf(Math.min(...far));
    return { digit: classes[i], distance: far[i] };
  };
  const near = gm.number("nearest digit’s code"), place = gm.number("z ="), surface = gm.number("prior density");
  plane.box = { left: 0, right: SIZE, top: 0, bottom: SIZE };
  const axes = { box: plane.box, limits: { x: [-LIMIT, LIMIT], y: [-LIMIT, LIMIT] } };

  // the sheet is decoded once, and drawn from memory afterwards
  let dark;
  const sheet = gm.element("canvas");
  sheet.width = sheet.height = SIDE * PITCH;
  const cell = (2 * LIMIT) / SIDE;
  const pictures = Array.from({ length: SIDE * SIDE }, (_, i) => decode([-LIMIT + ((i % SIDE) + 0.5) * cell, LIMIT - (Math.floor(i / SIDE) + 0.5) * cell]));
  const lay = () => {
    dark = gm.isDark();
    pictures.forEach((each, i) => sheet.getContext("2d").drawImage(gm.picture(each, true), (i % SIDE) * PITCH + 1, Math.floor(i / SIDE) * PITCH + 1));
  };
  lay();

  function draw() {
    const { pen } = plane;
    if (dark !== gm.isDark()) lay();
    gm.wipe(plane);
    pen.globalAlpha = 0.7;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(sheet, 0, 0, SIZE, SIZE);
    pen.globalAlpha = 1;
    const X = SIZE * (at.x + LIMIT) / (2 * LIMIT), Y = SIZE * (LIMIT - at.y) / (2 * LIMIT);
    pen.strokeStyle = ink;
    pen.setLineDash([3, 4]);
    pen.lineWidth = 1;
    for (const radius of [1, 2]) {
      pen.beginPath();
      pen.arc(SIZE / 2, SIZE / 2, (radius * SIZE) / (2 * LIMIT), 0, 7);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.beginPath();
    pen.arc(X, Y, 8, 0, 7);
    pen.fillStyle = vermilion;
    pen.fill();
    pen.lineWidth = 3;
    pen.strokeStyle = gm.colours.paper;
    pen.stroke();

    shown.pen.imageSmoothingEnabled = false;
    shown.pen.drawImage(gm.picture(decode([at.x, at.y]), true), 0, 0, SIZE, SIZE);
    const { digit, distance } = nearest();
    near.set(`a ${digit}, ${distance.toFixed(2)} away`);
    place.set(`(${at.x.toFixed(2)}, ${at.y.toFixed(2)})`);
    surface.set(Math.exp(gm.logNormal(at.x, 0, 1) + gm.logNormal(at.y, 0, 1)).toFixed(3));
  }

  gm.movable(plane.canvas, axes, {
    limits: [-LIMIT, LIMIT], at, move: draw,
    label: "Latent plane. Arrow keys move the point by 0.1, with shift by 0.5; the decoded digit changes with it.",
  });
  gm.frame(box, {
    title: "What does a point decode to?",
    row: [plane.canvas, shown.canvas],
    readout: [place.element, near.element, surface.element],
    help: "Drag in the plane, or focus it and use the arrow keys. The circles are one and two standard deviations of the prior: inside them every point is a digit, or on its way from one to another.",
    draw,
  });
}, ["weights/vae_digits_2d.js"]);
