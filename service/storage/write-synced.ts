import { writeFileSync } from 'node:fs';
import { syncFile } from './sync.ts';

/** Mode 0600, on disk when it returns. */
export function writeSynced(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  syncFile(path);
}
