import { inkling } from "inkling-search/vitepress";
import { defineConfig } from "vitepress";

export default defineConfig({
  base: "/docs/",
  lang: "en",
  title: "Drinks",
  cleanUrls: true,
  buildEnd: inkling(),
  themeConfig: { nav: [{ text: "Boiling", link: "/guide/tea" }] },
});
