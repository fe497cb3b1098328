import { defined } from '../../lib/defined.ts';
import { type AcknowledgedRestore, type Checkpoint, type Damage, type Head, keyOf } from './chain.ts';
import type { ChainReferences, ChainWalk } from './walk-chain.ts';

/** Milliseconds after which a node that has not left is silent: it signs at least every ten minutes. */
const SILENT = 1_800_000;

/** A node that signed nothing while others did, and did not leave. */
export interface SilentNode {
  node: string;
  /** The last that it signed, ms since 1970. */
  since: number;
}

/** What was found of a log. */
export interface LogReport<Found = Damage> {
  valid: boolean;
  /** Lines of the chain that are there; of all chains, where there are several. */
  lines: number;
  /** Lines from before the chain. */
  outside: number;
  /** Seq of the last line; 0 for none. Of several chains, of the longest. */
  last: number;
  checkpoints: number;
  lastCheckpoint?: Checkpoint;
  /** Lines after the last checkpoint: chained, not signed yet. Cutting off exactly these is not detected. */
  uncovered: number;
  /** The lines up to here were deleted by term; where there are several chains, it stands in each. */
  pruned?: { through: number; at: number };
  /** Restores of an older backup that an operator acknowledged: lines were lost there deliberately. */
  restores: AcknowledgedRestore[];
  /** Where there are nodes. */
  chains?: ReportedChain[];
  /** With `chains`. */
  silent?: SilentNode[];
  damage?: Found;
}

/** One of several chains. */
export interface ReportedChain {
  /** Absent: the chain of the service that shares its database with none. */
  node?: string;
  lines: number;
  last: number;
  uncovered: number;
  pruned?: { through: number; at: number };
  damage?: Damage;
}

interface Named extends Head {
  by: { chain: string; seq: number };
}

/** What all chains say of one another, judged when all were walked. */
export function createSeveralChains() {
  /** The newest that names a line comes last. */
  const named = new Map<string, Named>();
  const contradicted: Named[] = [];
  const restored = new Set<string>();
  const removed = new Set<string>();
  const said: ChainReferences = {
    named(head, by) {
      const before = named.get(keyOf(head));
      if (before && before.hash !== head.hash) contradicted.push(before);
      named.set(keyOf(head), { ...head, by });
    },
    restored: (head) => void restored.add(`${keyOf(head)} ${head.hash}`),
    removed: (chain) => void removed.add(chain),
  };
  return {
    said,
    /** The lines of which a chain says what they are. */
    named: (): Iterable<Head> => named.values(),
    isRestored: (head: Head): boolean => restored.has(`${keyOf(head)} ${head.hash}`),
    /**
     * Blames each chain for what others saw of it and is not there. `hashOf`: of a line that is there; undefined where it was pruned.
     */
    async judge(
      walks: ReadonlyMap<string, ChainWalk>,
      hashOf: (head: Head) => Promise<string | undefined> | string | undefined,
    ): Promise<Damage[]> {
      const missing: Damage[] = [];
      for (const one of [...contradicted, ...named.values()]) {
        const walk = walks.get(one.chain);
        if (!walk) {
          if (!missing.some(({ node }) => node === one.chain)) missing.push(gone(one));
          continue;
        }
        if (walk.damage()) continue;
        if (one.seq > walk.seq()) walk.blame(cut(one, walk.seq()));
        else if (((await hashOf(one)) ?? one.hash) !== one.hash) walk.blame(rolledBack(one));
      }
      return missing;
    },
    silent(walks: Iterable<ChainWalk>): SilentNode[] {
      const signs = [...walks].map((walk) => ({ node: walk.chain, ...walk.sign() }));
      const newest = Math.max(...signs.map(({ at }) => at));
      return signs
        .filter(({ node, at, left }) => node !== '' && !left && !removed.has(node) && newest - at > SILENT)
        .map(({ node, at }) => ({ node, since: at }));
    },
  };
}

const nameOf = (chain: string) =>
  chain === '' ? 'the chain from before there were nodes' : `the chain of ${chain}`;
const seenBy = ({ by }: Named) => `line ${by.seq} of ${nameOf(by.chain)}`;

const cut = (one: Named, last: number): Damage => ({
  seq: last + 1,
  is: 'truncated',
  says: `It ends at line ${last}, but ${seenBy(one)} names its line ${one.seq}, signed: the lines after ${last} were cut off.`,
});

const rolledBack = (one: Named): Damage => ({
  seq: one.seq,
  is: 'rolled-back',
  says: `Its line ${one.seq} is another than the one that ${seenBy(one)} names, signed: an older state was put back and went on, or it was written anew.`,
});

const gone = (one: Named): Damage => ({
  node: one.chain,
  seq: 1,
  is: 'truncated',
  says: `All of it is gone: ${seenBy(one)} names its line ${one.seq}, signed.`,
});

/** `more`: damage of the log that is of no chain that is there. The first that was found is named, of several chains that of each. */
export function summarize(
  walked: Iterable<ChainWalk>,
  more: readonly (Damage | undefined)[],
  silent: SilentNode[],
): LogReport & { omitted: number } {
  const walks = [...walked];
  const reports = walks.map((walk) => ({ ...walk.report(), chain: walk.chain, damage: walk.damage() }));
  const damage = [...reports.map((one) => one.damage), ...more].find((one) => one !== undefined);
  const sum = (of: 'lines' | 'omitted' | 'outside' | 'checkpoints' | 'uncovered') =>
    reports.reduce((all, one) => all + one[of], 0);
  const several = reports.some(({ chain }) => chain !== '');
  const lastCheckpoint = reports
    .flatMap((one) => one.lastCheckpoint ?? [])
    .reduce<Checkpoint | undefined>(
      (newest, one) => (newest && newest.at >= one.at ? newest : one),
      undefined,
    );
  return {
    valid: damage === undefined && silent.length === 0,
    lines: sum('lines'),
    omitted: sum('omitted'),
    outside: sum('outside'),
    ...defined({ pruned: several ? undefined : reports[0]?.pruned }),
    last: Math.max(0, ...reports.map(({ last }) => last)),
    checkpoints: sum('checkpoints'),
    ...defined({ lastCheckpoint }),
    uncovered: sum('uncovered'),
    restores: reports.flatMap(({ restores }) => restores),
    ...(several && { chains: reports.map(toReportedChain), silent }),
    ...defined({ damage }),
  };
}

const toReportedChain = ({
  chain,
  lines,
  last,
  uncovered,
  pruned,
  damage,
}: ReturnType<ChainWalk['report']> & { chain: string; damage: Damage | undefined }): ReportedChain => ({
  ...(chain !== '' && { node: chain }),
  lines,
  last,
  uncovered,
  ...defined({ pruned, damage }),
});
