import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';

/** Mode 0600, on disk when it returns. */
export function writeSynced(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  syncFile(path);
}

export function syncFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
