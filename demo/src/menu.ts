import { find } from "./element.ts";

/** Wires the button that opens the list of pages where the window is too narrow to show it always. */
export function setUpMenu(): void {
  const button = find(".menu");
  const setOpen = (open: boolean): void => {
    button.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("menu-open", open);
  };
  button.addEventListener("click", () => setOpen(button.getAttribute("aria-expanded") !== "true"));
  find("#sidebar").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    setOpen(false);
    button.focus();
  });
}
