/**
 * English words that carry no topic: articles, pronouns, auxiliaries, prepositions and question words.
 * They are indexed like any other word; a query made of nothing else still uses them.
 */
export const stopWords: ReadonlySet<string> = new Set(
  (
    "a about after all also am an and any are as at be because been before being between both but by can could did do does doing " +
    "during each few for from further had has have having he her here hers him his how i if in into is it its itself just me more " +
    "most my no nor not of off on once only or other our ours out over own same she should so some such than that the their them " +
    "then there these they this those through to too under until up very was we were what when where which while who whom why will " +
    "with would you your yours"
  ).split(" "),
);
