import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { ImportJournal } from './import-journal.ts';
import type { ImportEntry } from './import-list.ts';

export interface ImportOutcome {
  file: string;
  person: string;
  /** `skipped`: an earlier run enrolled it. `not-tried`: the import was stopped before. */
  outcome: 'enrolled' | 'skipped' | 'refused' | 'not-tried';
  code?: string;
  reason?: string;
}

export interface ImportDeps {
  journal: ImportJournal;
  /** The e-mail address of a person as the list names them; throws Problem. */
  addressOf(person: string): Promise<string>;
  /** `repeated`: the person had this picture already. Throws Problem. */
  enroll(input: { email: string; name?: string; picture: Uint8Array; mark: string }): Promise<{
    repeated?: true;
  }>;
  /** One more entry is settled. */
  progress(outcome: ImportOutcome): void;
  /** Stops taking new pictures; what is under way ends. */
  stop: AbortSignal;
  /** Leaves at once; what is under way counts as not tried. */
  halt: AbortSignal;
  /** Resolves after so many milliseconds. */
  pause(milliseconds: number): Promise<unknown>;
  /** Pictures under way at a time. */
  concurrency: number;
}

/** These say that the box is not well, not that the picture is bad: the import stops and can be run again. */
const fatal = new Set([
  'STORAGE_FULL',
  'STORAGE_UNAVAILABLE',
  'SEALED',
  'INTERNAL',
  'MODEL_NOT_INSTALLED',
  'NOT_FOUND',
]);
const RETRIES = 20;

/**
 * Enrolls every entry; outcomes in the order of the list. People run side by side, the pictures of one person one after the
 * other, because the second is compared with the first. Throws what stops the whole import.
 */
export async function runImport(entries: readonly ImportEntry[], deps: ImportDeps): Promise<ImportOutcome[]> {
  const outcomes = entries.map(
    ({ label, person }): ImportOutcome => ({ file: label, person, outcome: 'not-tried' }),
  );
  const people = [
    ...Map.groupBy(entries.keys(), (index) => entries[index]?.person.toLowerCase() ?? '').values(),
  ];
  let next = 0;
  let failure: { error: unknown } | undefined;
  const lane = async () => {
    for (let group = people[next++]; group && !failure; group = people[next++]) {
      for (const index of group) {
        const entry = entries[index];
        const outcome = outcomes[index];
        if (!entry || !outcome || deps.stop.aborted || failure) return;
        try {
          Object.assign(outcome, await settle(entry, deps));
        } catch (error) {
          failure ??= { error };
          return;
        }
        deps.progress(outcome);
      }
    }
  };
  await Promise.race([Promise.all(Array.from({ length: deps.concurrency }, lane)), aborted(deps.halt)]);
  if (failure) throw failure.error;
  return outcomes.map((outcome) => ({ ...outcome }));
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function settle(entry: ImportEntry, deps: ImportDeps): Promise<Partial<ImportOutcome>> {
  let picture: Uint8Array;
  try {
    picture = await readFile(entry.file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? `There is no such file: ${entry.file}` : `The file cannot be read (${code}).`;
    return { outcome: 'refused', code: 'FILE_UNREADABLE', reason };
  }
  try {
    const email = await deps.addressOf(entry.person);
    if (deps.journal.has(email, picture)) return { outcome: 'skipped' };
    const { name } = entry;
    const mark = createHash('sha256').update(picture).digest('hex');
    const { repeated } = await patiently(
      () => deps.enroll({ email, picture, mark, ...defined({ name }) }),
      deps.pause,
    );
    await deps.journal.add(email, picture);
    return { outcome: repeated ? 'skipped' : 'enrolled' };
  } catch (error) {
    if (!(error instanceof Problem) || fatal.has(error.code)) throw error;
    const { reason } = error.extra;
    return {
      outcome: 'refused',
      code: error.code,
      reason: reason === undefined || reason === error.message ? error.message : `${error.message} ${reason}`,
    };
  }
}

/** A full queue or a slow moment is waited out, longer each time. */
async function patiently<T>(work: () => Promise<T>, pause: ImportDeps['pause']): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const busy = error instanceof Problem && (error.code === 'OVERLOADED' || error.code === 'TIMEOUT');
      if (!busy || attempt > RETRIES) throw error;
      await pause(Math.min(5000, 100 * 2 ** attempt));
    }
  }
}
