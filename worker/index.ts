import { expose } from "comlink";
import { installErrorTransfer } from "../src/protocol.ts";
import { createWorkerApi } from "./worker-api.ts";

installErrorTransfer();
expose(createWorkerApi());
