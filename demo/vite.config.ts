import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";
import { guideSite } from "./build/site.ts";

const config: UserConfig = defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  publicDir: false,
  plugins: [guideSite()],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: false,
    rolldownOptions: { input: fileURLToPath(new URL("src/main.ts", import.meta.url)) },
  },
});

export default config;
