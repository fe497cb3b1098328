import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeDurably } from '../../lib/durable-file.ts';
import type { Log } from '../../lib/log.ts';
import { createOneAtATime } from '../../lib/turns.ts';
import { readHash, readHead, readMatching, readOldestCheckpoint } from './audit-store.ts';
import type { Checkpoint, Head } from './chain.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Foundation } from './foundation.ts';
import type { LostLines, OwnEnd, TimedLine } from './own-end.ts';

/**
 * Where all chains ended when this machine looked last, signed, on its own disk, where the record lies elsewhere: a server that takes the
 * place of another one may have an older record, whose log is whole and only shorter.
 */
export type KeptHeads = ReturnType<typeof openKeptHeads>;

/** Where the record lies on the disk of this machine. */
export const headsKeptByRecord: KeptHeads = {
  compare: async () => 0,
  maintain: async () => {},
  keep: async () => {},
  lost: () => [],
};

const Signed = z.strictObject({
  seq: z.int().min(1),
  hash: z.string(),
  at: z.int(),
  kind: z.string(),
  previous: z.int(),
  kid: z.string(),
  signature: z.string(),
});
const Kept = z.strictObject({
  chains: z.record(z.string(), Signed),
  lost: z.array(z.strictObject({ chain: z.string(), from: z.int().optional(), seen: Signed })),
});
type Lost = z.output<typeof Kept>['lost'][number];

export interface KeptHeadsDeps extends Pick<Foundation, 'db' | 'clock' | 'log'> {
  file: string;
  /** Chain of this process. */
  chain: string;
  end: OwnEnd;
  checkpoints: Pick<Checkpoints, 'isOurs' | 'isAccountedFor' | 'signed'>;
}

export function openKeptHeads({ file, chain: own, end, db, checkpoints, clock, log }: KeptHeadsDeps) {
  const read = readKept(file, log);
  const isOurs = (chain: string, one: Checkpoint) => checkpoints.isOurs(one, chain);
  const kept = new Map(Object.entries(read.chains).filter(([chain, one]) => isOurs(chain, one)));
  let lost = read.lost.filter(({ chain, seen }) => isOurs(chain, seen));
  if (kept.size < Object.keys(read.chains).length || lost.length < read.lost.length)
    log.error({ file }, 'ends of the audit log on this machine are not signed: they count for nothing');
  /** How often lines were found to be lost. */
  let losses = 0;
  const oneAtATime = createOneAtATime();

  const sign = (chain: string, { seq, hash, at }: TimedLine): Checkpoint =>
    checkpoints.signed({ seq, hash, at, kind: 'seen', previous: 0 }, chain);

  function write(): void {
    try {
      writeDurably(file, JSON.stringify({ chains: Object.fromEntries(kept), lost }));
    } catch (error) {
      log.error({ err: error, file }, 'the ends of the audit log could not be kept on this machine');
    }
  }

  /** Undefined: it is there, was pruned, or a restore accounts for it. */
  async function findLost(chain: string, seen: Checkpoint): Promise<Lost | undefined> {
    const hash = await readHash(db, chain, seen.seq);
    if (hash === seen.hash) return undefined;
    const oldest = await readOldestCheckpoint(db, chain);
    if (oldest?.kind === 'prune' && seen.seq <= oldest.seq && isOurs(chain, oldest)) return undefined;
    if (await checkpoints.isAccountedFor(db, chain, seen)) return undefined;
    const { seq } = await readHead(db, chain);
    if (seq >= seen.seq) return { chain, seen };
    // Later lines were added by what took over.
    const window = { after: 0, until: seen.seq, limit: 1 };
    const [last] = await readMatching(db, chain, { until: seen.at + 1 }, window);
    return { chain, seen, from: 1 + (last?.seq ?? (oldest?.kind === 'prune' ? oldest.seq : 0)) };
  }

  async function compare(): Promise<number> {
    const newest = end.newest();
    const before = JSON.stringify([[...kept.keys()], lost]);
    if (newest && newest.seq > (kept.get(own)?.seq ?? 0)) kept.set(own, sign(own, newest));
    for (const [chain, seen] of [...kept]) {
      const found = await findLost(chain, seen);
      if ((await readHash(db, chain, seen.seq)) !== seen.hash) kept.delete(chain);
      if (!found) continue;
      lost.push(found);
      losses++;
      log.error(
        { chain: chain || undefined, from: found.from, through: seen.seq },
        'lines of the audit log that this machine has seen are lost: the record is an older one, or they were cut off. Run "gatehouse audit verify"',
      );
    }
    if (newest && !kept.has(own)) end.beginAt({ ...(await readHead(db, own)), at: clock.now() });
    const still: Lost[] = [];
    for (const one of lost) if (!(await checkpoints.isAccountedFor(db, one.chain, one.seen))) still.push(one);
    lost = still;
    if (JSON.stringify([[...kept.keys()], lost]) !== before) write();
    return losses;
  }

  return {
    /**
     * Notices what of it the record has no more; first of all, before a line is added to that record. What a signed restore or accepted
     * loss that came later accounts for is not lost. Gives how often something was found so far.
     */
    compare: (): Promise<number> => oneAtATime(compare),
    /** As `compare`, where something is lost already or the newest line of this process is gone; else one look at that line. */
    maintain: (): Promise<void> =>
      oneAtATime(async () => {
        const newest = end.newest();
        const isThere = newest === undefined || (await readHash(db, own, newest.seq)) === newest.hash;
        if (!isThere || lost.length > 0) await compare();
      }),
    /** Compares, then keeps these. On disk when it resolves; a disk that cannot be written is logged. */
    keep: (heads: readonly Head[]): Promise<void> =>
      oneAtATime(async () => {
        await compare();
        for (const head of heads)
          if (head.seq > 0) kept.set(head.chain, sign(head.chain, { ...head, at: clock.now() }));
        write();
      }),
    lost: (): readonly LostLines[] =>
      lost.map(({ chain, from, seen }) => ({ chain, from, through: seen.seq })),
  };
}

function readKept(file: string, log: Log): z.output<typeof Kept> {
  if (!existsSync(file)) return { chains: {}, lost: [] };
  try {
    return Kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    log.error({ err: error, file }, 'the ends of the audit log on this machine cannot be read');
    return { chains: {}, lost: [] };
  }
}
