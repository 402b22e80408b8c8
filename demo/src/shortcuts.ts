/** Calls back for `/` outside of fields, and for Ctrl+K or Cmd+K anywhere. */
export function onShortcut(run: () => void): void {
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && event.target.matches("input,textarea,select");
    const isSlash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey;
    if (!isSlash && !isK) return;
    event.preventDefault();
    run();
  });
}

/** Calls back with the question of an example that is chosen. */
export function onExample(run: (question: string) => void): void {
  document.addEventListener("click", ({ target }) => {
    const example = target instanceof Element ? target.closest("[data-question]") : null;
    if (example) run(example.textContent ?? "");
  });
}
