import { expose } from "comlink";
import type { EmbedFunction, FunctionOptions, ModelProvider } from "./model-provider.ts";

/** A model that is a function of the app: it may compute in the page, ask a worker of the app, or a server. */
export function fromFunction(embed: EmbedFunction, options: FunctionOptions = {}): ModelProvider {
  const { id = "function", tier = "neural" } = options;
  return {
    id,
    tier,
    async start() {
      const { port1, port2 } = new MessageChannel();
      // Why so little: the worker fills in and checks what an embedder has to give, which keeps the page's script small.
      expose({ describe: () => ({ ...options, id, device: "page" }), embed }, port1);
      return port2;
    },
    async stop() {},
  };
}
