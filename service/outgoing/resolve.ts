import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
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

/** One question about a name at a time, however many ask; also where the name servers do not answer. */
export function createResolve({ lookup, after, elapsed }: ResolveDeps) {
  const asked = new Map<string, { until: number; answer: Promise<string[]> }>();

  const waiting: (() => void)[] = [];
  let asking = 0;

  async function askInTurn(host: string): Promise<string[]> {
    if (waiting.length >= NAMES) throw new OutgoingError('unresolved', `Too many names wait before ${host}.`);
    if (asking < ASKED) asking++;
    else await new Promise<void>((go) => waiting.push(go));
    try {
      return await lookup(host);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else asking--;
    }
  }

  function ask(host: string): Promise<string[]> {
    const known = asked.get(host);
    if (known && elapsed() < known.until) return known.answer;
    const answer = askInTurn(host);
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

  return async (host: string): Promise<string[]> => {
    if (isIP(host) !== 0) return [host];
    let cancel = () => {};
    const tooLate = new Promise<never>((_, fail) => {
      cancel = after(WAIT, () =>
        fail(new OutgoingError('unresolved', `The name servers did not answer for ${host}.`)),
      );
    });
    try {
      const addresses = await Promise.race([ask(host), tooLate]);
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
