// Builds what is out of date, serves the demo and says where. Runs until it is told to stop.
import { parseArgs } from "node:util";
import { buildLibrary, buildSite, siteFolder } from "../demo/build.mjs";
import { serveFolder } from "../demo/server.mjs";

const usage = `npm start -- [--port 4173] [--host 127.0.0.1]

Serves the guide with its search. Without --port, the first free port from 4173 on.`;

function readOptions() {
  const { values } = parseArgs({
    options: {
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

async function start({ port, host }) {
  console.log("Building the library and the guide …");
  await buildLibrary();
  await buildSite();
  const { url, close } = await serveFolder(siteFolder, { host, port: port ?? 4173, attempts: port === null ? 50 : 1 });
  console.log(`The guide is at ${url}\nPress Ctrl+C to stop.`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, close);
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
