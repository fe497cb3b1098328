import { personKey } from './picture-list.ts';

/** One picture to enroll. */
export interface ImportEntry {
  /** As the report names it. */
  label: string;
  /** An e-mail address, a person's id, or what a domain must be added to. */
  person: string;
  name?: string;
  /** Throws UnreadablePicture. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** The picture of one entry cannot be read; the import goes on with the others. */
export class UnreadablePicture extends Error {
  override name = 'UnreadablePicture';
}

export interface ImportOutcome {
  file: string;
  person: string;
  /** `skipped`: an earlier run enrolled it. `not-tried`: the import was stopped before. `not-known`: it was sent, and no answer came. */
  outcome: 'enrolled' | 'skipped' | 'refused' | 'not-tried' | 'not-known';
  code?: string;
  reason?: string;
  /** The check that refused it, where one did. */
  check?: string;
  /** Code of what the person in the picture can do. */
  advice?: string;
}

export interface NewPicture {
  email: string;
  name?: string;
  picture: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the picture. */
  mark: string;
}

export interface ImportDeps {
  /** What earlier runs enrolled. */
  journal?: {
    has(email: string, picture: Uint8Array): boolean;
    add(email: string, picture: Uint8Array): Promise<void>;
  };
  /** The e-mail address of a person as the list names them. */
  addressOf(person: string): Promise<string>;
  /** `repeated`: the person had this picture already. */
  enroll(input: NewPicture): Promise<{ repeated?: true }>;
  /** What the box said against this one picture; undefined for an error that stops the whole import. */
  refusalOf(
    error: unknown,
  ): (Required<Pick<ImportOutcome, 'code' | 'reason'>> & Pick<ImportOutcome, 'check' | 'advice'>) | undefined;
  /** After this error it is not known whether the picture was enrolled; absent: no error is so. */
  isLost?(error: unknown): boolean;
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
const stopsImport: ReadonlySet<string> = new Set([
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
    ...Map.groupBy(entries.keys(), (index) => personKey(entries[index]?.person ?? '')).values(),
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
          if (!deps.isLost?.(error)) return;
          outcome.outcome = 'not-known';
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
  try {
    const picture = await entry.read();
    const email = await deps.addressOf(entry.person);
    if (deps.journal?.has(email, picture)) return { outcome: 'skipped' };
    const mark = await sha256(picture);
    const { name } = entry;
    const { repeated } = await patiently(
      () => deps.enroll({ email, picture, mark, ...(name !== undefined && { name }) }),
      deps,
    );
    await deps.journal?.add(email, picture);
    return { outcome: repeated ? 'skipped' : 'enrolled' };
  } catch (error) {
    if (error instanceof UnreadablePicture)
      return { outcome: 'refused', code: 'FILE_UNREADABLE', reason: error.message };
    const refusal = deps.refusalOf(error);
    if (refusal === undefined || stopsImport.has(refusal.code)) throw error;
    return { outcome: deps.isLost?.(error) ? 'not-known' : 'refused', ...refusal };
  }
}

/** A full queue or a slow moment is waited out, longer each time. */
async function patiently<T>(
  work: () => Promise<T>,
  { pause, refusalOf }: Pick<ImportDeps, 'pause' | 'refusalOf'>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const code = refusalOf(error)?.code;
      const busy = code === 'OVERLOADED' || code === 'TIMEOUT';
      if (!busy || attempt > RETRIES) throw error;
      await pause(Math.min(5000, 100 * 2 ** attempt));
    }
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
