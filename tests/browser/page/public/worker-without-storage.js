import "./refuse-storage.js";
import "/dist/worker.js";
