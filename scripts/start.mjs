// Builds what is out of date, serves the guide or a folder of pages, and says where. Runs until it is told to stop.
import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { buildContentSite, buildLibrary, buildSite, siteFolder } from "../demo/build.mjs";
import { serveFolder, strictPolicy } from "../demo/server.mjs";

const usage = `npm start -- [--content <folder>] [--port 4173] [--host 127.0.0.1]

Serves the guide with its search. With --content, the pages of a folder: HTML as it is, with a search button put in,
Markdown as pages like those of the guide. Nothing in that folder is changed; start again after a change.
Without --port, the first free port from 4173 on.`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      content: { type: "string" },
      port: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const port = values.port === undefined ? null : Number(values.port);
  if (port !== null && !(Number.isInteger(port) && port >= 0 && port <= 65535)) {
    throw new Error(`--port ${values.port} is no port: give a whole number from 0 to 65535.`);
  }
  return { ...values, port };
}

/** Builds what is to be served. `remove` deletes what was made for this run alone. */
async function buildWhatIsServed(content) {
  if (content === undefined) {
    console.log("Building the library and the guide …");
    await buildLibrary();
    await buildSite();
    return { folder: siteFolder, policy: strictPolicy, remove: async () => {} };
  }
  console.log(`Building the library and an index of ${content} …`);
  await buildLibrary();
  const { folder, summary } = await buildContentSite(content);
  console.log(summary.trimEnd());
  // Why no policy: pages of others may hold scripts and styles of their own.
  return { folder, policy: null, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function start({ content, port, host }) {
  const { folder, policy, remove } = await buildWhatIsServed(content);
  try {
    const attempts = port === null ? 50 : 1;
    const { url, close } = await serveFolder(folder, { host, port: port ?? 4173, attempts, policy });
    console.log(`The ${content === undefined ? "guide is" : "pages are"} at ${url}\nPress Ctrl+C to stop.`);
    const stop = () => close().then(remove);
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
  } catch (error) {
    await remove();
    throw error;
  }
}

function explain(error, port) {
  if (error.code === "EADDRINUSE") return `Port ${port} is taken: choose another with --port, or leave it out.`;
  return error.stderr || error.message;
}

let options = { port: null };
try {
  options = readOptions();
  if (options.help) console.log(usage);
  else await start(options);
} catch (error) {
  console.error(explain(error, options.port));
  process.exitCode = 1;
}
