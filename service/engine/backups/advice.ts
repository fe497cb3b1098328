import type { KeyCopy } from './backup-files.ts';

/** Advice about the locations of a backup and the copies of the key store, one sentence each. */
export function adviceFor(folder: string, keys: readonly KeyCopy[]): string[] {
  const advice: string[] = [];
  if (keys.some(({ place }) => place === folder)) {
    advice.push(
      `The data and a copy of the key store are both in ${folder}: with the master key they open everything. Better: --keys-to a folder on other media.`,
    );
  }
  if (keys.length < 2) {
    advice.push(
      'The key store has one copy. Without the key store no backup opens: at least two places are advised (“gatehouse keystore add DIR”).',
    );
  }
  for (const { place, state, reason } of keys) {
    if (state !== 'current')
      advice.push(`The copy of the key store in ${place} is ${state}: ${reason ?? ''}`.trim());
  }
  return advice;
}
