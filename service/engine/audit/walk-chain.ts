import { defined } from '../../lib/defined.ts';
import { beforeTheFirst, hashOutside, type OutsideLine, type StoredLine } from './chain.ts';
import {
  cutOrRewritten,
  findCheckpointFault,
  findLineFault,
  findOmittedFault,
  findPlaceFault,
  type Omitted,
  outsideChanged,
  unsignedAnchor,
} from './chain-faults.ts';
import { type Checkpoint, checkpointBytes } from './checkpoint.ts';
import type { AcknowledgedRestore, Damage, Noted } from './damage.ts';
import { isSigned, type PublicKeys } from './is-signed.ts';
import { saysOutside, saysRestore } from './line-details.ts';

export interface ChainWalkOptions {
  appliance: string;
  keys: PublicKeys;
  noted?: Noted;
  /** The lines from before the chain are left out on purpose. */
  withoutOutside?: boolean;
}

/**
 * Walks a chain from its beginning, line after line, every checkpoint right after its line (the anchor, if lines were pruned,
 * before the first). Pure and synchronous; stops at the first damage.
 */
export function createChainWalk({ appliance, keys, noted, withoutOutside = false }: ChainWalkOptions) {
  let last: Omitted = { seq: 0, hash: beforeTheFirst };
  let damage: Damage | undefined;
  let anchor: Checkpoint | undefined;
  let lastCheckpoint: Checkpoint | undefined;
  let checkpoints = 0;
  let lines = 0;
  let omitted = 0;
  const outside = createOutsideCount();
  const restores = createRestoreList();
  let passedNoted = false;

  const isOurs = (made: Checkpoint) => isSigned(keys, checkpointBytes(appliance, made), made);

  function follow(line: Omitted): void {
    last = line;
    if (noted?.seq === line.seq && noted.hash === line.hash) passedNoted = true;
  }

  return {
    damage: () => damage,
    /** Number of the last line. */
    seq: () => last.seq,
    /** Takes the checkpoint that pruning left as where the chain begins. */
    anchor(checkpoint: Checkpoint): void {
      if (!isOurs(checkpoint)) damage ??= unsignedAnchor(checkpoint);
      anchor = checkpoint;
      lastCheckpoint = checkpoint;
      checkpoints++;
      follow(checkpoint);
    },
    /** A line from before the chain, in the order of their ids; all of them before the first line. */
    outside: outside.add,
    line(line: StoredLine): void {
      damage ??= findPlaceFault(line.seq, last.seq) ?? findLineFault(line, last);
      if (damage) return;
      lines++;
      follow(line);
      if (line.seq === 1) outside.expect(line);
      restores.line(line);
    },
    omitted(line: Omitted & { previousHash: string }): void {
      damage ??= findPlaceFault(line.seq, last.seq) ?? findOmittedFault(line, last);
      if (damage) return;
      omitted++;
      restores.line(undefined);
      follow(line);
    },
    checkpoint(checkpoint: Checkpoint): void {
      const before = lastCheckpoint?.seq ?? 0;
      damage ??= findCheckpointFault(checkpoint, isOurs(checkpoint), last, before);
      if (damage) return;
      restores.checkpoint(checkpoint);
      lastCheckpoint = checkpoint;
      checkpoints++;
    },
    /** After the last record. What is not there is found here. */
    end(): void {
      if (damage) return;
      if (last.seq > 0 && !withoutOutside) damage = outside.findFault(anchor);
      if (!noted || passedNoted || noted.seq < (anchor?.seq ?? 0) || restores.accountFor(noted)) return;
      damage ??= cutOrRewritten(noted.seq, last.seq);
    },
    report() {
      return {
        lines,
        omitted,
        outside: outside.lines(),
        ...(anchor && { pruned: { through: anchor.seq, at: anchor.at } }),
        last: last.seq,
        checkpoints,
        ...defined({ lastCheckpoint }),
        /** Lines after the last checkpoint: chained, not signed yet. */
        uncovered: last.seq - (lastCheckpoint?.seq ?? 0),
        restores: restores.list(),
      };
    },
  };
}

export type ChainWalk = ReturnType<typeof createChainWalk>;

/** The lines from before the chain, and how many the first line of the chain says there were. */
function createOutsideCount() {
  const none = { lines: 0, hash: beforeTheFirst };
  let found = none;
  let said = none;
  return {
    add(line: OutsideLine): void {
      found = { lines: found.lines + 1, hash: hashOutside(found.hash, line) };
    },
    expect(first: StoredLine): void {
      said = saysOutside(first);
    },
    lines: () => found.lines,
    /** Pruning up to `anchor` deletes the line that counts them, and them. */
    findFault(anchor: Checkpoint | undefined): Damage | undefined {
      const expected = anchor ? none : said;
      if (expected.lines < 0) return undefined;
      if (found.lines === expected.lines && found.hash === expected.hash) return undefined;
      return outsideChanged((anchor?.seq ?? 0) + 1, expected.lines, found.lines);
    },
  };
}

/** Restores that an operator acknowledged: each is a line that says so, with a checkpoint of its own right behind it. */
function createRestoreList() {
  let pending: ReturnType<typeof saysRestore>;
  const signed: (AcknowledgedRestore & { noteHash: string })[] = [];
  return {
    /** Undefined: one that is left out. */
    line(line: StoredLine | undefined): void {
      pending = line && saysRestore(line);
    },
    checkpoint({ kind, seq }: Checkpoint): void {
      if (kind !== 'restore' || pending?.seq !== seq) return;
      const { from, to, at } = pending;
      signed.push({ seq, at, restoredTo: to.seq, before: from.seq, noteHash: from.hash });
    },
    accountFor: (noted: Noted): boolean =>
      signed.some(({ before, noteHash }) => before === noted.seq && noteHash === noted.hash),
    list: () => signed.map(({ noteHash: _, ...restore }): AcknowledgedRestore => restore),
  };
}
