import { expose } from "comlink";
import { installErrorTransfer } from "../src/protocol.ts";
import { CrawlWorkerApi } from "./worker-api.ts";

installErrorTransfer();
expose(new CrawlWorkerApi());
