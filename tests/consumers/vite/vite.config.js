import { inkling } from "inkling-search/vite";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/docs/",
  plugins: [inkling({ exclude: ["drafts/"] })],
  build: { rolldownOptions: { input: ["index.html", "guide/index.html", "guide/tea.html", "drafts/later.html"] } },
});
