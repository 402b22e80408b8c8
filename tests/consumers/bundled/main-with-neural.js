import { createSearch } from "inkling-search";
import { neural } from "inkling-search/neural";

const search = await createSearch({ name: "app", model: neural() });
document.title = (await search.status()).name;
