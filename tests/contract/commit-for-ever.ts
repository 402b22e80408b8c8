import { openFileStore } from "../../worker/stores/files.ts";

// A process for the test to kill: commits many blocks, one commit after the other, until it is gone.
const store = await openFileStore(process.argv[2]!);
for (let generation = 0; ; generation++) {
  const put = new Map<string, Uint8Array>();
  for (let block = 0; block < 50; block++) put.set(`g${generation + 1}/b${block}`, new Uint8Array(10_000).fill(block));
  const remove = Array.from({ length: generation === 0 ? 0 : 50 }, (_value, block) => `g${generation}/b${block}`);
  const manifest = { format: 1, analysis: 1, generation: generation + 1, segments: [] };
  await store.commit({ expectedGeneration: generation, manifest, put, remove });
}
