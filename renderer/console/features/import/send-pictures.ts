import { needsDomain, withDomain } from '../../../../sdk/admin/bulk-import/picture-list.ts';
import {
  type ImportDeps,
  type ImportEntry,
  type ImportOutcome,
  runImport,
} from '../../../../sdk/admin/bulk-import/run-import.ts';
import { Refusal } from '../../../ui/refusal.ts';
import { AnswerLost } from '../../api/answer-lost.ts';
import { admin, api, type Schemas } from '../../data.ts';
import { adviceIn } from '../../reasons/message-text.ts';

type Env = 'live' | 'test';
/** What goes along with every picture. */
export type Common = Pick<Schemas['EnrollOrder'], 'consent' | 'overrideLiveness' | 'overrideQuality'>;

/** What an import added, to take it back. */
export interface Added {
  person: string;
  picture: string;
  /** The person is new. */
  created: boolean;
}

/** What an import sent. */
interface Sent {
  /** When it began, by the clock of the box. */
  since?: string;
  /** Pictures that had no answer, by person and hash. */
  lost: Set<string>;
}

/** How an import ended; `error`: what broke it off. */
export interface Ended {
  outcomes: ImportOutcome[];
  added: Added[];
  sent: Sent;
  error?: unknown;
}

export interface Progress {
  settled: number;
  enrolled: number;
  skipped: number;
  refused: number;
}

/** Pictures under way at a time: a browser has six connections to a host. */
const LANES = 4;
/** Refusals that have nothing to do with the picture: the next one would meet the same. */
const ofTheImport = new Set([
  'NO_ANSWER',
  'MISSING_AUTH',
  'CSRF_REFUSED',
  'OTHER_ACCOUNT',
  'SECOND_FACTOR_REQUIRED',
  'INSUFFICIENT_SCOPE',
  'PAD_NOT_INSTALLED',
  'CONSENT_REQUIRED',
]);

/** A slow moment is waited out, though it may be done. */
const isOfThePicture = (error: unknown): error is Refusal =>
  error instanceof Refusal &&
  !ofTheImport.has(error.code) &&
  (!(error instanceof AnswerLost) || error.code === 'TIMEOUT');

/** Enrolls all pictures, as the command `subject import` does. `sent`: by the run of which these are tried again. */
export async function sendPictures(
  env: Env,
  entries: readonly ImportEntry[],
  {
    domain,
    common,
    sent: before,
    ...rest
  }: { domain: string; common: Common; sent?: Sent | undefined } & Pick<ImportDeps, 'stop' | 'progress'>,
): Promise<Ended> {
  const added: Added[] = [];
  const sent: Sent = { ...before, lost: new Set(before?.lost) };
  const settled = new Map<string, ImportOutcome>();
  const deps: ImportDeps = {
    ...rest,
    progress(outcome) {
      settled.set(keyOf(outcome), outcome);
      rest.progress(outcome);
    },
    halt: new AbortController().signal,
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    concurrency: LANES,
    addressOf: (person) => addressOf(env, person, domain),
    async enroll({ picture, ...order }) {
      const key = `${order.email}\n${order.mark}`;
      try {
        const reply = await api.post(
          '/api/admin/subjects',
          { env },
          { request: { ...common, ...order }, file: new Blob([picture]) },
        );
        const own =
          reply.repeated && sent.lost.has(key) ? await addedSince(env, reply, sent.since) : undefined;
        sent.lost.delete(key);
        if (reply.repeated && !own) return { repeated: true };
        added.push(own ?? { person: reply.userId, picture: reply.picture, created: reply.created });
        return {};
      } catch (error) {
        if (error instanceof AnswerLost) sent.lost.add(key);
        throw error;
      }
    },
    refusalOf: (error) =>
      isOfThePicture(error) ? { code: error.code, reason: reasonOf(error), ...checkOf(error) } : undefined,
    isLost: (error) => error instanceof AnswerLost,
  };
  try {
    sent.since ??= (await api.get('/api/admin/overview', { env })).at;
    const outcomes = await runImport(entries, deps);
    // Best effort: the people are enrolled, and the service measures again later.
    if (added.length > 0) await api.post('/api/admin/organization/calibrations').catch(() => {});
    return { outcomes, added, sent };
  } catch (error) {
    const outcomes = entries.map(
      ({ label, person }): ImportOutcome =>
        settled.get(keyOf({ file: label, person })) ?? { file: label, person, outcome: 'not-tried' },
    );
    return { outcomes, added, sent, error };
  }
}

/** The picture that the person has already, where this import added it: its answer was lost. */
async function addedSince(
  env: Env,
  { userId: person, picture }: Schemas['Enrolled'],
  since = '',
): Promise<Added | undefined> {
  const { createdAt, pictures } = await api.get('/api/admin/subjects/{id}', { id: person, env });
  const isOwn = pictures.some((one) => one.id === picture && one.createdAt >= since);
  return isOwn ? { person, picture, created: createdAt >= since } : undefined;
}

/** The entries of these outcomes. */
export function entriesOf(
  entries: readonly ImportEntry[],
  outcomes: readonly ImportOutcome[],
): readonly ImportEntry[] {
  const wanted = new Set(outcomes.map(keyOf));
  return entries.filter(({ label, person }) => wanted.has(keyOf({ file: label, person })));
}

/** An import, and another run of some of its pictures. */
export function together(before: Ended, again: Ended): Ended {
  const later = new Map(again.outcomes.map((one) => [keyOf(one), one]));
  return {
    ...again,
    outcomes: before.outcomes.map((one) => {
      const now = later.get(keyOf(one));
      return now === undefined || now.outcome === 'not-tried' ? one : now;
    }),
    added: [...before.added, ...again.added],
  };
}

const keyOf = ({ file, person }: Pick<ImportOutcome, 'file' | 'person'>) => `${person}\n${file}`;

/** With what the person can do about it, where the service says so. */
function reasonOf({ message, body: { reason } }: Refusal): string {
  return typeof reason === 'string' && reason !== message ? `${message} ${reason}` : message;
}

/** The check that refused the picture, and what it advises. */
function checkOf({ body: { checkResults } }: Refusal): { check?: string; advice?: string } {
  const results = (Array.isArray(checkResults) ? checkResults : []) as {
    check?: string;
    pass?: boolean;
    details?: unknown;
  }[];
  const failed = results.find(({ pass }) => pass === false);
  const advice = adviceIn(failed?.details);
  return {
    ...(failed?.check !== undefined && { check: failed.check }),
    ...(advice !== undefined && { advice }),
  };
}

/** An id is looked up; a name without @ takes the domain. */
async function addressOf(env: Env, person: string, domain: string): Promise<string> {
  if (needsDomain(person)) return withDomain(person, domain);
  if (person.includes('@')) return person;
  const { email } = await api.get('/api/admin/subjects/{id}', { id: person, env });
  return email ?? person;
}

/** Takes back what an import added: erases the people who are new, and removes the pictures of the others. `done`: after each. */
export async function takeBack(
  env: Env,
  added: readonly Added[],
  done: (count: number) => void,
): Promise<{ failed: Refusal[] }> {
  const created = new Set(added.flatMap(({ person, created }) => (created ? [person] : [])));
  const failed: Refusal[] = [];
  let count = 0;
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!isOfThePicture(error) || error.code === 'FRESH_FACTOR_REQUIRED') throw error;
      failed.push(error);
    }
    done(++count);
  };
  for (const id of created)
    await attempt(() =>
      admin.POST('/api/admin/subjects/{id}/erase', {
        params: { path: { id }, query: { env } },
        body: { confirm: id, reason: 'request', prove: false },
      }),
    );
  // The newest first: a picture that others were compared with goes last.
  for (const { person: id, picture } of added.toReversed())
    if (!created.has(id))
      await attempt(() =>
        admin.DELETE('/api/admin/subjects/{id}/pictures/{picture}', {
          params: { path: { id, picture }, query: { env } },
        }),
      );
  return { failed };
}

export const countBack = (added: readonly Added[]): { people: number; pictures: number } => {
  const created = new Set(added.flatMap(({ person, created }) => (created ? [person] : [])));
  return { people: created.size, pictures: added.filter(({ person }) => !created.has(person)).length };
};
