#!/usr/bin/env bash
# Trains the best candidate for inkling-neural-v1 so far (RESULTS.md); train_release.sh comes first. The steps took 22 and 12
# minutes on one thread of two cores, while other work had the rest. What is already there is not made again; the last step goes on
# after an interruption.
set -euo pipefail
cd "$(dirname "$0")"

# Texts with their partners among neighbours, held near the vectors of the start.
derived="docs-long wikipedia-long openstax-long crops"
short="phrases wordset wordnet trivia"
others="intents bible classic-books openstax-glossary factbook"
layers() { # folder, other arguments
  local out=$1; shift
  [ -f "$out/model.pt" ] || python train_neural.py --threads 1 --out "$out" --resume --table work/rows-first/table.npy \
    --batch 256 --longest 64 --longest-at-end 96 --long-share 0.2 --scale 40 --mixed 0.3 --near-from 0 --average 0.95 --hold 4 \
    --leave-out $derived $short $others "$@"
}
layers work/neural-first --minutes 22 --rate 5e-4 --seed 2
layers work/neural --minutes 12 --rate 4e-4 --seed 5 --start-from work/neural-first
