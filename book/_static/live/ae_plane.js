// Lesson 03: the plane of an autoencoder's codes. Drag a point, also to where no digit has its code.
"use strict";

gm.figure("ae_plane", (box) => {
  const { vermilion, ink } = gm.colours;
  const CLASSES = ["blue", "orange", "green", "vermilion", "pink", "sky", "brown", "grey", "olive", "ink"].map((name) => gm.colours[name]);
  const weights = gm.weights("ae_digits_2d"), decode = weights.network("decoder");
  // codes of 360 held-out digits and their classes
  const at2d = weights.data("codes"), codes = Array.from(weights.data("classes"), (digit, i) => [at2d[2 * i], at2d[2 * i + 1], digit]);
  const LOW = -30, HIGH = 34, SIZE = 360;
  const at = { x: 12, y: -14 };
  const plane = gm.canvas(SIZE, SIZE, "");
  const shown = gm.canvas(SIZE, SIZE, () => `The picture decoded at the chosen point; the nearest code is that of a ${gm.aePlane.nearest(at.x, at.y)[1]}, ${gm.aePlane.nearest(at.x, at.y)[0].toFixed(1)} away.`);
  const place = gm.number("z ="), nearest = gm.number("nearest digit’s code");
  const axes = { box: { left: 0, right: SIZE, top: 0, bottom: SIZE }, limits: { x: [LOW, HIGH], y: [LOW, HIGH] } };
  const X = (x) => (SIZE * (x - LOW)) / (HIGH - LOW), Y = (y) => (SIZE * (HIGH - y)) / (HIGH - LOW);

  function draw() {
    const { pen } = plane;
    gm.wipe(plane);
    pen.strokeStyle = gm.colours.line;
    pen.strokeRect(0.5, 0.5, SIZE - 1, SIZE - 1);
    pen.font = "12px 'Source Sans 3', sans-serif";
    pen.textAlign = "center";
    for (const [x, y, digit] of codes) {
      pen.fillStyle = CLASSES[digit];
      pen.fillText(digit, X(x), Y(y) + 4);
    }
    pen.beginPath();
    pen.arc(X(at.x), Y(at.y), 8, 0, 7);
    pen.fillStyle = vermilion;
    pen.fill();
    pen.lineWidth = 3;
    pen.strokeStyle = ink;
    pen.stroke();
    pen.lineWidth = 1;

    shown.pen.imageSmoothingEnabled = false;
    shown.pen.drawImage(gm.picture(decode([at.x, at.y]), true), 0, 0, SIZE, SIZE);
    place.set(`(${at.x.toFixed(1)}, ${at.y.toFixed(1)})`);
    const [distance, digit] = gm.aePlane.nearest(at.x, at.y);
    nearest.set(`a ${digit}, ${distance.toFixed(1)} away`);
  }

  gm.aePlane = {
    nearest(x, y) {
      const found = codes.map(([a, b, digit]) => [Math.hypot(a - x, b - y), digit]);
      return found.reduce((best, each) => (each[0] < best[0] ? each : best));
    },
  };

  gm.movable(plane.canvas, axes, {
    limits: [LOW, HIGH], step: 1, at, move: draw,
    label: "Plane of codes. Arrow keys move the point by 1, with shift by 5; the decoded picture changes with it.",
  });
  gm.frame(box, {
    title: "What does a code decode to, where no digit has its code?",
    row: [plane.canvas, shown.canvas],
    readout: [place.element, nearest.element],
    help: "Drag in the plane, or focus it and use the arrow keys. Each numeral stands at the code of one held-out digit. Try a crowded place, then the empty land between two classes.",
    draw,
  });
}, ["weights/ae_digits_2d.js"]);
