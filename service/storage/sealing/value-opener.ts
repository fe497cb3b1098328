import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import type { SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { startPageThread } from '../../lib/machine/page-thread.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { OrganizationKeys } from '../keys/organization-keys.ts';
import { damagedKey, personBound, type WrappedPersonKey } from '../keys/wrapped-key.ts';
import { OVERHEAD } from './aes-gcm.ts';
import { ERASED, OPEN, type OpenedPage, type SealedPage } from './open-values.ts';

/** One sealed value and its binding. */
interface BoundValue {
  subject: SubjectId;
  bound: string;
  sealed: Uint8Array;
}

export type Unsealed =
  /** `older`: it does not name the world of its context yet, and is to be sealed anew. */
  | { is: 'open'; plain: Uint8Array; older?: true }
  /** The person's key was destroyed, or never was. */
  | { is: 'erased' }
  /** Changed, moved from elsewhere, or sealed under another key. */
  | { is: 'damaged' };

interface ValueOpenerDeps extends WrappedPersonsDeps {
  closed: NameClosed;
  threads?: number;
}

/** Beside the thread that reads and the inference workers, which start at the same time. */
const THREADS = availableParallelism() > 3 ? 2 : 1;

/** Under type stripping this file is `.ts`, after the build `.js`. */
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './open-values-worker.ts' : './open-values-worker.js',
  import.meta.url,
);

/**
 * Opens large amounts in threads of its own, which the keys are handed to in memory; for what reads everything at start. Keeps
 * no person's key.
 */
export function createValueOpener({ keys, organizations, closed, threads = THREADS }: ValueOpenerDeps) {
  const slots = Array.from({ length: threads }, () => ({
    thread: startPageThread<SealedPage, OpenedPage>(worker, 'opens sealed values'),
    known: new Set<string>(),
  }));
  let pages = 0;

  return {
    /** One answer each, in order, none thrown. Several pages may be under way. */
    async openMany(values: readonly BoundValue[]): Promise<Unsealed[]> {
      const slot = slots[pages++ % slots.length]!;
      const subjects = [...new Set(values.map(({ subject }) => subject))];
      // The caller has just read the values, all in one turn of the event loop.
      await turn();
      const rows = await readWrapped({ keys, organizations }, subjects);
      const indexOf = new Map(rows.map(({ subject }, i) => [subject as string, i]));
      const wrapping: SealedPage['wrapping'] = [];
      const persons = rows.map(({ subject, organization, generation, wrapped }) => {
        const name = `${organization}/${generation}`;
        if (!slot.known.has(name)) {
          const key = organizations.wrappingKey(organization, generation);
          if (key) {
            slot.known.add(name);
            wrapping.push({ name, key });
          }
        }
        return { wrapped, wrapping: name, bound: personBound(organization, subject) };
      });
      const ends = new Uint32Array(values.length);
      let size = 0;
      for (const [i, { sealed }] of values.entries()) {
        size += sealed.length;
        ends[i] = size;
      }
      const sealed = new Uint8Array(size);
      for (const [i, value] of values.entries()) sealed.set(value.sealed, ends[i]! - value.sealed.length);
      const person = Int32Array.from(values, ({ subject }) => indexOf.get(subject) ?? -1);
      const request: SealedPage = {
        wrapping,
        persons,
        person,
        bound: values.map(({ bound }) => bound),
        sealed,
        ends,
      };
      const moved = [sealed.buffer, ends.buffer, person.buffer];
      const { states, plain, starts, unopened } = await slot.thread.ask(request, moved);
      for (const i of unopened) closed(rows[i]!.subject);
      return values.map((value, i): Unsealed => {
        if (states[i] === ERASED) return { is: 'erased' };
        if (states[i] !== OPEN) return { is: 'damaged' };
        const start = starts[i]!;
        return { is: 'open', plain: plain.subarray(start, start + value.sealed.length - OVERHEAD) };
      });
    },
    /** Ends the threads, and with them what they knew. */
    async close(): Promise<void> {
      await Promise.all(slots.map(({ thread }) => thread.close()));
    },
  };
}

export interface WrappedPersonsDeps {
  keys: Pick<KeyStore, 'persons'>;
  organizations: Pick<OrganizationKeys, 'wrappingKey' | 'reload'>;
}

/** Names a person whose key does not open, once. */
export type NameClosed = (subject: SubjectId) => void;

export function createNameClosed(log: Log): NameClosed {
  const named = new Set<SubjectId>();
  return (subject) => {
    if (named.has(subject)) return;
    named.add(subject);
    log.error({ subject }, damagedKey(subject).message);
  };
}

/**
 * The keys of these people as they lie in the store. One under a generation that is not known here was rewrapped since it was read, or another
 * node made the generation: all are read again. What is not known then either, was removed.
 */
export async function readWrapped(
  { keys, organizations }: WrappedPersonsDeps,
  subjects: readonly SubjectId[],
): Promise<WrappedPersonKey[]> {
  const isKnown = ({ organization, generation }: WrappedPersonKey) =>
    organizations.wrappingKey(organization, generation) !== undefined;
  const rows = await keys.persons(subjects);
  const unknown = rows.filter((row) => !isKnown(row));
  if (unknown.length === 0) return rows;
  await organizations.reload([...new Set(unknown.map(({ organization }) => organization))]);
  return keys.persons(subjects);
}
