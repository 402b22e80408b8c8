#!/usr/bin/env bash
# Trains the rows of inkling-instant-v1: three tables from nothing, then one that sees texts as these three and a published static
# model do together. data.py, tokenizer.py and start_rows.py come first. The argument is the folder of potion-base-4M (int8).
# The release's own tables took 750, 202 and 206 s in training, its rows 4 and 13 minutes, each on one thread of two cores while
# other work had the other; so expect 40 minutes, and more on a slower or busier machine. What is already there is not made again.
set -euo pipefail
cd "$(dirname "$0")"
potion=${1:?the folder of potion-base-4M-int8}

power=0.75                                               # WEIGHTS.power of export_static.py
derived="docs-long wikipedia-long openstax-long crops"   # sources made of the text of others
short="phrases wordset wordnet trivia"                   # a few words a side
tables=()

member() { # name, arguments of train_static.py
  local out="work/members/$1-power-$power"; shift
  [ -f "$out/table.npy" ] || python train_static.py --out "$out" --resume --start work/start.npy --power "$power" "$@"
  tables+=("$out/table.npy")
}
member all    --steps 2000
member slow   --steps 1200 --rate 0.003 --leave-out $derived
member near   --steps 1200 --rate 0.005 --seed 2 --near-from 1 --leave-out $derived

merged() { # dimensions
  [ -f "work/merged-$1.npy" ] || python merge_tables.py --tables "${tables[@]}" --dim "$1" --out "work/merged-$1.npy"
}
merged 352
merged 768

# As near as 352 numbers come to how the undiminished tables and the teacher, side by side, see texts. The leading 256 ship.
rows() { # folder, table to begin as, other arguments
  local out=$1 table=$2; shift 2
  [ -f "$out/table.npy" ] || python train_static.py --threads 1 --out "$out" --resume --table "$table" --dim 352 --power "$power" \
    --lead-weight 1 --batch 1024 --trust 1 --teachers work/merged-768.npy "$potion" --shares 0.55 0.45 "$@"
}
rows work/rows-first work/merged-352.npy           --steps 1200 --rate 0.003  --weight-rate 0.003  --leave-out $derived $short
rows work/rows       work/rows-first/table.npy     --steps 4000 --rate 0.0015 --weight-rate 0.0015 --leave-out $derived trivia
