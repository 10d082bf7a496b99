// In place of the theme's Bootstrap (81 KB), of which the pages use two things: a menu below a button, and the words
// that come up beside a button, which `title` gives without any script.
"use strict";

window.bootstrap = {
  Tooltip: class {
    constructor(button, { title }) { button.title = title; }
    show() {}
    hide() {}
  },
};

function openMenu(button, open) {
  button.setAttribute("aria-expanded", open);
  button.parentElement.querySelector(".dropdown-menu").classList.toggle("show", open);
}

const MENUS = '[data-bs-toggle="dropdown"]';

document.addEventListener("click", ({ target }) => {
  for (const button of document.querySelectorAll(MENUS)) {
    openMenu(button, button.contains(target) && button.getAttribute("aria-expanded") !== "true");
  }
});

// the arrows go through an open menu, Escape leaves it
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".dropdown, .btn-group")?.querySelector(".dropdown-menu");
  if (!menu) return;
  const button = menu.parentElement.querySelector(MENUS);
  const items = [...menu.querySelectorAll("a, button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" && menu.classList.contains("show")) {
    openMenu(button, false);
    button.focus();
  } else if (step && items.length) {
    event.preventDefault();
    openMenu(button, true);
    const at = items.indexOf(document.activeElement);
    items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length].focus();
  }
});
