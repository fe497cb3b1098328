import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '../inference/models/manifest.ts';
import type { BackupFacts } from './backup-file.ts';
import type { Part } from './backup-parts.ts';

export function readPassphraseFile(data: string): string | undefined {
  const path = join(data, 'master-passphrase.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** `gatehouse.json` without the names and passwords inside database URLs. */
export function backupSettings(data: string): Part {
  const path = join(data, 'gatehouse.json');
  const settings = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)
    : {};
  for (const name of ['databaseUrl', 'keysDatabaseUrl']) {
    if (typeof settings[name] !== 'string') continue;
    const url = URL.parse(settings[name]);
    if (url) Object.assign(url, { username: '', password: '', search: '' });
    settings[name] = url?.href;
  }
  return { name: 'gatehouse.json', bytes: Buffer.from(`${JSON.stringify(settings, null, 2)}\n`) };
}

/** The models that were imported: their entries and their files, without which a restored box may refuse every live verification. */
export function importedModels(data: string): { list: BackupFacts['models']; parts: Part[] } {
  const folder = join(data, 'models');
  const path = join(folder, 'manifest.json');
  if (!existsSync(path)) return { list: [], parts: [] };
  const bytes = readFileSync(path);
  const { models } = Manifest.parse(JSON.parse(bytes.toString()));
  const there = models.map(({ id, file, sha256 }) => ({
    id,
    file,
    sha256,
    included: existsSync(join(folder, file)),
  }));
  return {
    list: there,
    parts: [
      { name: 'models/manifest.json', bytes },
      ...there
        .filter(({ included }) => included)
        .map(({ file }) => ({ name: `models/${file}`, path: join(folder, file) })),
    ],
  };
}
