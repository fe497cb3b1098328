import { hashLine, type StoredLine } from './chain.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Damage } from './damage.ts';

/** A line that an export leaves out. */
export type Omitted = Pick<StoredLine, 'seq' | 'hash'>;

/** Lines around its place in which a line is searched for, to distinguish a moved line from a changed one. */
const REORDERED_WITHIN = 2_000;

const damaged = (is: Damage['is'], seq: number, says: string): Damage => ({ seq, is, says });

/** Undefined when line `found` is the next after line `seq`. */
export function findPlaceFault(found: number, seq: number): Damage | undefined {
  const expected = seq + 1;
  if (found === expected) return undefined;
  if (found < expected)
    return damaged('inserted', found, `There is a second line ${found}: one of them was put there later.`);
  if (seq === 0) {
    return damaged(
      'missing',
      1,
      `The log begins with line ${found}, and no signed checkpoint says that the lines before it were pruned.`,
    );
  }
  const gone = found - 1 === expected ? `Line ${expected} is` : `Lines ${expected} to ${found - 1} are`;
  return damaged('missing', expected, `${gone} missing.`);
}

/** `last`: the line before. */
export function findLineFault(line: StoredLine, last: Omitted): Damage | undefined {
  const named = `Line ${line.seq} (${line.action})`;
  if (hashLine(line) !== line.hash) {
    const written = placeOf(line);
    return written === undefined
      ? damaged('changed', line.seq, `${named} is not as it was written.`)
      : damaged('reordered', line.seq, `${named} was written as line ${written}: lines were reordered.`);
  }
  if (line.previousHash === last.hash) return undefined;
  return damaged(
    'changed',
    line.seq,
    last.seq === 0
      ? 'The first line does not begin a chain: it was overwritten, or lines before it were removed.'
      : `Line ${line.seq} does not follow line ${last.seq}: one of the two was overwritten.`,
  );
}

export const findOmittedFault = (
  line: Omitted & { previousHash: string },
  last: Omitted,
): Damage | undefined =>
  line.previousHash === last.hash
    ? undefined
    : damaged('changed', line.seq, `Line ${line.seq} does not follow line ${last.seq}.`);

/** The number under which a misplaced line fits its hash. */
function placeOf(line: StoredLine): number | undefined {
  for (let away = 1; away <= REORDERED_WITHIN; away++) {
    for (const seq of [line.seq - away, line.seq + away]) {
      if (seq > 0 && hashLine({ ...line, seq }) === line.hash) return seq;
    }
  }
  return undefined;
}

export const unsignedAnchor = ({ seq }: Checkpoint): Damage =>
  damaged(
    'bad-signature',
    seq,
    `The checkpoint at line ${seq}, up to which lines were pruned, is not signed by this appliance.`,
  );

/** `before`: the line of the checkpoint before it, 0 for none. */
export function findCheckpointFault(
  { seq: at, hash, previous }: Checkpoint,
  isOurs: boolean,
  last: Omitted,
  before: number,
): Damage | undefined {
  if (!isOurs) {
    return damaged(
      'bad-signature',
      at,
      `The checkpoint at line ${at} is not validly signed by this appliance.`,
    );
  }
  if (at !== last.seq)
    return damaged('checkpoint-missing', at, `The checkpoint at line ${at} is at line ${last.seq}.`);
  if (hash !== last.hash) {
    return damaged(
      'changed',
      before + 1,
      `The checkpoint at line ${at} saw another line there: something between line ${before + 1} and line ${at} was overwritten, with all that follows.`,
    );
  }
  if (previous === before) return undefined;
  return damaged(
    'checkpoint-missing',
    previous || at,
    `The checkpoint at line ${at} follows one at line ${previous}, but the one before it is at line ${before}: checkpoints were deleted.`,
  );
}

export const outsideChanged = (first: number, expected: number, found: number): Damage =>
  damaged(
    'outside-changed',
    first,
    `The log began after ${expected} lines without a chain; there are ${found} now, or they are not the same.`,
  );

/** A log that ends at line `last` and does not pass through the checkpoint that the key store remembers. */
export const cutOrRewritten = (noted: number, last: number): Damage =>
  noted > last
    ? damaged(
        'truncated',
        last + 1,
        `The log ends at line ${last}, but the key store remembers a checkpoint at line ${noted}: the lines after ${last} were cut off, or an older database was put back.`,
      )
    : damaged(
        'changed',
        noted,
        `The key store remembers another line ${noted}: the log was written anew up to there, or an older database was put back and went on.`,
      );
