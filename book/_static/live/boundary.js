// Lesson 01: two normals that can be dragged, the boundary and the density that follow from them, and a stranger.
"use strict";

gm.boundary = {
  // log p(x, y) for both classes at (x, y); each class is {x, y, spread, correlation, share}
  logJoint: (x, y, classes) => classes.map((c) => {
    const u = (x - c.x) / c.spread, v = (y - c.y) / c.spread, r = c.correlation;
    const squared = (u * u - 2 * r * u * v + v * v) / (1 - r * r);
    return Math.log(c.share) - 0.5 * squared - Math.log(2 * Math.PI * c.spread ** 2 * Math.sqrt(1 - r * r));
  }),
  logSum: ([a, b]) => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))),
  // p(second class | point)
  posterior: ([a, b]) => 1 / (1 + Math.exp(a - b)),
  // what the best classifier gets wrong: the smaller of the two joints, summed over a grid
  bestError(classes, step = 0.04, reach = 10) {
    let sum = 0;
    for (let x = -reach; x <= reach; x += step) for (let y = -reach; y <= reach; y += step) {
      sum += Math.exp(Math.min(...gm.boundary.logJoint(x, y, classes)));
    }
    return sum * step * step;
  },
};

gm.figure("boundary", (box) => {
  const { blue, orange, ink, vermilion, paper } = gm.colours;
  const WIDTH = 380, HEIGHT = 304, X = 5, Y = 4, CELL = 4;
  const classes = [{ x: -1.2, y: -0.3, spread: 1, correlation: 0, share: 0.5 }, { x: 1.3, y: 0.5, spread: 0.7, correlation: 0.5, share: 0.5 }];
  const stranger = { x: -2.6, y: 3.1 };
  const handles = [["blue mean", classes[0]], ["orange mean", classes[1]], ["question mark", stranger]];
  let active = 2, seed = 1;
  const left = gm.canvas(WIDTH, HEIGHT, ""), right = gm.canvas(WIDTH, HEIGHT, () => `The density of both classes together, with 150 samples of it; at the question mark its logarithm is ${density().toFixed(2)}.`);
  const density = () => gm.boundary.logSum(gm.boundary.logJoint(stranger.x, stranger.y, classes));
  left.box = { left: 0, right: WIDTH, top: 0, bottom: HEIGHT };
  const sure = gm.number("p(orange | ?)"), usual = gm.number("log p(?)", "nats"), error = gm.number("best possible error");
  const U = (x) => ((x + X) / (2 * X)) * WIDTH, V = (y) => ((Y - y) / (2 * Y)) * HEIGHT;

  // both panes are painted cell by cell; colour() gets log p(x, y) of both classes
  function paint(pane, joints, colour) {
    const columns = WIDTH / CELL, rows = HEIGHT / CELL, image = new ImageData(columns, rows), small = gm.element("canvas");
    small.width = columns;
    small.height = rows;
    joints.forEach((joint, i) => image.data.set([...colour(joint), 255], 4 * i));
    small.getContext("2d").putImageData(image, 0, 0);
    pane.pen.imageSmoothingEnabled = true;
    pane.pen.drawImage(small, 0, 0, WIDTH, HEIGHT);
  }

  function mark({ pen }, x, y, colour, triangle, size = 9) {
    pen.beginPath();
    if (triangle) { pen.moveTo(x, y - size); pen.lineTo(x + size, y + size * 0.8); pen.lineTo(x - size, y + size * 0.8); pen.closePath(); }
    else pen.arc(x, y, size, 0, 7);
    pen.fillStyle = colour;
    pen.fill();
  }

  function question({ pen }) {
    pen.font = "bold 26px 'Source Sans 3', sans-serif";
    pen.textAlign = "center";
    pen.lineWidth = 5;
    pen.strokeStyle = paper;
    pen.strokeText("?", U(stranger.x), V(stranger.y) + 9);
    pen.fillStyle = vermilion;
    pen.fillText("?", U(stranger.x), V(stranger.y) + 9);
  }

  // the line where the two joints are equal: crossings on the edges of each cell, joined
  function boundary({ pen }, joints) {
    const columns = WIDTH / CELL, rows = HEIGHT / CELL, at = (i, j) => joints[j * columns + i][1] - joints[j * columns + i][0];
    pen.strokeStyle = ink;
    pen.lineWidth = 2.5;
    pen.beginPath();
    for (let j = 0; j + 1 < rows; j++) for (let i = 0; i + 1 < columns; i++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], found = [];
      corners.forEach(([a, b], k) => {
        const [c, d] = corners[(k + 1) % 4], p = at(a, b), q = at(c, d);
        if (p > 0 !== q > 0) found.push([a + ((c - a) * p) / (p - q), b + ((d - b) * p) / (p - q)]);
      });
      for (let k = 0; k + 1 < found.length; k += 2) {
        pen.moveTo((found[k][0] + 0.5) * CELL, (found[k][1] + 0.5) * CELL);
        pen.lineTo((found[k + 1][0] + 0.5) * CELL, (found[k + 1][1] + 0.5) * CELL);
      }
    }
    pen.stroke();
  }

  function samples(pane) {
    const { uniform, normal } = gm.generator(seed);
    for (let i = 0; i < 150; i++) {
      const k = uniform() < classes[1].share ? 1 : 0, c = classes[k], u = normal(), v = normal();
      const w = c.correlation * u + Math.sqrt(1 - c.correlation ** 2) * v;
      mark(pane, U(c.x + c.spread * u), V(c.y + c.spread * w), k ? orange : blue, k, 3);
    }
  }

  function draw() {
    const joints = [];
    for (let v = CELL / 2; v < HEIGHT; v += CELL) for (let u = CELL / 2; u < WIDTH; u += CELL) {
      joints.push(gm.boundary.logJoint((u / WIDTH) * 2 * X - X, Y - (v / HEIGHT) * 2 * Y, classes));
    }
    const [white, blues, oranges] = [paper, blue, orange].map(gm.rgb);
    paint(left, joints, (joint) => {
      const p = gm.boundary.posterior(joint);
      return gm.mix(white, p < 0.5 ? blues : oranges, 0.4 * Math.abs(2 * p - 1));
    });
    boundary(left, joints);
    classes.forEach((c, k) => {
      mark(left, U(c.x), V(c.y), paper, k, 12);
      mark(left, U(c.x), V(c.y), k ? orange : blue, k);
    });
    question(left);
    const highest = Math.max(...joints.map((joint) => gm.boundary.logSum(joint)));
    paint(right, joints, (joint) => gm.mix(white, blues, 0.75 * Math.exp(gm.boundary.logSum(joint) - highest)));
    samples(right);
    question(right);

    const joint = gm.boundary.logJoint(stranger.x, stranger.y, classes);
    sure.set(gm.boundary.posterior(joint).toFixed(4));
    usual.set(gm.boundary.logSum(joint).toFixed(2));
    error.set(`${(100 * gm.boundary.bestError(classes)).toFixed(1)} %`);
  }

  // which of the three follows: the one nearest to the pointer, or the one chosen for the keys
  const choices = handles.map(([name], k) => gm.button(`Keys move the ${name}`, () => choose(k)));
  function choose(k) {
    active = k;
    choices.forEach((button, i) => button.setAttribute("aria-pressed", String(i === k)));
  }
  left.canvas.addEventListener("pointerdown", (event) => {
    const place = left.canvas.getBoundingClientRect();
    const u = ((event.clientX - place.left) / place.width) * WIDTH, v = ((event.clientY - place.top) / place.height) * HEIGHT;
    const far = handles.map(([, h]) => Math.hypot(U(h.x) - u, V(h.y) - v));
    choose(far.indexOf(Math.min(...far)));
  });
  const at = {
    get x() { return handles[active][1].x; }, set x(v) { handles[active][1].x = v; },
    get y() { return handles[active][1].y; }, set y(v) { handles[active][1].y = v; },
  };
  gm.movable(left.canvas, { box: left.box, limits: { x: [-X, X], y: [-Y, Y] } }, {
    limits: [-3.9, 3.9], at, move: draw,
    label: "Plane coloured by class, with the boundary. Arrow keys move the chosen mean or the question mark by 0.1, with shift by 0.5.",
  });
  const slider = (name, c, key, min, max, step) => gm.slider(name, { min, max, step, value: classes[c][key], digits: 2 }, (v) => {
    classes[c][key] = v;
    if (key === "share") classes[1 - c].share = 1 - v;
    draw();
  });
  gm.frame(box, {
    title: "Two answers: which class, and how usual?",
    row: [left.canvas, right.canvas],
    controls: [
      slider("spread of orange", 1, "spread", 0.3, 2, 0.05),
      slider("correlation of orange", 1, "correlation", -0.9, 0.9, 0.05),
      slider("share of orange p(y)", 1, "share", 0.02, 0.98, 0.02),
    ],
    buttons: [...choices, gm.button("Draw again", () => { seed += 1; draw(); })],
    readout: [sure.element, usual.element, error.element],
    help: "Drag the disc, the triangle or the question mark, by mouse or finger, or choose one and use the arrow keys.",
    draw,
    says: () => handles.map(([name, { x, y }]) => `${name} at (${x.toFixed(1)}, ${y.toFixed(1)})`).join("; "),
  });
  choose(active);
});
