/**
 * Named by the public types, used nowhere in the core: the signal stays on the shells' side. Without members here, so
 * that core code that wants to read one does not compile.
 */
interface AbortSignal {}
