// Small repairs of what the theme leaves inaccessible, and the loader of the live figures.
"use strict";

// ---- names for controls that have none, or whose name differs from what is to be read on them ----

function nameButtons() {
  for (const button of document.querySelectorAll(".search-button__button[aria-label], summary[aria-label]")) {
    const shown = button.innerText.trim().replace(/\s+/g, " ");
    if (shown) button.setAttribute("aria-label", shown);
  }
  for (const summary of document.querySelectorAll("nav summary:not([aria-label])")) {
    const parent = summary.closest("li")?.querySelector(":scope > a");
    if (parent) summary.setAttribute("aria-label", `Pages under ${parent.textContent.trim()}`);
  }
  for (const button of document.querySelectorAll("button[title]:not([aria-label])")) {
    if (!button.textContent.trim()) button.setAttribute("aria-label", button.title);
  }
}

function nameThemeSwitch() {
  const modes = { light: "light", dark: "dark", auto: "as the system" };
  const mode = modes[document.documentElement.dataset.mode] || modes.auto;
  for (const button of document.querySelectorAll(".theme-switch-button")) {
    button.setAttribute("aria-label", `Colour mode: ${mode}`);
  }
}

// ---- regions and roles ----

function nameRegions() {
  for (const part of document.querySelectorAll(".sidebar-primary-items__start")) {
    part.setAttribute("role", "region");
    part.setAttribute("aria-label", "Book");
  }
  // docutils gives bibliography entries a role that is only allowed in a list of another kind
  for (const entry of document.querySelectorAll("[role=doc-biblioentry]")) entry.setAttribute("role", "listitem");
}

// What scrolls sideways must be reachable by keyboard.
function focusScrollers() {
  const wide = "div.highlight pre, div.math, .pst-scrollable-table-container, div.cell_output pre, .gm-picture";
  for (const box of document.querySelectorAll(wide)) {
    if (box.scrollWidth > box.clientWidth + 1) box.setAttribute("tabindex", "0");
    else if (box.getAttribute("tabindex") === "0") box.removeAttribute("tabindex");
    if (box.matches(".gm-picture")) { showMore(box); box.onscroll = () => showMore(box); }
  }
}
const showMore = (box) => box.toggleAttribute("data-more", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);

// A page of code would have more stops for its copy buttons than for its links; by keyboard, code is selected.
function skipCopyButtons() {
  for (const button of document.querySelectorAll("button.copybtn")) button.tabIndex = -1;
}

// Formulas change lines when they are set, so the text waits for them and their letters: until the page has loaded.
function showText() {
  const show = () => { document.documentElement.classList.remove("gm-setting"); focusScrollers(); };
  window.addEventListener("load", show);
  setTimeout(show, 1500);
  Promise.resolve(window.gmFormulas).then(show, show);
}

// What is to be read in an element: of a formula the letters, and not its MathML.
function read(element) {
  const copy = element.cloneNode(true);
  for (const hidden of copy.querySelectorAll(".katex-mathml")) hidden.remove();
  return copy.textContent.trim();
}

// On a phone a row of a wide table, or of three columns with code or formulas, becomes a card; its cells then say which column they are of.
function labelWideTables() {
  for (const table of document.querySelectorAll(".bd-article table:not(.indextable)")) {
    const headings = [...table.querySelectorAll("thead th")].map(read);
    if (headings.length < (table.querySelector("td code, td .math") ? 3 : 4)) continue;
    table.classList.add("gm-wide");
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.children].forEach((cell, i) => {
        cell.dataset.heading = headings[i];
        cell.toggleAttribute("data-empty", !cell.textContent.trim() && !cell.querySelector("img"));
      });
    }
  }
}

// A dotted name that is too long for a line goes on behind a dot, a low line or a bracket.
function breakNames() {
  const names = "dt.sig .pre, .page-toc a, .page-toc .pre, .bd-article :is(h2, h3):not(:has(.math))";
  for (const name of document.querySelectorAll(names)) {
    for (const text of [...name.childNodes].filter((each) => each.nodeType === Node.TEXT_NODE)) {
      const [first, ...rest] = text.data.split(/(?<=[a-z0-9][._])(?=[a-z])/i);
      if (rest.length) text.replaceWith(first, ...rest.flatMap((part) => [document.createElement("wbr"), part]));
    }
  }
  for (const bracket of document.querySelectorAll("dt.sig .sig-paren")) bracket.after(document.createElement("wbr"));
}

// Excerpts of the search come from the text, not from the lists of contents; from a disk, pages cannot be fetched.
function searchTheText() {
  if (typeof Search === "undefined") return;
  const text = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const part of page.querySelectorAll("#jb-print-docs-body, .bd-header-article, .bd-sidebar-secondary, .bd-footer, .prev-next-footer, nav")) part.remove();
    return text(page.documentElement.outerHTML, anchor);
  };
}
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

function repair() {
  nameButtons();
  nameThemeSwitch();
  nameRegions();
}

document.addEventListener("DOMContentLoaded", () => { repair(); labelWideTables(); breakNames(); searchTheText(); showText(); });
window.addEventListener("load", () => { repair(); focusScrollers(); skipCopyButtons(); });
window.addEventListener("resize", focusScrollers);
document.addEventListener("toggle", focusScrollers, true);
new MutationObserver(() => { nameThemeSwitch(); focusScrollers(); }).observe(document.documentElement, { attributeFilter: ["data-mode", "data-theme"] });
// while the text waits for its fonts nothing can be read on a control, and no name be taken from it
new MutationObserver(nameButtons).observe(document.documentElement, { attributeFilter: ["class"] });

// ---- live figures: <div class="gm-live" data-figure="kl"> loads live/kl.js when it comes near the screen ----

const LIVE = new URL("live/", document.currentScript.src);

function load(name) {
  const known = document.querySelector(`script[data-live="${name}"]`);
  if (known) return known.ready;
  const script = document.createElement("script");
  script.src = new URL(name, LIVE);
  script.dataset.live = name;
  script.ready = new Promise((resolve, reject) => { script.onload = resolve; script.onerror = () => reject(new Error(`${name} could not be loaded.`)); });
  document.head.append(script);
  return script.ready;
}

// A figure's file calls gm.figure("kl", build): build(box) puts the figure into the emptied box. The still
// picture stays until then, so that nothing is lost where a script fails. `needs` names what else it loads:
// its weights, and files that figures share. `heavy` ones begin the page, and are no part of a first visit.
const gm = (window.gm = { figures: {}, load, figure(name, build, needs = [], heavy = false) { gm.figures[name] = { build, needs, heavy }; } });

// The first sign of a reader, or five seconds: who listens to a page may give no sign.
const sign = () => new Promise((seen) => {
  for (const kind of ["pointermove", "pointerdown", "touchstart", "wheel", "scroll", "keydown"]) addEventListener(kind, seen, { once: true, passive: true });
  setTimeout(seen, 5000);
});

async function enliven(box) {
  const name = box.dataset.figure;
  await load("runtime.js");
  await load(`${name}.js`);
  if (!gm.figures[name]) throw new Error(`${name}.js is damaged.`);
  const { build, needs, heavy } = gm.figures[name];
  if (heavy) await sign();
  await Promise.all(needs.map(load));
  const still = [...box.childNodes];
  box.replaceChildren();
  try {
    build(box);
  } catch (error) {
    box.replaceChildren(...still);
    throw error;
  }
  box.dataset.ready = "true";
}

// What went wrong stands below the still picture: numbers that are wrong must not be shown, nor silently missing.
function confess(box, error) {
  console.error(`live figure ${box.dataset.figure}:`, error);
  const words = document.createElement("p");
  words.className = "gm-fault";
  words.setAttribute("role", "alert");
  words.textContent = `This figure does not run; its picture is above. ${error.message}`;
  box.append(words);
}

document.addEventListener("DOMContentLoaded", () => {
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      watcher.unobserve(entry.target);
      enliven(entry.target).catch((error) => confess(entry.target, error));
    }
  }, { rootMargin: "100% 0px" });
  for (const box of document.querySelectorAll(".gm-live[data-figure]")) watcher.observe(box);
});

// ---- questions: what is right or wrong with the option that was chosen, in the words of the folded answer ----

document.addEventListener("change", ({ target }) => {
  const form = target.closest(".gm-question");
  if (!form) return;
  const verdict = form.querySelector(".gm-verdict"), right = "right" in target.dataset;
  verdict.className = `gm-verdict ${right ? "right" : "wrong"}`;
  verdict.innerHTML = form.querySelector(`[data-why="${target.value}"]`).innerHTML;
});
