import { expose } from "comlink";
import { installErrorTransfer } from "../src/protocol.ts";
import { watchHeap } from "./heap.ts";
import { createNeuralWorkerApi } from "./worker-api.ts";

watchHeap();
installErrorTransfer();
expose(createNeuralWorkerApi());
