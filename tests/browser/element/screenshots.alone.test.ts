import { readFile } from "node:fs/promises";
import type { Page } from "playwright";
import { beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../harness/browser.ts";
import { useBrowser } from "../harness/use-browser.ts";
import { readSurroundings, serveStates, states, takePictures, themes, widths } from "./screenshots.ts";

const folder = new URL("../../fixtures/screenshots/", import.meta.url);

const browser = await launchBrowser();
const [stored, found] = await Promise.all([
  readFile(new URL("surroundings.txt", folder), "utf8").then((text) => text.trim()),
  readSurroundings(browser),
]);
await browser.close();
const isSame = stored === found;
const reason = isSame ? "" : ` (skipped: the stored pictures are of ${stored}, here is ${found})`;

/** Difference of a colour channel, of 255, from which on a pixel counts as another. */
const channelTolerance = 40;
/** Share of a picture's pixels that may be others: edges of letters are drawn a little differently from run to run. */
const maxShare = 0.004;

const here = useBrowser(serveStates);
let page: Page;

beforeAll(async () => {
  page = await here.browser.newPage();
});

/** Share of the pixels that differ, 0 to 1; 1 where the sizes do. */
function compare(one: Buffer, other: Buffer): Promise<number> {
  return page.evaluate(
    async ([pictures, tolerance]) => {
      const [a, b] = await Promise.all(
        pictures.map(async (picture) => {
          const bitmap = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${picture}`)).blob());
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
          context.drawImage(bitmap, 0, 0);
          return context.getImageData(0, 0, bitmap.width, bitmap.height);
        }),
      );
      if (a!.width !== b!.width || a!.height !== b!.height) return 1;
      let others = 0;
      for (let pixel = 0; pixel < a!.data.length; pixel += 4) {
        const differs = [0, 1, 2].some((i) => Math.abs(a!.data[pixel + i]! - b!.data[pixel + i]!) > tolerance);
        if (differs) others++;
      }
      return others / (a!.data.length / 4);
    },
    [[one.toString("base64"), other.toString("base64")], channelTolerance] as const,
  );
}

const readStored = (name: string): Promise<Buffer> => readFile(new URL(`${name}.jpg`, folder));

describe.skipIf(!isSame)("pictures of the main states", () => {
  test.each(widths.flatMap((width) => themes.map((theme) => [width, theme] as const)))(
    `look as those that are stored, %i pixels wide, %s${reason}`,
    async (width, theme) => {
      const pictures = await takePictures(here.browser, here.server.origin, width, theme);
      expect(pictures).toHaveLength(Object.keys(states).length);
      const others: string[] = [];
      for (const { name, bytes } of pictures) {
        const share = await compare(bytes, await readStored(name));
        if (share > maxShare) others.push(`${name}: ${(100 * share).toFixed(1)} % of the pixels`);
      }
      expect(others, "Look at them, and store them by: npx tsx scripts/screenshots.mjs").toEqual([]);
    },
  );
});

test("a picture that has a filter pressed, or another theme, counts as another", async () => {
  const [answer, filtered, dark] = await Promise.all(
    ["answer-820-light", "filtered-820-light", "answer-820-dark"].map(readStored),
  );
  expect(await compare(answer!, answer!)).toBe(0);
  expect(await compare(answer!, filtered!)).toBeGreaterThan(maxShare);
  expect(await compare(answer!, dark!)).toBeGreaterThan(maxShare);
});
