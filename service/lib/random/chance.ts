/** Fills with random bytes: `randomFillSync`. */
export type RandomBytes = (into: Uint8Array) => void;

export interface Chance {
  /** A whole number from 0, each as likely. `count` at most 2 ** 16. */
  below(count: number): number;
  shuffle<T>(values: readonly T[]): T[];
}

export function createChance(random: RandomBytes): Chance {
  const bytes = new Uint8Array(4);
  function below(count: number): number {
    // 32 bits for at most 16: the bias is below 2 ** -16
    random(bytes);
    return new DataView(bytes.buffer).getUint32(0) % count;
  }
  return {
    below,
    shuffle(values) {
      const mixed = [...values];
      for (let i = mixed.length - 1; i > 0; i--) {
        const other = below(i + 1);
        [mixed[i], mixed[other]] = [mixed[other]!, mixed[i]!];
      }
      return mixed;
    },
  };
}
