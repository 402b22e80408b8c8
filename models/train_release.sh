#!/usr/bin/env bash
# Trains the three tables that make up inkling-instant-v1 and merges them; data.py, tokenizer.py and start_rows.py come
# first. The release's own tables took 750, 202 and 206 s in training, each on one thread of two cores while another
# training had the other; so expect about 20 minutes one after the other, and more on a slower or busier machine.
# A member that is already there is not trained again.
set -euo pipefail
cd "$(dirname "$0")"

power=0.75                                               # WEIGHTS.power of export_static.py
derived="docs-long wikipedia-long openstax-long crops"   # sources made of the text of others
tables=()

member() { # name, arguments of train_static.py
  local out="work/members/$1-power-$power"; shift
  [ -f "$out/table.npy" ] || python train_static.py --out "$out" --resume --start work/start.npy --power "$power" "$@"
  tables+=("$out/table.npy")
}
member all    --steps 2000
member slow   --steps 1200 --rate 0.003 --leave-out $derived
member near   --steps 1200 --rate 0.005 --seed 2 --near-from 1 --leave-out $derived
python merge_tables.py --tables "${tables[@]}" --out work/merged.npy
