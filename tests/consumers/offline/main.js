import { createSearch } from "inkling-search";

window.createSearch = createSearch;
window.search = await createSearch({ name: "offline" });
