import "./save-data.js";
import "/dist/worker.js";
