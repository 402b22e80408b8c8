import "./fill-disk.js";
import "/dist/worker.js";
