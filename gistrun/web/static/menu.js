// Menus close when something else is clicked, and on Escape. The one that shares copies what it holds.
import { copied } from "./clipboard.js";

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.(".sheet .copies");
  if (button) copied(button, button.closest(".row").querySelector(".copy").value);
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("keydown", ({ key }) => {
  const menu = key === "Escape" && document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("focusin", ({ target }) => { if (target.matches(".copy")) target.select(); });
// A phone has a list of its own of where to send a link.
if (navigator.share) {
  document.documentElement.classList.add("sends");
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(".sheet .send");
    if (button) navigator.share({ title: document.title, url: button.dataset.url }).catch(() => {});
  });
}
