import { existsSync, linkSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hashFile } from '../inference/models/file-hash.ts';
import { Manifest } from '../inference/models/manifest.ts';
import { writeDurably } from '../lib/durable-file.ts';

/** What must be set so that the next start finds it; nothing when it lies in the directory. */
export function placeMasterKey(from: string | undefined, data: string, staged: string): string | undefined {
  if (from === undefined) return undefined;
  const inside = existsSync(data) ? relative(realpathSync(data), realpathSync(from)) : '..';
  if (inside.startsWith('..')) return from;
  // A second name of the same file: the key is not copied, and both directories open.
  mkdirSync(dirname(join(staged, inside)), { recursive: true, mode: 0o700 });
  linkSync(realpathSync(from), join(staged, inside));
  return inside === 'master.key' ? undefined : join(data, inside);
}

/** With `databaseUrl`, where the people are from now on. What the settings name inside the old directory comes along under a second name. */
export function writeSettings(
  data: string,
  staged: string,
  { masterKeyFile, databaseUrl }: { masterKeyFile: string | undefined; databaseUrl: string | undefined },
): void {
  const path = join(staged, 'gatehouse.json');
  const settings = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)
    : {};
  delete settings.databaseUrl;
  if (databaseUrl !== undefined) settings.databaseUrl = databaseUrl;
  delete settings.keysDatabaseUrl;
  delete settings.masterKeyFile;
  if (masterKeyFile !== undefined) settings.masterKeyFile = masterKeyFile;
  const installed = join(data, 'tls', 'installed.pem');
  for (const named of [settings.tlsCert, settings.tlsKey, settings.passphraseFile, installed]) {
    if (typeof named !== 'string' || !existsSync(named)) continue;
    const inside = relative(data, named);
    if (inside.startsWith('..')) continue;
    mkdirSync(dirname(join(staged, inside)), { recursive: true, mode: 0o700 });
    linkSync(named, join(staged, inside));
  }
  rmSync(path, { force: true });
  if (Object.keys(settings).length > 0) writeDurably(path, `${JSON.stringify(settings, null, 2)}\n`);
}

/** Model files that the backup only lists come from the old directory where they are the same. */
export async function placeModels(data: string, staged: string): Promise<string[]> {
  const path = join(staged, 'models', 'manifest.json');
  if (!existsSync(path)) return [];
  const missing: string[] = [];
  for (const { id, file, sha256 } of Manifest.parse(JSON.parse(readFileSync(path, 'utf8'))).models) {
    const to = join(staged, 'models', file);
    const old = join(data, 'models', file);
    if (!existsSync(to) && (await hashFile(old)) === sha256) linkSync(old, to);
    if (!existsSync(to)) missing.push(id);
  }
  return missing;
}
