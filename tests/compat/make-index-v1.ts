/**
 * Writes `tests/compat/index-v1`: a small index as the first released format stores it. Run `npx tsx tests/compat/make-index-v1.ts`
 * only while format 1 is the current one; afterwards the folder must stay as it is, and this file is its description.
 */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createEngine } from "../../worker/engine.ts";
import { openFileStore } from "../../worker/stores/files.ts";
import { indexV1Documents, loadCompatEmbedder } from "./index-v1-content.ts";

const folder = fileURLToPath(new URL("index-v1", import.meta.url));
await rm(folder, { recursive: true, force: true });
const engine = await createEngine({ name: "index-v1", store: await openFileStore(folder), modelId: "compat", loadEmbedder: loadCompatEmbedder });
await engine.add([...indexV1Documents, { url: "removed.html", title: "Gone", text: "This page was removed again." }]);
await engine.add([{ url: "second.html", title: "Second segment", text: "Written by another call, with pumpkins." }]);
await engine.remove(["removed.html"]);
await engine.close();
