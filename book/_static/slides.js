// Slides: formulas first, then Reveal, so that sizes are known. In print every figure is its still picture.
"use strict";

const printed = /print-pdf/.test(location.search);
if (printed) {
  for (const box of document.querySelectorAll(".gm-live")) box.removeAttribute("data-figure");
}

// A live figure is as wide as on the page of its lesson, and is then made larger or smaller until it fills the slide.
function fit(box) {
  const room = box.parentElement;
  if (box.offsetHeight) box.style.zoom = Math.min(room.clientHeight / box.offsetHeight, room.clientWidth / box.offsetWidth);
}

const boxes = [...document.querySelectorAll(".gm-live")], fitting = new ResizeObserver(() => boxes.forEach(fit));
for (const box of boxes) [box, box.parentElement].forEach((each) => fitting.observe(each));

// An equation that is too wide becomes smaller.
function narrow(equation) {
  const room = equation.clientWidth, needed = equation.scrollWidth;
  if (needed > room) equation.style.fontSize = `${(92 * room) / needed}%`;
}

document.addEventListener("DOMContentLoaded", async () => {
  await window.gmFormulas;
  const pages = new Promise((made) => Reveal.on("pdf-ready", made)); // Reveal makes them after it says that it is ready
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0.03, center: false, transition: "none", hash: true, slideNumber: "c/t",
    pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
    // inside a live figure the arrows belong to it
    keyboardCondition: () => !document.activeElement?.closest(".gm-live"),
  });
  const fill = (slide) => slide.querySelectorAll("div.math").forEach(narrow);
  fill(document);
  Reveal.on("slidechanged", ({ currentSlide }) => fill(currentSlide)); // slides far ahead have no size before
  if (printed) await pages;
  document.documentElement.dataset.ready = "true";
});
