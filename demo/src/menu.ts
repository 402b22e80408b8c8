import { find } from "./element.ts";

/** Wires the button that opens the list of pages where the window is too narrow to show it always. */
export function setUpMenu(): void {
  const button = find(".menu");
  const setOpen = (open: boolean): void => {
    button.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("menu-open", open);
  };
  button.addEventListener("click", () => setOpen(button.getAttribute("aria-expanded") !== "true"));
  showCurrentPage();
  find("#sidebar").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    setOpen(false);
    button.focus();
  });
}

/** Scrolls the list of pages to the one that is open, where it is too long to be seen whole. */
function showCurrentPage(): void {
  const sidebar = find("#sidebar");
  const current = sidebar.querySelector<HTMLElement>("[aria-current]");
  if (current) sidebar.scrollTop = current.offsetTop - sidebar.clientHeight / 2;
}
