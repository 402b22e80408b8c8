/**
 * Members of the worker's own classes that the minifier may shorten: none is an entry of a manifest, a segment's column, a
 * model's file, a message between page and worker, or a member of anything the browser or a package brings.
 */
export const internalNames =
  /^(?:addedTokens|addPassage|addRow|addTerm|answering|anyReady|beginDocument|catchUp|cleanText|continuingPrefix|copyTombstones|createScanner|damages|documentCount|documentFrequencies|documentHash|embedBatch|expansions|expectedGeneration|fieldWeights|finishInSteps|firstPassages|fuzzyWeight|handleChineseChars|hasTakenOver|idCount|isAnswering|isFirst|isOff|isSecond|isUsed|isWhole|keepParts|liveDocumentCount|livePassageCount|loadEmbedder|manifestError|maxWordLength|minCandidates|minCoverage|onBetterAnswers|onModelBytes|onUpgrade|overflows|partOf|partWeight|passageCount|passageHash|passageHashLow|passagePlace|postingOffsets|prefixWeight|readCached|readParts|readSections|recover|sectionDecay|sectionHeads|sectionsPerPage|specialIds|stemWeight|storeFallback|storesParts|stripAccents|takesOver|termBytes|termId|termOffsets|termStem|textBlocks|textOffsets|withFresh)$/;
