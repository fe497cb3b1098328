import { createHash } from 'node:crypto';
import type { Scorer } from '../matching/index.ts';
import type { Models } from '../models/index.ts';

/** What a shift was measured with: terms, table and model files. */
export function createBasis(models: Pick<Models, 'current'>) {
  const hashes = new WeakMap<Scorer, string>();
  return (scorer: Scorer): string => {
    let hash = hashes.get(scorer);
    if (hash === undefined) {
      const { terms, calibration } = scorer;
      hash = createHash('sha256')
        .update(JSON.stringify([terms, calibration.table]))
        .digest('hex');
      hashes.set(scorer, hash);
    }
    const { files } = models.current();
    return [hash, ...scorer.terms.map(({ model }) => files[model] ?? '')]
      .map((one) => one.slice(0, 16))
      .join('/');
  };
}
