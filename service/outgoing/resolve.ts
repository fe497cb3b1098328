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
const WAIT = 10_000;
const NAMES = 1_000;
/** Names asked for at a time. Each holds a thread that files need too, of 32 in the service, until its servers answer or are given up. */
const ASKED = 24;

export interface ResolveDeps {
  lookup: Lookup;
  after: After;
  /** Milliseconds that only ever grow. */
  elapsed: () => number;
}

/**
 * One question about a name at a time, however many ask; also where the name servers do not answer. Organizations take turns: one whose
 * names are not answered holds up no other.
 */
export function createResolve({ lookup, after, elapsed }: ResolveDeps) {
  const asked = new Map<string, { until: number; answer: Promise<string[]> }>();

  const inTurn = createFairSlots({
    atOnce: ASKED,
    waiting: NAMES,
    clock: { now: elapsed },
    busy: 'Too many names wait.',
  });
  const askInTurn = (host: string, organization: string) =>
    inTurn({ world: 'live', organization, key: '' }, () => lookup(host)).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      throw new OutgoingError('unresolved', `Too many names wait before ${host}.`);
    });

  function ask(host: string, organization: string): Promise<string[]> {
    const known = asked.get(host);
    if (known && elapsed() < known.until) return known.answer;
    const answer = askInTurn(host, organization);
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
    return answer;
  }

  return async (host: string, organization = ''): Promise<string[]> => {
    if (isIP(host) !== 0) return [host];
    let cancel = () => {};
    const tooLate = new Promise<never>((_, fail) => {
      cancel = after(WAIT, () =>
        fail(new OutgoingError('unresolved', `The name servers did not answer for ${host}.`)),
      );
    });
    try {
      const addresses = await Promise.race([ask(host, organization), tooLate]);
      if (addresses.length > 0) return [...new Set(addresses)];
    } catch (error) {
      if (error instanceof OutgoingError) throw error;
      const { code } = error as { code?: string };
      throw new OutgoingError('unresolved', `${host} has no address (${code ?? String(error)}).`);
    } finally {
      cancel();
    }
    throw new OutgoingError('unresolved', `${host} has no address.`);
  };
}
