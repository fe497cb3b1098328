import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type Expected, packed } from './expected.ts';

const fixture = fileURLToPath(new URL('./0.1.1', import.meta.url));

/** What the last Gatehouse 0.1 left, unpacked into `folder` (`packed` names the parts). */
export function unpackFixture(folder: string): Expected {
  const tar = spawnSync('tar', ['-xzf', join(fixture, packed.archive), '-C', folder]);
  if (tar.status !== 0) throw new Error(`tar ended with ${tar.status}: ${tar.stderr}`);
  return JSON.parse(readFileSync(join(fixture, 'expected.json'), 'utf8')) as Expected;
}

/** The same people in PostgreSQL, as SQL. */
export const postgresFixture = (): string =>
  gunzipSync(readFileSync(join(fixture, 'postgres.sql.gz'))).toString('utf8');
