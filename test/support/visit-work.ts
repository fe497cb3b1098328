import { createHash } from 'node:crypto';
import type { VisitProof, VisitWork } from '../../service/engine/live/orders/flow-pages.ts';

/** Does what the browser of a visitor does. */
export function doWork({ challenge, bits }: VisitWork): VisitProof {
  for (let answer = 0; ; answer++) {
    const hash = createHash('sha256').update(`${challenge}.${answer}`).digest();
    if (hash.readUInt32BE(0) >>> (32 - bits) === 0) return { challenge, answer: String(answer) };
  }
}
