import type { Work } from './wire.ts';

/** Hashes that are under way together. */
const TOGETHER = 512;

/** Finds an answer to the work that a further visit costs. Takes about 2 ** bits hashes. */
export async function doWork({ challenge, bits }: Work): Promise<{ challenge: string; answer: string }> {
  const encoder = new TextEncoder();
  const fits = async (answer: number) => {
    const hash = await crypto.subtle.digest('SHA-256', encoder.encode(`${challenge}.${answer}`));
    return new DataView(hash).getUint32(0) >>> (32 - bits) === 0;
  };
  for (let first = 0; ; first += TOGETHER) {
    const found = await Promise.all(Array.from({ length: TOGETHER }, (_, at) => fits(first + at)));
    const at = found.indexOf(true);
    if (at >= 0) return { challenge, answer: String(first + at) };
  }
}
