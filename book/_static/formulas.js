// Formulas: KaTeX sets them when the page has been read. A screen reader reads the MathML that it writes beside them.
"use strict";

// gm-data, gm-model and gm-latent give the colour of an idea to a symbol; no other class comes from a formula
const trust = ({ command, class: name }) => command === "\\htmlClass" && /^gm-(data|model|latent)$/.test(name);

function setFormula(box) {
  const text = [...box.childNodes].filter((each) => each.nodeType === Node.TEXT_NODE);
  const written = text.map((each) => each.data).join("").trim();
  const [, tex] = /^\\[([]([^]*)\\[)\]]$/.exec(written) ?? [null, written];
  const half = tex.replaceAll("½", "\\tfrac12 "); // KaTeX has no such letter
  const place = document.createElement("span");
  text.forEach((each) => each.remove());
  box.append(place);
  katex.render(half, place, { displayMode: box.tagName === "DIV", throwOnError: false, strict: "ignore", trust });
  keepWhole(box);
  keepMark(box);
}

// How many letters it has; KaTeX writes some without width.
const countLetters = (box) => box.querySelector(".katex-html")?.textContent.replace(/[\u200b\s]/g, "").length;

// Too long to be kept on one line: of more than two parts, and of more than a few letters.
const isLong = (box) => box.querySelectorAll(".base").length > 2 && countLetters(box) > 12;

// A few letters, as t = 1, are not divided: the line ends before them.
function keepWhole(box) {
  if (box.tagName !== "DIV" && countLetters(box) <= 12) box.classList.add("gm-whole");
}

// A browser may break a line before and behind a formula: brackets, full stop or comma of a short one stay with it.
function keepMark(box) {
  const { previousSibling: last, nextSibling: next } = box;
  const before = /[([“‘]*$/.exec(last?.data ?? "")[0], after = /^[.,;:!?)\]’”]*/.exec(next?.data ?? "")[0];
  if (box.tagName === "DIV" || !(before || after) || isLong(box)) return;
  if (before) last.data = last.data.slice(0, -before.length);
  if (after) next.data = next.data.slice(after.length);
  const whole = document.createElement("span");
  whole.className = "gm-whole";
  box.replaceWith(whole);
  whole.append(before, box, after);
}

document.querySelectorAll(".math").forEach(setFormula);
// the text waits for this: a formula has its width when its letters are there
window.gmFormulas = document.fonts.ready;
