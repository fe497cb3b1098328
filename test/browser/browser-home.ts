import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { missing } from './chromium.ts';

const run = promisify(execFile);
const certutil = '/usr/bin/certutil';

/** Why no browser can be made to trust an authority here; undefined: it can. */
export const missingForTrust =
  missing ?? (existsSync(certutil) ? undefined : 'there is no certutil (libnss3-tools)');

/** A home for Chromium whose store of certificates is empty, or holds this authority (file). */
export async function makeHome(folder: string, authority?: string): Promise<string> {
  const home = await mkdtemp(join(folder, 'home-'));
  const store = `sql:${join(home, '.pki/nssdb')}`;
  await mkdir(join(home, '.pki/nssdb'), { recursive: true });
  await run(certutil, ['-d', store, '-N', '--empty-password']);
  if (authority !== undefined)
    await run(certutil, ['-d', store, '-A', '-t', 'C,,', '-n', 'gatehouse', '-i', authority]);
  return home;
}
