import { defineConfig } from "astro/config";
import { inkling } from "inkling-search/astro";

export default defineConfig({ base: "/docs/", integrations: [inkling()] });
