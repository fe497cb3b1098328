import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productRoot } from './product-root.ts';

/** Version of Gatehouse, from package.json. */
export function productVersion(): string {
  const text = readFileSync(join(productRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
