/**
 * Members of the worker's own classes that the minifier may shorten: none is an entry of a manifest, a segment's column, a
 * model's file, a message between page and worker, or a member of anything the browser or a package brings.
 */
export const internalNames =
  /^(?:addPassage|addRow|addTerm|answering|anyReady|beginDocument|catchUp|copyTombstones|createScanner|damages|documentCount|embedBatch|expansions|finishInSteps|fieldWeights|firstPassages|fuzzyWeight|hasTakenOver|isAnswering|isFirst|isRemoved|isSecond|isUsed|isWhole|keepParts|liveDocumentCount|livePassageCount|loadEmbedder|manifestError|minCandidates|minCoverage|onBetterAnswers|onModelBytes|onUpgrade|partOf|partWeight|passageCount|passagePlace|passageRange|passageText|prefixWeight|readCached|readParts|readSections|recover|sectionDecay|sectionOf|sectionsPerPage|stemWeight|storeFallback|storesParts|takesOver|termId|termStem|withFresh)$/;
