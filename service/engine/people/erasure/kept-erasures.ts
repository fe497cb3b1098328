import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Log } from '../../../lib/log.ts';
import { createOneAtATime } from '../../../lib/turns.ts';
import { type Erased, readSigned, type Signing } from './ledger.ts';

/**
 * The signed list of erasures as this machine has seen it, where the record lies elsewhere: a server that takes the place of another
 * one may have an older record, its list of erasures included. This one does not go back with it.
 */
export type KeptErasures = ReturnType<typeof openKeptErasures>;

/** Where the record lies on the disk of this machine: its list is there. */
export const keptByRecord: KeptErasures = { keep: async () => {}, erased: () => [] };

export interface KeptErasuresDeps {
  file: string;
  keys: { erasureLedger(from?: number): Promise<{ seq: number; entry: string }[]> };
  signing: Pick<Signing, 'publicKeys' | 'verify'>;
  log: Log;
}

/** `file`: an entry a line, as they are in the record. An entry that this appliance did not sign is none. */
export function openKeptErasures({ file, keys, signing, log }: KeptErasuresDeps) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const entries = new Map<string, Erased>();
  let foreign = 0;
  for (const line of lines) {
    const erased = readSigned(line, signing);
    if (erased) entries.set(line, erased);
    else foreign += 1;
  }
  if (foreign > 0)
    log.error(
      { file, lines: foreign },
      'lines of the list of erasures of this machine are not signed: they count for nothing',
    );
  /** Entry of the record's list up to which all are on disk. */
  let through = 0;
  const oneAtATime = createOneAtATime();

  return {
    /** What was added to the list of the record since the last time, or from an entry on, is on the disk of this machine when it resolves. */
    keep: (from = through + 1): Promise<void> =>
      oneAtATime(async () => {
        const added = await keys.erasureLedger(from);
        const fresh = added.flatMap(({ entry }) => {
          const erased = entries.has(entry) ? undefined : readSigned(entry, signing);
          return erased ? [{ entry, erased }] : [];
        });
        if (fresh.length > 0) {
          await using handle = await open(file, 'a', 0o600);
          await handle.writeFile(fresh.map(({ entry }) => `${entry}\n`).join(''));
          await handle.sync();
        }
        for (const { entry, erased } of fresh) entries.set(entry, erased);
        through = added.at(-1)?.seq ?? through;
      }),
    /** Everyone in it. */
    erased: (): Erased[] => [...entries.values()],
  };
}
