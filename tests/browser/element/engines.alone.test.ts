import { describe, expect, test } from "vitest";
import { type DrivenBrowser, drivenEngines, keys } from "../harness/web-driver.ts";
import { giveSearch, htmlOf, serveWith } from "./harness.ts";

const root = 'const root = document.querySelector("inkling-search").shadowRoot;';
const isFilled = "return window.isFilled === true;";
const noteFilled = `<script type="module">const search = await window.search;
await window.ready;
while ((await search.status()).tier === "words") await new Promise((done) => search.addEventListener("betteranswers", done, { once: true }));
window.isFilled = true;</script>`;

const startPage = htmlOf(
  `<a id="before" href="#x">Before</a><inkling-search></inkling-search>${giveSearch}${noteFilled}`,
);

/** The main flow, with the keyboard alone. */
async function follow(browser: DrivenBrowser, origin: string): Promise<void> {
  await browser.open(`${origin}/start.html`);
  await browser.waitFor(isFilled);
  await browser.run('document.querySelector("#before").focus();');
  await browser.press("/");
  await browser.waitFor(
    `${root} return root.querySelector("dialog")?.open && root.activeElement?.localName === "input";`,
  );
  await browser.press("compost heap");
  await browser.waitFor(`${root} return root.querySelector('[data-question="compost heap"] [role=option]') !== null;`);
  await browser.press(keys.down);
  expect(
    await browser.run(`${root} const field = root.querySelector("input");
      const chosen = root.querySelector("[aria-selected=true]");
      return [field.value, field.ariaExpanded, field.getAttribute("aria-activedescendant") === chosen.id, chosen.textContent];`),
  ).toEqual(["compost heap", "true", true, expect.stringContaining("Turn the compost heap")]);

  await browser.press(keys.escape);
  await browser.waitFor(`${root} return !root.querySelector("dialog").open && document.activeElement.id === "before";`);
  await browser.press("k", { ctrl: true });
  await browser.waitFor(
    `${root} return root.querySelector("dialog").open && root.querySelector("[role=option]") !== null;`,
  );

  await browser.press(keys.enter, { ctrl: true });
  await expect.poll(() => browser.countWindows(), { timeout: 10_000 }).toBe(2);
  expect(await browser.run("return location.pathname;")).toBe("/start.html");
  await browser.press(keys.down + keys.enter);
  await browser.waitFor('return location.pathname === "/garden.html" && CSS.highlights.has("inkling-passage");');
  expect(
    await browser.run('return [...CSS.highlights.get("inkling-passage")].map(String).join() + location.hash;'),
  ).toMatch(/Turn the compost heap.*#compost$/);
}

describe.each(drivenEngines)("$name", ({ start }) => {
  const reason = start === null ? " (skipped: it is not on this machine)" : "";

  test.skipIf(start === null)(
    `the dialog is opened, asked, chosen from and left by keys${reason}`,
    { timeout: 120_000 },
    async () => {
      const server = await serveWith({ "/start.html": startPage });
      const browser = await start!();
      try {
        await follow(browser, server.origin);
      } finally {
        await browser.close();
        await server.close();
      }
    },
  );
});
