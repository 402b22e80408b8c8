/**
 * Passages of which a model knows a smaller share get no vector, 0 to 1: letters of a foreign script add up to a vector, too, but
 * it says nothing, and such passages would answer any question.
 */
export const minCoverage = 0.25;

/** Shortest piece of a longer word that says something of its meaning, in characters. */
export const minTellingPiece = 3;
