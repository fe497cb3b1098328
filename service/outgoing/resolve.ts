import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createFairSlots } from '../lib/fair/fair-slots.ts';
import { Problem } from '../lib/problem.ts';
import { OutgoingError } from './outgoing.ts';
import type { After } from './post.ts';

/** Every address of a name, in the resolver's order. */
export type Lookup = (host: string) => Promise<string[]>;

/** Asks as everything else on this machine does: its hosts file, then its name servers. */
export const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);

/** Milliseconds for which a name's addresses are cached, so that a thousand deliveries do not need a thousand queries. */
const BELIEVED = 5_000;
/** Milliseconds that a question waits for its turn, and then for its answer. */
const TURN = 10_000;
const WAIT = 10_000;
const NAMES = 1_000;
/** Names asked for at a time. Each holds a thread that files need too, of 32 in the service, until its servers answer or are given up. */
const ASKED = 24;
/** The last of these places, for organizations that hold none: none has more than half, and twelve such organizations leave one for another. */
const FOR_NEWCOMERS = 12;

export interface ResolveDeps {
  lookup: Lookup;
  after: After;
  /** Milliseconds that only ever grow. */
  elapsed: () => number;
}

interface Question {
  until: number;
  answer: Promise<string[]>;
}

/**
 * One question about a name at a time, however many ask; also where the name servers do not answer. Organizations take turns, and half of
 * the places are for those that hold none: one whose names are not answered holds up no other, also where it asks for the other's names.
 */
export function createResolve({ lookup, after, elapsed }: ResolveDeps) {
  const asked = new Map<string, Question>();
  /** Those that wait for their turn, by organization and name. */
  const waiting = new Map<string, Promise<Question>>();

  const inTurn = createFairSlots({
    atOnce: ASKED,
    forNewcomers: FOR_NEWCOMERS,
    waiting: NAMES,
    clock: { now: elapsed },
    busy: 'Too many names wait.',
  });

  function current(host: string): Question | undefined {
    const known = asked.get(host);
    return known && elapsed() < known.until ? known : undefined;
  }

  function ask(host: string): Question {
    const answer = lookup(host);
    const question = { until: Number.POSITIVE_INFINITY, answer };
    asked.delete(host);
    asked.set(host, question);
    for (const oldest of asked.keys()) {
      if (asked.size <= NAMES) break;
      asked.delete(oldest);
    }
    const answered = () => {
      question.until = elapsed() + BELIEVED;
    };
    answer.then(answered, answered);
    return question;
  }

  /** The question, once it is asked. */
  function askInTurn(host: string, organization: string): Promise<Question> {
    const name = `${organization} ${host}`;
    const known = waiting.get(name);
    if (known) return known;
    const { promise, resolve, reject } = Promise.withResolvers<Question>();
    waiting.set(name, promise);
    const waited = new AbortController();
    const tooMany = () => new OutgoingError('unresolved', `Too many names wait before ${host}.`);
    const cancel = after(TURN, () => waited.abort(tooMany()));
    const endWait = () => {
      cancel();
      if (waiting.get(name) === promise) waiting.delete(name);
    };
    const work = async () => {
      endWait();
      const others = current(host);
      const question = others ?? ask(host);
      resolve(question);
      if (!others) await question.answer;
    };
    inTurn({ world: 'live', organization, key: '' }, work, waited.signal).catch((error: unknown) => {
      // The answer of one that was asked goes to those who wait for it.
      endWait();
      reject(error instanceof Problem ? tooMany() : error);
    });
    return promise;
  }

  async function answerOf(host: string, { answer }: Question): Promise<string[]> {
    let cancel = () => {};
    const tooLate = new Promise<never>((_, fail) => {
      cancel = after(WAIT, () =>
        fail(new OutgoingError('unresolved', `The name servers did not answer for ${host}.`)),
      );
    });
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      cancel();
    }
  }

  return async (host: string, organization = ''): Promise<string[]> => {
    if (isIP(host) !== 0) return [host];
    try {
      const question = current(host) ?? (await askInTurn(host, organization));
      const addresses = await answerOf(host, question);
      if (addresses.length > 0) return [...new Set(addresses)];
    } catch (error) {
      if (error instanceof OutgoingError) throw error;
      const { code } = error as { code?: string };
      throw new OutgoingError('unresolved', `${host} has no address (${code ?? String(error)}).`);
    }
    throw new OutgoingError('unresolved', `${host} has no address.`);
  };
}
