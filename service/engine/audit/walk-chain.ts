import { beforeTheFirst, hashLine, hashOutside, type OutsideLine, type StoredLine } from './chain.ts';
import { type Checkpoint, checkpointBytes } from './checkpoint.ts';
import type { AcknowledgedRestore, Damage, Noted } from './damage.ts';
import { isSigned, type PublicKeys } from './is-signed.ts';
import { saysOutside, saysRestore } from './line-details.ts';

/** A line that an export leaves out. */
export type Omitted = Pick<StoredLine, 'seq' | 'hash'>;

/** How far from its place a line is looked for, to tell a moved one from a changed one. */
const REORDERED_WITHIN = 2_000;

/**
 * Walks a chain from its beginning, line after line, every checkpoint right after its line (the anchor, if lines were pruned,
 * before the first). Pure and synchronous; stops at the first damage.
 */
export function createChainWalk({
  appliance,
  keys,
  noted,
  withoutOutside = false,
}: {
  appliance: string;
  keys: PublicKeys;
  noted?: Noted;
  /** The lines from before the chain are left out on purpose. */
  withoutOutside?: boolean;
}) {
  let seq = 0;
  let hash = beforeTheFirst;
  let damage: Damage | undefined;
  let anchor: Checkpoint | undefined;
  let lastCheckpoint: Checkpoint | undefined;
  let checkpoints = 0;
  let lines = 0;
  let omitted = 0;
  let outside = { lines: 0, hash: beforeTheFirst };
  let outsideSays = { lines: 0, hash: beforeTheFirst };
  let passedNoted = false;
  let pending: { seq: number; at: number; from: Noted; to: Noted } | undefined;
  const restores: (AcknowledgedRestore & { noteHash: string })[] = [];

  const damaged = (is: Damage['is'], at: number, says: string) => {
    damage ??= { seq: at, is, says };
  };

  function follow(line: Omitted): void {
    seq = line.seq;
    hash = line.hash;
    if (noted && noted.seq === seq && noted.hash === hash) passedNoted = true;
  }

  /** False when `found` is not what comes next. */
  function isNext(found: number): boolean {
    const expected = seq + 1;
    if (found === expected) return true;
    if (found < expected) {
      damaged('inserted', found, `There is a second line ${found}: one of them was put there later.`);
    } else if (seq === 0) {
      damaged(
        'missing',
        1,
        `The log begins with line ${found}, and no signed checkpoint says that the lines before it were pruned.`,
      );
    } else {
      const gone = found - 1 === expected ? `Line ${expected} is` : `Lines ${expected} to ${found - 1} are`;
      damaged('missing', expected, `${gone} missing.`);
    }
    return false;
  }

  return {
    get damage() {
      return damage;
    },
    get seq() {
      return seq;
    },
    /** Takes the checkpoint that pruning left as where the chain begins. */
    anchor(checkpoint: Checkpoint): void {
      if (!isSigned(keys, checkpointBytes(appliance, checkpoint), checkpoint)) {
        damaged(
          'bad-signature',
          checkpoint.seq,
          `The checkpoint at line ${checkpoint.seq}, up to which lines were pruned, is not signed by this appliance.`,
        );
      }
      anchor = checkpoint;
      lastCheckpoint = checkpoint;
      checkpoints++;
      follow(checkpoint);
    },
    /** A line from before the chain, in the order of their ids; all of them before the first line. */
    outside(line: OutsideLine): void {
      outside = { lines: outside.lines + 1, hash: hashOutside(outside.hash, line) };
    },
    line(line: StoredLine): void {
      if (damage || !isNext(line.seq)) return;
      if (hashLine(line) !== line.hash) {
        const written = placeOf(line);
        if (written === undefined) {
          damaged('changed', line.seq, `Line ${line.seq} (${line.action}) is not as it was written.`);
        } else {
          damaged(
            'reordered',
            line.seq,
            `Line ${line.seq} (${line.action}) was written as line ${written}: lines were put in another order.`,
          );
        }
        return;
      }
      if (line.previousHash !== hash) {
        damaged(
          'changed',
          line.seq,
          seq === 0
            ? 'The first line does not begin a chain: it was written over, or lines before it were taken away.'
            : `Line ${line.seq} does not follow line ${seq}: one of the two was written over.`,
        );
        return;
      }
      lines++;
      follow(line);
      if (line.seq === 1) outsideSays = saysOutside(line);
      pending = saysRestore(line);
    },
    omitted(line: Omitted & { previousHash: string }): void {
      if (damage || !isNext(line.seq)) return;
      if (line.previousHash !== hash) {
        damaged('changed', line.seq, `Line ${line.seq} does not follow line ${seq}.`);
        return;
      }
      omitted++;
      pending = undefined;
      follow(line);
    },
    checkpoint(checkpoint: Checkpoint): void {
      if (damage) return;
      const { seq: at } = checkpoint;
      if (!isSigned(keys, checkpointBytes(appliance, checkpoint), checkpoint)) {
        damaged(
          'bad-signature',
          at,
          `The checkpoint at line ${at} is not signed by this appliance as it stands.`,
        );
        return;
      }
      const before = lastCheckpoint?.seq ?? 0;
      if (at === seq && checkpoint.hash !== hash) {
        damaged(
          'changed',
          before + 1,
          `The checkpoint at line ${at} saw another line there: something between line ${before + 1} and line ${at} was written over, with all that follows.`,
        );
        return;
      }
      if (at !== seq) {
        damaged('checkpoint-missing', at, `The checkpoint at line ${at} stands at line ${seq}.`);
        return;
      }
      if (checkpoint.previous !== before) {
        damaged(
          'checkpoint-missing',
          checkpoint.previous || at,
          `The checkpoint at line ${at} follows one at line ${checkpoint.previous}, but the one before it is at line ${before}: checkpoints were deleted.`,
        );
        return;
      }
      if (checkpoint.kind === 'restore' && pending?.seq === at) {
        const { from, to } = pending;
        restores.push({ seq: at, at: pending.at, restoredTo: to.seq, before: from.seq, noteHash: from.hash });
      }
      lastCheckpoint = checkpoint;
      checkpoints++;
    },
    /** After the last record. What is not there is found here. */
    end(): void {
      if (damage) return;
      const pruned = anchor !== undefined;
      const begun = seq > 0 && !withoutOutside;
      const expected = pruned ? { lines: 0, hash: beforeTheFirst } : outsideSays;
      if (
        begun &&
        expected.lines >= 0 &&
        (outside.lines !== expected.lines || outside.hash !== expected.hash)
      ) {
        damaged(
          'outside-changed',
          pruned ? (anchor?.seq ?? 0) + 1 : 1,
          `The log began after ${expected.lines} lines without a chain; there are ${outside.lines} now, or they are not the same.`,
        );
      }
      if (!noted || passedNoted || noted.seq < (anchor?.seq ?? 0)) return;
      if (restores.some((restore) => restore.before === noted.seq && restore.noteHash === noted.hash)) return;
      if (noted.seq > seq) {
        damaged(
          'truncated',
          seq + 1,
          `The log ends at line ${seq}, but the key store remembers a checkpoint at line ${noted.seq}: the lines after ${seq} were cut off, or an older database was put back.`,
        );
      } else {
        damaged(
          'changed',
          noted.seq,
          `The key store remembers another line ${noted.seq}: the log was written anew up to there, or an older database was put back and went on.`,
        );
      }
    },
    report() {
      return {
        lines,
        omitted,
        outside: outside.lines,
        ...(anchor ? { pruned: { through: anchor.seq, at: anchor.at } } : {}),
        last: seq,
        checkpoints,
        ...(lastCheckpoint ? { lastCheckpoint } : {}),
        /** Lines after the last checkpoint: chained, not signed yet. */
        uncovered: seq - (lastCheckpoint?.seq ?? 0),
        restores: restores.map(({ noteHash: _, ...restore }): AcknowledgedRestore => restore),
      };
    },
  };
}

export type ChainWalk = ReturnType<typeof createChainWalk>;

/** The number under which a misplaced line fits its hash. */
function placeOf(line: StoredLine): number | undefined {
  for (let away = 1; away <= REORDERED_WITHIN; away++) {
    for (const seq of [line.seq - away, line.seq + away]) {
      if (seq > 0 && hashLine({ ...line, seq }) === line.hash) return seq;
    }
  }
  return undefined;
}
