// What every live figure shares: numbers from the package, networks, plots, controls. No dependency.
"use strict";

// ---- numbers from the package: the wire format of tools/live/wire.py ----

const FORMAT = 1;
const KINDS = { float32: Float32Array, float16: Uint16Array, int16: Int16Array, int8: Int8Array, uint8: Uint8Array };
const arrived = {};

// A script of weights is one call of this.
gm.receive = (format, name, ...parts) => { arrived[name] = { format, parts }; };

// The CRC-32 of ASCII text.
gm.sum = (text) => {
  let rest = -1;
  for (let i = 0; i < text.length; i++) {
    rest ^= text.charCodeAt(i);
    for (let k = 0; k < 8; k++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
};

// A finite float of 16 bits: sign, 5 bits of exponent, 10 of fraction.
const half = (bits) => {
  const exponent = (bits >> 10) & 31, fraction = bits & 1023;
  return (bits >> 15 ? -1 : 1) * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
};

// What weights/NAME.js brought: what is described, and tensors {data, shape} by name, k-th of those that share it.
// A script that is missing, cut off, damaged or of another time is an error that says so; figures show it.
gm.weights = (name) => {
  const fault = (what) => new Error(`weights/${name}.js ${what}. Load the page anew; if that does not help, the site has to be built anew.`);
  if (!arrived[name]) throw fault("is missing or cut off");
  const { format, parts: [header, payload, sum] } = arrived[name];
  if (format !== FORMAT) throw fault(`has format ${format}, and this page reads format ${FORMAT}`);
  if (gm.sum(header + payload) !== sum) throw fault("is damaged");
  const { described, numbers } = JSON.parse(header);
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  const cut = (Kind, from, n) => new Kind(bytes.slice(from, from + n * Kind.BYTES_PER_ELEMENT).buffer);
  const part = (each) => {
    if (!numbers[each]) throw fault(`has no numbers “${each}”, which this page needs`);
    return numbers[each];
  };

  const tensor = (each, k = 0) => {
    const { kind, count, shape, at, scale } = part(each), size = shape.reduce((a, b) => a * b, 1), Kind = KINDS[kind];
    if (k >= count) throw fault(`has ${count} of “${each}”; this page needs ${k + 1}`);
    const stored = cut(Kind, at + k * size * Kind.BYTES_PER_ELEMENT, size);
    if (scale === undefined) return { data: Float64Array.from(stored, kind === "float16" ? half : (v) => v), shape };
    const rows = shape[0], scales = cut(Float32Array, scale + 4 * k * rows, rows);
    return { data: Float64Array.from(stored, (v, i) => v * scales[Math.floor((i * rows) / size)]), shape };
  };
  const data = (each, k) => tensor(each, k).data;
  const layer = (each, k) => ({ weight: tensor(`${each}.weight`, k), bias: numbers[`${each}.bias`] ? data(`${each}.bias`, k) : null });
  return {
    described, tensor, data, layer,
    count: (each) => part(each).count,
    all: (each) => Array.from({ length: part(each).count }, (_, k) => data(each, k)),
    // a convolution that keeps the picture's size
    conv: (each, k) => { const known = layer(each, k); return { ...known, padding: (known.weight.shape[2] - 1) / 2 }; },
    // a whole network: (input, its shape) ↦ {data, shape}
    network(each, k) {
      const layers = described.networks[each].map((known, i) => (numbers[`${each}.${i}.weight`] ? { ...known, ...layer(`${each}.${i}`, k) } : known));
      return (input, shape = [input.length]) => layers.reduce((x, known) => LAYERS[known.kind](x, known), { data: Float64Array.from(input), shape });
    },
  };
};

// ---- networks: the layers that tools/live/layers.py describes, on {data, shape} without a batch ----

const LAYERS = {
  linear(x, { weight, bias }) {
    const [rows, columns] = weight.shape, data = new Float64Array(rows);
    for (let o = 0; o < rows; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < columns; i++) sum += weight.data[o * columns + i] * x.data[i];
      data[o] = sum;
    }
    return { data, shape: [rows] };
  },

  conv2d: (x, layer) => gm.convolve(layer, x),
  conv_transpose2d: (x, layer) => gm.convolveTransposed(layer, x),

  reshape: (x, { shape }) => ({ data: x.data, shape }),
  relu: (x) => each(x, (v) => Math.max(v, 0)),
  leaky_relu: (x, { slope }) => each(x, (v) => (v > 0 ? v : slope * v)),
  silu: (x) => each(x, (v) => v / (1 + Math.exp(-v))),
  sigmoid: (x) => each(x, (v) => 1 / (1 + Math.exp(-v))),
  tanh: (x) => each(x, Math.tanh),
};

function each(x, f) {
  return { data: x.data.map(f), shape: x.shape };
}

// Those q of 0 … n − 1 for which 0 ≤ q · stride + offset < size.
const inside = (size, n, offset, stride) => [Math.max(0, Math.ceil(-offset / stride)), Math.min(n, Math.floor((size - 1 - offset) / stride) + 1)];

// A convolution of {data, shape: [C, H, W]}, weight (O, C, kh, kw), a row at a time: the inner loop runs along memory.
gm.convolve = ({ weight: { data: weight, shape: [O, , kh, kw] }, bias, stride: s = 1, padding: p = 0 }, { data: x, shape: [C, H, W] }) => {
  const h = Math.floor((H + 2 * p - kh) / s) + 1, w = Math.floor((W + 2 * p - kw) / s) + 1, y = new Float64Array(O * h * w);
  for (let o = 0; o < O; o++) {
    if (bias) y.fill(bias[o], o * h * w, (o + 1) * h * w);
    for (let a = 0; a < kh; a++) for (let b = 0; b < kw; b++) {
      const [top, bottom] = inside(H, h, a - p, s), [left, right] = inside(W, w, b - p, s);
      for (let c = 0; c < C; c++) {
        const v = weight[((o * C + c) * kh + a) * kw + b];
        for (let r = top; r < bottom; r++) {
          const to = (o * h + r) * w, from = (c * H + r * s + a - p) * W + b - p;
          for (let q = left; q < right; q++) y[to + q] += v * x[from + q * s];
        }
      }
    }
  }
  return { data: y, shape: [O, h, w] };
};

// Its transpose: weight (C, O, kh, kw); every pixel adds the kernel to where it came from.
gm.convolveTransposed = ({ weight: { data: weight, shape: [, O, kh, kw] }, bias, stride: s = 1, padding: p = 0, output_padding: e = 0 }, { data: x, shape: [C, H, W] }) => {
  const h = (H - 1) * s - 2 * p + kh + e, w = (W - 1) * s - 2 * p + kw + e, y = new Float64Array(O * h * w);
  for (let o = 0; o < O; o++) {
    if (bias) y.fill(bias[o], o * h * w, (o + 1) * h * w);
    for (let a = 0; a < kh; a++) for (let b = 0; b < kw; b++) {
      const [top, bottom] = inside(h, H, a - p, s), [left, right] = inside(w, W, b - p, s);
      for (let c = 0; c < C; c++) {
        const v = weight[((c * O + o) * kh + a) * kw + b];
        for (let r = top; r < bottom; r++) {
          const to = (o * h + r * s + a - p) * w + b - p, from = (c * H + r) * W;
          for (let q = left; q < right; q++) y[to + q * s] += v * x[from + q];
        }
      }
    }
  }
  return { data: y, shape: [O, h, w] };
};

// ---- numbers ----

// Seeded, so that a figure looks the same at every visit (mulberry32); normal draws by Box and Muller.
gm.generator = (seed) => {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
};

// Two moons as gmcourse.data.toy draws them, n points of each.
gm.moons = (n, { uniform, normal }) => [0, 1].flatMap((lower) => Array.from({ length: n }, () => {
  const angle = Math.PI * uniform();
  const [a, b] = lower ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)];
  return [1.6 * (a - 0.5) + 0.16 * normal(), 1.6 * (b - 0.25) + 0.16 * normal()];
}));

gm.range = (low, high, n) => Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
gm.logNormal = (x, mean, variance) => -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance);
gm.meanAndError = (values) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  return [mean, Math.sqrt(variance / values.length)];
};

// ---- drawing: figures name the colours of the printed ones, on white; a pen draws them in the page's theme ----

gm.colours = { blue: "#0072b2", orange: "#e69f00", green: "#009e73", vermilion: "#d55e00", sky: "#56b4e9", pink: "#cc79a7", brown: "#8c6d31", olive: "#b8a800", grey: "#6e7781", ink: "#1b2733", line: "#e4e9ee", paper: "#fff", veil: "#fffd" };

// name: [letters on light paper, everything on dark paper]; letters have a contrast of 4.5 to 1 and more
const TWINS = {
  blue: ["#0068a3", "#56b4e9"], orange: ["#8a5a00", "#f0b440"], green: ["#00694c", "#3fcfa4"], vermilion: ["#a84600", "#ff9152"], sky: ["#1a6a9c", "#8fd0f5"],
  pink: ["#97396f", "#e6a6c8"], brown: ["#76590f", "#c9a866"], olive: ["#6b6200", "#d8cc3c"], grey: ["#57606a", "#aab6c2"], ink: ["#1b2733", "#e4e9ee"], line: ["#e4e9ee", "#33404d"], paper: ["#fff", "#11171d"], veil: ["#fffd", "#11171ddd"],
};
const NAMES = Object.fromEntries(Object.entries(gm.colours).map(([name, colour]) => [colour, name]));
let printing = false;
gm.isDark = () => !printing && document.documentElement.dataset.theme === "dark";
gm.shade = (colour, letters = false) => {
  const twins = TWINS[NAMES[colour]];
  return twins && (gm.isDark() || letters) ? twins[+gm.isDark()] : colour;
};
// a colour of the theme as three numbers, and a colour between two
gm.rgb = (colour) => gm.shade(colour).match(/^#(.)(.)(.)$/)?.slice(1).map((v) => parseInt(v + v, 16)) ?? [1, 3, 5].map((i) => parseInt(gm.shade(colour).slice(i, i + 2), 16));
gm.mix = (from, to, t) => from.map((v, i) => v + (to[i] - v) * t);

gm.element = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

// A canvas of width × height drawing units, sharp on any screen. `label` says what is to be seen, in words or by a
// function. Its pen takes colours from the theme, and its letters are never smaller than 12 pixels of the screen.
gm.canvas = (width, height, label) => {
  const canvas = gm.element("canvas", { role: "img", style: `--ratio: ${width / height}` });
  const sharp = 2;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  canvas.describe = typeof label === "function" ? label : () => label;
  const pen = canvas.getContext("2d"), own = Object.getPrototypeOf(pen), named = {};
  pen.scale(sharp, sharp);
  const instead = (property, change) => {
    const { get, set } = Object.getOwnPropertyDescriptor(own, property);
    Object.defineProperty(pen, property, { get: () => get.call(pen), set: (value) => { named[property] = value; set.call(pen, change(value)); } });
  };
  const letter = (size) => Math.max(size, (12 * width) / (canvas.clientWidth || width));
  instead("fillStyle", gm.shade);
  instead("strokeStyle", gm.shade);
  instead("font", (font) => font.replace(/([\d.]+)px/, (_, size) => `${letter(+size)}px`));
  const raw = Object.getOwnPropertyDescriptor(own, "fillStyle");
  pen.fillText = (...where) => {
    raw.set.call(pen, gm.shade(named.fillStyle, true));
    own.fillText.call(pen, ...where);
    pen.fillStyle = named.fillStyle;
  };
  return { canvas, pen, width, height, letter };
};

// Words in the lower left corner of a canvas.
gm.caption = ({ pen, height, letter: atLeast }, words) => {
  const letter = atLeast(Math.max(15, height / 15)), band = 1.6 * letter;
  pen.font = `${letter}px 'Source Sans 3', sans-serif`;
  pen.textAlign = "left";
  pen.fillStyle = gm.colours.veil;
  pen.fillRect(0, height - band, pen.measureText(words).width + letter, band);
  pen.fillStyle = gm.colours.ink;
  pen.fillText(words, 0.45 * letter, height - letter / 2);
};

// Words in the upper left corner.
gm.heading = ({ pen, letter: atLeast }, words) => {
  const letter = atLeast(16);
  pen.font = `${letter}px 'Source Sans 3', sans-serif`;
  pen.textAlign = "left";
  pen.fillStyle = gm.colours.veil;
  pen.fillRect(4, 4, pen.measureText(words).width + 12, 1.55 * letter);
  pen.fillStyle = gm.colours.ink;
  pen.fillText(words, 10, 4 + 1.15 * letter);
};

gm.wipe = ({ pen, width, height }) => { pen.globalAlpha = 1; pen.fillStyle = gm.colours.paper; pen.fillRect(0, 0, width, height); };

// A picture {data in [0, 1], shape} over a whole canvas, its pixels sharp, with words in its corner; see gm.picture.
gm.show = (canvas, picture, words, ink = false) => {
  canvas.pen.imageSmoothingEnabled = false;
  canvas.pen.drawImage(gm.picture(picture, ink), 0, 0, canvas.width, canvas.height);
  gm.caption(canvas, words);
};

// Axes over x = [low, high] and y = [low, high]; returns maps and pens in data units.
gm.plot = ({ pen, width, height, letter }, { x, y, xlabel = "", ylabel = "", xticks = [], yticks = [] }) => {
  const em = letter(15), box = { left: 3.07 * em, right: width - 10, top: 12, bottom: height - 2.67 * em };
  const X = (v) => box.left + ((v - x[0]) / (x[1] - x[0])) * (box.right - box.left);
  const Y = (v) => box.bottom - ((v - y[0]) / (y[1] - y[0])) * (box.bottom - box.top);
  pen.clearRect(0, 0, width, height);
  pen.font = "15px 'Source Sans 3', sans-serif";
  pen.lineWidth = 1;
  pen.fillStyle = gm.colours.ink;
  pen.strokeStyle = gm.colours.line;
  pen.textAlign = "center";
  for (const tick of xticks) { stroke([[X(tick), box.top], [X(tick), box.bottom]]); pen.fillText(String(tick).replace("-", "−"), X(tick), box.bottom + 1.2 * em); }
  pen.textAlign = "right";
  for (const tick of yticks) { stroke([[box.left, Y(tick)], [box.right, Y(tick)]]); pen.fillText(String(tick).replace("-", "−"), box.left - 6, Y(tick) + 5); }
  pen.textAlign = "center";
  pen.fillText(xlabel, (box.left + box.right) / 2, height - 5);
  pen.save();
  pen.translate(0.87 * em, (box.top + box.bottom) / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(ylabel, 0, 0);
  pen.restore();

  function stroke(points) {
    pen.beginPath();
    points.forEach(([a, b], i) => (i ? pen.lineTo(a, b) : pen.moveTo(a, b)));
    pen.stroke();
  }
  const clipped = (draw) => {
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    pen.clip();
    draw();
    pen.restore();
  };
  return {
    X, Y, box,
    line(xs, ys, colour, { width: w = 2.2, dash = [] } = {}) {
      clipped(() => { pen.strokeStyle = colour; pen.lineWidth = w; pen.setLineDash(dash); stroke(xs.map((v, i) => [X(v), Y(ys[i])])); });
    },
    fill(xs, ys, colour, alpha = 0.25) {
      clipped(() => {
        pen.globalAlpha = alpha;
        pen.fillStyle = colour;
        pen.beginPath();
        pen.moveTo(X(xs[0]), Y(0));
        xs.forEach((v, i) => pen.lineTo(X(v), Y(ys[i])));
        pen.lineTo(X(xs.at(-1)), Y(0));
        pen.fill();
      });
    },
    points(xs, ys, colour, radius = 2.5, alpha = 0.7) {
      clipped(() => {
        pen.globalAlpha = alpha;
        pen.fillStyle = colour;
        xs.forEach((v, i) => { pen.beginPath(); pen.arc(X(v), Y(ys[i]), radius, 0, 7); pen.fill(); });
      });
    },
    text(words, a, b, colour = gm.colours.ink, align = "left") {
      pen.fillStyle = colour;
      pen.textAlign = align;
      pen.fillText(words, X(a), Y(b));
    },
  };
};

// An image {data in [0, 1], shape: [1 or 3, H, W]} as a small canvas that can be drawn at any size.
// `ink` draws one channel as ink on paper, in the theme's colours.
gm.picture = ({ data, shape: [channels, height, width] }, ink = false) => {
  const canvas = gm.element("canvas");
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height), area = width * height, paper = gm.rgb(gm.colours.paper), black = gm.isDark() ? gm.rgb(gm.colours.ink) : [0, 0, 0];
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) {
      const value = Math.min(Math.max(data[channels === 3 ? c * area + i : i], 0), 1);
      image.data[4 * i + c] = Math.round(ink ? paper[c] + (black[c] - paper[c]) * value : 255 * value);
    }
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
};

// ---- controls: all of them work by mouse, touch and keyboard ----

// A slider with its value beside its name; change() is called with the number. gm.put moves it as a reader would,
// gm.place moves it alone.
gm.slider = (name, { min, max, step, value, digits = 2 }, change) => {
  const input = gm.element("input", { type: "range", min, max, step, value, "aria-label": name });
  const output = gm.element("output", { "aria-live": "off" });  // the figure speaks for all of its parts
  const show = () => {
    output.textContent = (+input.value).toFixed(digits).replace("-", "−");
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => { show(); change(+input.value); });
  input.show = show;
  show();
  return gm.element("label", {}, gm.element("span", {}, name), output, input);
};
gm.place = (slider, value) => {
  const input = slider.querySelector("input");
  input.value = value;
  input.show();
};
gm.put = (slider, value) => {
  gm.place(slider, value);
  slider.querySelector("input").dispatchEvent(new Event("input", { bubbles: true }));
};

gm.button = (name, press) => {
  const button = gm.element("button", { type: "button" }, name);
  button.addEventListener("click", press);
  return button;
};

// A canvas whose point is moved by dragging or by the arrow keys (with shift in larger steps).
// at: {x, y} in data units; move(x, y) is called with the new point, inside the limits.
gm.movable = (canvas, plot, { limits: [low, high], step = 0.1, at, label, move }) => {
  canvas.setAttribute("tabindex", "0");
  canvas.setAttribute("role", "application");
  canvas.instructions = label;
  const clamp = (v) => Math.min(Math.max(v, low), high);
  const go = (x, y) => { at.x = clamp(x); at.y = clamp(y); move(at.x, at.y); };
  const drag = (event) => {
    const place = canvas.getBoundingClientRect(), { left, right, top, bottom } = plot.box;
    const u = ((event.clientX - place.left) / place.width) * (canvas.width / 2);
    const v = ((event.clientY - place.top) / place.height) * (canvas.height / 2);
    go(plot.limits.x[0] + ((u - left) / (right - left)) * (plot.limits.x[1] - plot.limits.x[0]),
       plot.limits.y[0] + ((bottom - v) / (bottom - top)) * (plot.limits.y[1] - plot.limits.y[0]));
  };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); drag(event); });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons) drag(event); });
  canvas.addEventListener("keydown", (event) => {
    const by = step * (event.shiftKey ? 5 : 1);
    const way = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key];
    if (!way) return;
    event.preventDefault();
    go(at.x + way[0], at.y + way[1]);
  });
};

// Buttons of which some are pressed; show(pressed) is told for each whether it is.
gm.choices = (name, buttons) => ({
  element: gm.element("div", { class: "gm-buttons", role: "group", "aria-label": name }, gm.element("span", {}, name), ...buttons),
  show: (pressed) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", pressed(i))),
});

// f() every so many milliseconds, but never while nobody sees the figure.
gm.film = (box, milliseconds, f) => {
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; };
  const tick = () => { if (!box.isConnected) stop(); else if (box.seen !== false && !document.hidden) f(); };
  return { stop, start: () => { stop(); timer = setInterval(tick, milliseconds); }, get runs() { return timer !== 0; } };
};

// One region says what has become of the figure, when it has come to rest, or every five seconds while it runs.
// The names of its canvases follow. Nothing is said before a reader has touched the figure.
function speak(box, row, says) {
  const region = gm.element("p", { class: "gm-spoken", role: "status" });
  let touched = false, due = 0, since = 0;
  const name = () => {
    const words = says();
    for (const canvas of row) canvas.setAttribute("aria-label", canvas.instructions ? `${canvas.instructions} Now: ${words}` : canvas.describe());
    return words;
  };
  const say = () => {
    due = 0;
    const words = name();
    if (touched && words !== region.textContent) region.textContent = words;
  };
  const soon = () => {
    const now = performance.now();
    if (!due) since = now;
    clearTimeout(due);
    due = setTimeout(say, Math.max(0, Math.min(500, since + 5000 - now)));
  };
  for (const kind of ["input", "click", "keydown", "pointerup"]) box.addEventListener(kind, () => { touched = true; soon(); });
  for (const part of box.querySelectorAll(".gm-readout")) new MutationObserver(soon).observe(part, { subtree: true, childList: true, characterData: true });
  box.append(region);
  name();
}
const SPOKEN = [["‖", " to "], ["→", " to "], ["±", " plus or minus "], ["√", "the root of "], ["−", "minus "], ["|det|", "determinant"]];

// The frame of a figure: title, what is drawn, choices, controls, numbers, help. Missing parts are left out.
// draw() draws all of it: once now, and again when theme or size change. says() is what ears hear beside the numbers.
gm.frame = (box, { title, row = [], choices = [], controls = [], buttons = [], readout = [], help = "", draw, says = () => "" }) => {
  // The theme turns pages with the arrow keys; inside a figure they move points and sliders.
  box.addEventListener("keydown", (event) => event.stopPropagation());
  const part = (name, children, tag = "div") => (children.length ? [gm.element(tag, { class: name }, ...children)] : []);
  const pane = (each) => ["gm-pane", ...(each.width === each.height ? ["gm-square"] : []), ...(each.width > 2 * each.height ? ["gm-wide"] : []), ...(each.instructions ? ["gm-plane"] : [])].join(" ");
  const large = gm.button("Full screen", () => (document.fullscreenElement ? document.exitFullscreen() : box.requestFullscreen()));
  large.className = "gm-large";
  box.append(
    gm.element("div", { class: "gm-title" }, gm.element("p", {}, title), ...(document.fullscreenEnabled ? [large] : [])),
    ...part("gm-row", row.map((each) => gm.element("div", { class: pane(each) }, each))),
    gm.element("div", { class: "gm-side" }, ...choices, ...part("gm-controls", controls), ...part("gm-buttons", buttons), ...part("gm-readout", readout)),
    ...part("gm-help", help ? [help] : [], "p"),
  );
  const numbers = () => readout.map((each) => SPOKEN.reduce((words, [sign, word]) => words.replaceAll(sign, word), each.textContent));
  draw();
  speak(box, row, () => [says(), ...numbers()].filter(Boolean).join("; ").replace(/\s+/g, " "));
  new IntersectionObserver((entries) => { box.seen = entries.at(-1).isIntersecting; }).observe(box);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  let wide = row[0]?.clientWidth;
  new ResizeObserver(() => { if (row[0]?.clientWidth !== wide) { wide = row[0].clientWidth; draw(); } }).observe(box);
  for (const [event, now] of [["beforeprint", true], ["afterprint", false]]) window.addEventListener(event, () => { printing = now; draw(); });
};

// A number with its name, and a way to set it.
gm.number = (name, unit = "", colour = "") => {
  const value = gm.element("b");
  const swatch = colour ? [gm.element("i", { class: "gm-swatch", style: `background:var(--gm-${NAMES[colour]})` })] : [];
  const element = gm.element("span", {}, ...swatch, `${name} `, value, unit ? ` ${unit}` : "");
  return { element, set: (text) => (value.textContent = String(text).replace("-", "−")) };
};
