import "/dist/worker.js";
self.addEventListener("message", ({ data }) => {
  if (data === "fail") throw new Error("Told to fail.");
});
