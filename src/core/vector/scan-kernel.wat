;; Dot products of one int8 query with many int8 rows, 16 values a step. Compiled into scan-kernel.ts by scripts/build-kernel.mjs.
(module
  (import "kernel" "memory" (memory 1))

  ;; Writes rows i32 sums to $sums. Addresses are bytes and multiples of 16; $dim is a multiple of 16.
  ;; Greatest sum: dim * 127 * 127, which fits into 31 bits up to dim 133,000.
  (func (export "dot") (param $query i32) (param $codes i32) (param $sums i32) (param $dim i32) (param $rows i32)
    (local $row_end i32) (local $codes_end i32) (local $at i32)
    (local $sum v128) (local $left v128) (local $right v128)
    (local.set $codes_end (i32.add (local.get $codes) (i32.mul (local.get $rows) (local.get $dim))))
    (block $done
      (loop $each_row
        (br_if $done (i32.ge_u (local.get $codes) (local.get $codes_end)))
        (local.set $sum (v128.const i32x4 0 0 0 0))
        (local.set $at (local.get $query))
        (local.set $row_end (i32.add (local.get $codes) (local.get $dim)))
        (loop $each_step
          (local.set $left (v128.load (local.get $at)))
          (local.set $right (v128.load (local.get $codes)))
          (local.set $sum (i32x4.add (local.get $sum)
            (i32x4.dot_i16x8_s
              (i16x8.extend_low_i8x16_s (local.get $left))
              (i16x8.extend_low_i8x16_s (local.get $right)))))
          (local.set $sum (i32x4.add (local.get $sum)
            (i32x4.dot_i16x8_s
              (i16x8.extend_high_i8x16_s (local.get $left))
              (i16x8.extend_high_i8x16_s (local.get $right)))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $codes (i32.add (local.get $codes) (i32.const 16)))
          (br_if $each_step (i32.lt_u (local.get $codes) (local.get $row_end))))
        (i32.store (local.get $sums)
          (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32x4.extract_lane 1 (local.get $sum)))
            (i32.add (i32x4.extract_lane 2 (local.get $sum)) (i32x4.extract_lane 3 (local.get $sum)))))
        (local.set $sums (i32.add (local.get $sums) (i32.const 4)))
        (br $each_row)))))
