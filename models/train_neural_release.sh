#!/usr/bin/env bash
# Trains the best candidate for inkling-neural-v1 so far (RESULTS.md); data.py, tokenizer.py, start_rows.py and train_release.sh come first. The first argument is the
# folder of potion-base-4M (int8), one of the two teachers of the token rows. The steps took 4, 22 and 12 minutes on one thread of
# two cores, while other work had the rest. What is already there is not made again; the last step goes on after an interruption.
set -euo pipefail
cd "$(dirname "$0")"
potion=${1:?the folder of potion-base-4M-int8}

tables=(work/members/{all,slow,near}-power-0.75/table.npy)
merged() { # dimensions
  [ -f "work/merged-$1.npy" ] || python merge_tables.py --tables "${tables[@]}" --dim "$1" --out "work/merged-$1.npy"
}
merged 352
merged 768

# Rows: as near as 352 numbers come to how the undiminished tables and the teacher, side by side, see texts.
derived="docs-long wikipedia-long openstax-long crops"
short="phrases wordset wordnet trivia"
[ -f work/neural-rows/table.npy ] || python train_static.py --threads 1 --out work/neural-rows --resume --table work/merged-352.npy --dim 352 \
  --power 0.75 --lead-weight 1 --rate 0.003 --weight-rate 0.003 --batch 1024 --steps 1200 \
  --trust 1 --teachers work/merged-768.npy "$potion" --shares 0.55 0.45 --leave-out $derived $short

# Layers: texts with their partners among neighbours, held near the vectors of the start.
others="intents bible classic-books openstax-glossary factbook"
layers() { # folder, other arguments
  local out=$1; shift
  [ -f "$out/model.pt" ] || python train_neural.py --threads 1 --out "$out" --resume --table work/neural-rows/table.npy \
    --batch 256 --longest 64 --longest-at-end 96 --long-share 0.2 --scale 40 --mixed 0.3 --near-from 0 --average 0.95 --hold 4 \
    --leave-out $derived $short $others "$@"
}
layers work/neural-first --minutes 22 --rate 5e-4 --seed 2
layers work/neural --minutes 12 --rate 4e-4 --seed 5 --start-from work/neural-first
