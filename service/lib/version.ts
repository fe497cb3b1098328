import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productRoot } from './product-root.ts';

/** Version of Gatehouse, from package.json. */
export function productVersion(): string {
  const text = readFileSync(join(productRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * When this version of Gatehouse was built (ms since 1970, UTC), set by `npm run release:version`: a clock that stands before it
 * is wrong.
 */
export const programBuiltAt = Date.UTC(2026, 10, 1);
