import type { AttributeScalar } from "../../types.ts";
import { type AttributeType, toNumber, toTime } from "./attribute-values.ts";

/** The values of one attribute in the documents of one segment. */
export class AttributeColumn {
  /** Each value once. */
  readonly values: readonly AttributeScalar[];
  /** [documents + 1]: where the codes of each document begin. */
  readonly starts: Uint32Array;
  /** Indexes into `values`; each at most once a document. */
  readonly codes: Uint32Array;
  readonly #orders: Map<AttributeType, Float64Array> = new Map();

  constructor(values: readonly AttributeScalar[], starts: Uint32Array, codes: Uint32Array) {
    this.values = values;
    this.starts = starts;
    this.codes = codes;
  }

  get documentCount(): number {
    return this.starts.length - 1;
  }

  /** [values] as numbers to compare by; NaN where a value is none of that type. */
  ordersAs(type: AttributeType): Float64Array {
    const known = this.#orders.get(type);
    if (known !== undefined) return known;
    const toOrder = type === "number" ? toNumber : type === "date" ? toTime : toBit;
    const orders = Float64Array.from(this.values, (value) => toOrder(value));
    this.#orders.set(type, orders);
    return orders;
  }

  /**
   * A value that is none of a type, of a document that counts; `undefined` where there is none. Why documents are asked: values
   * of removed ones stay in the column, and what a page has put right must not go on spoiling the type.
   */
  findOther(type: AttributeType, isRemoved: (document: number) => boolean): AttributeScalar | undefined {
    if (type === "keyword") return undefined;
    const orders = this.ordersAs(type);
    if (!orders.some((order) => Number.isNaN(order))) return undefined;
    for (let document = 0; document < this.documentCount; document++) {
      if (isRemoved(document)) continue;
      const codes = this.codes.subarray(this.starts[document], this.starts[document + 1]);
      const other = codes.find((code) => Number.isNaN(orders[code]));
      if (other !== undefined) return this.values[other];
    }
    return undefined;
  }
}

function toBit(value: AttributeScalar): number {
  return typeof value === "boolean" ? Number(value) : NaN;
}

/** Collects one attribute's values document by document. */
export class ColumnBuilder {
  readonly #codeOf: Map<AttributeScalar, number> = new Map();
  readonly #starts: number[] = [0];
  readonly #codes: number[] = [];

  /** Adds the values of the next document. */
  add(values: readonly AttributeScalar[]): void {
    for (const value of new Set(values)) {
      const code = this.#codeOf.get(value) ?? this.#codeOf.size;
      this.#codeOf.set(value, code);
      this.#codes.push(code);
    }
    this.#starts.push(this.#codes.length);
  }

  finish(): AttributeColumn {
    return new AttributeColumn([...this.#codeOf.keys()], Uint32Array.from(this.#starts), Uint32Array.from(this.#codes));
  }
}
