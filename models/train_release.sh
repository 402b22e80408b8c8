#!/usr/bin/env bash
# Trains the tables that make up inkling-instant-v1 and merges them. About 25 minutes on two free cores; data.py,
# tokenizer.py and start_rows.py come first. A member that is already there is not trained again.
set -euo pipefail
cd "$(dirname "$0")"

derived="docs-long wikipedia-long openstax-long crops"   # sources made of the text of others
start="--start work/start.npy"

member() { # name, arguments of train_static.py
  local name=$1; shift
  [ -f "work/members/$name/table.npy" ] || python train_static.py --out "work/members/$name" --resume "$@"
}
member all    $start --steps 2000
member slow   $start --steps 1200 --rate 0.003 --leave-out $derived
member near   $start --steps 1200 --rate 0.005 --seed 2 --near-from 1 --leave-out $derived
member soft   $start --steps 1200 --rate 0.004 --seed 3 --scale 20
member sharp  $start --steps 1200 --scale 40 --leave-out $derived
python merge_tables.py --tables work/members/*/table.npy --out work/merged.npy
