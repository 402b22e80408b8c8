/** Id of the model that comes with the package, and the name of its folder. */
export const builtInModelId = "inkling-instant-v1";
