import "./little-memory.js";
import "/dist/worker.js";
