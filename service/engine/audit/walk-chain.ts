import { defined } from '../../lib/defined.ts';
import { verifySignature } from './audit-store.ts';
import {
  type AcknowledgedRestore,
  beforeTheFirst,
  beginningOf,
  type Checkpoint,
  checkpointBytes,
  type Damage,
  type Head,
  hashLine,
  hashOutside,
  type OutsideLine,
  type SeenLine,
  type Signer,
  type StoredLine,
} from './chain.ts';
import { detailsOf, HEADS, LEAVE, REMOVE, saysHeads, saysRestore } from './joint.ts';

/** Collects what the signed lines of all chains say of one another (several-chains.ts). */
export interface ChainReferences {
  /** In a chain, a joint checkpoint at line `seq` names the end of another. */
  named(head: Head, by: { chain: string; seq: number }): void;
  /** A signed restore: what the key store remembered of a chain is behind it, deliberately. */
  restored(noted: Head): void;
  /** A node that an administrator took away. */
  removed(chain: string): void;
  /** Each line of a chain, and the checkpoint that pruning left. */
  passed?(line: Head): void;
}

interface ChainWalkOptions extends Signer {
  keys: PublicKeys;
  said: ChainReferences;
  noted?: SeenLine;
  /** The lines from before the chain are left out on purpose. */
  withoutOutside?: boolean;
}

/**
 * Walks a chain from its beginning, line after line, every checkpoint right after its line (the anchor, if lines were pruned,
 * before the first). Pure and synchronous; stops at the first damage.
 */
export function createChainWalk(options: ChainWalkOptions) {
  const { chain, keys, said, noted, withoutOutside = false } = options;
  let last: Omitted = { seq: 0, hash: beginningOf(chain) };
  let first: StoredLine | undefined;
  let lastAction: string | undefined;
  let damage: Damage | undefined;
  let anchor: Checkpoint | undefined;
  let lastCheckpoint: Checkpoint | undefined;
  let checkpoints = 0;
  let lines = 0;
  let omitted = 0;
  const outside = createOutsideCount();
  const signed = createSignedList(chain, said);
  let passedNoted = false;

  const isOurs = (made: Checkpoint) => isSigned(keys, checkpointBytes(options, made), made);

  function follow({ seq, hash }: Omitted): void {
    last = { seq, hash };
    if (noted?.seq === seq && noted.hash === hash) passedNoted = true;
    said.passed?.({ chain, seq, hash });
  }

  return {
    chain,
    damage: () => damage && (chain === '' ? damage : { node: chain, ...damage }),
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
      damage ??= findSequenceFault(line.seq, last.seq) ?? findLineFault(line, last);
      if (damage) return;
      lines++;
      follow(line);
      if (line.seq === 1) outside.expect(line);
      first ??= line;
      // What it signs last follows the line that it leaves.
      if (line.action !== HEADS) lastAction = line.action;
      signed.line(line);
    },
    omitted(line: Omitted & { previousHash: string }): void {
      damage ??= findSequenceFault(line.seq, last.seq) ?? findOmittedFault(line, last);
      if (damage) return;
      omitted++;
      lastAction = undefined;
      signed.line(undefined);
      follow(line);
    },
    checkpoint(checkpoint: Checkpoint): void {
      const before = lastCheckpoint?.seq ?? 0;
      damage ??= findCheckpointFault(checkpoint, isOurs(checkpoint), last, before);
      if (damage) return;
      signed.checkpoint(checkpoint);
      lastCheckpoint = checkpoint;
      checkpoints++;
    },
    /** After the last record of all chains. What is not there is found here. `isRestored`: a signed restore accounts for what is gone. */
    end(isRestored: (noted: Head) => boolean = () => false): void {
      if (damage) return;
      if (chain === '' && last.seq > 0 && !withoutOutside) damage = outside.findFault(anchor);
      if (!noted || passedNoted || noted.seq < (anchor?.seq ?? 0) || isRestored({ chain, ...noted })) return;
      damage ??= cutOrRewritten(noted.seq, last.seq);
    },
    /** Takes what was found elsewhere, where nothing was found here. */
    blame(found: Damage): void {
      damage ??= found;
    },
    /** The last that its node signed: when, and whether it left then. Of a chain that was pruned to its end nothing more is known. */
    sign: () => ({
      at: lastCheckpoint?.at ?? first?.at ?? 0,
      left: lastCheckpoint?.seq === last.seq && (last.seq === anchor?.seq || lastAction === LEAVE),
    }),
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
        restores: signed.restores(),
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

/**
 * What lines say once they are signed: nodes that were taken away; and with a checkpoint of their own right behind them, restores that an
 * operator acknowledged, and the ends of other chains.
 */
function createSignedList(chain: string, said: ChainReferences) {
  let pending: StoredLine | undefined;
  let removed: string[] = [];
  const restores: AcknowledgedRestore[] = [];
  return {
    /** Undefined: one that is left out. */
    line(line: StoredLine | undefined): void {
      pending = line;
      if (line?.action === REMOVE && line.target !== null) removed.push(line.target);
    },
    checkpoint({ kind, seq }: Checkpoint): void {
      for (const node of removed) said.removed(node);
      removed = [];
      if (pending?.seq !== seq) return;
      for (const head of saysHeads(pending) ?? []) said.named(head, { chain, seq });
      const restore = kind === 'restore' ? saysRestore(pending) : undefined;
      if (!restore) return;
      const { from, to, at, others } = restore;
      restores.push({ seq, at, restoredTo: to.seq, before: from.seq });
      for (const noted of [{ chain, seq: from.seq, hash: from.hash }, ...others]) said.restored(noted);
    },
    restores: () => restores,
  };
}

/** A line that an export leaves out. */
type Omitted = SeenLine;

/** Lines around its place in which a line is searched for, to distinguish a moved line from a changed one. */
const REORDERED_WITHIN = 2_000;

const damaged = (is: Damage['is'], seq: number, says: string): Damage => ({ seq, is, says });

/** Undefined when line `found` is the next after line `seq`. */
function findSequenceFault(found: number, seq: number): Damage | undefined {
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
function findLineFault(line: StoredLine, last: Omitted): Damage | undefined {
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

const findOmittedFault = (line: Omitted & { previousHash: string }, last: Omitted): Damage | undefined =>
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

const unsignedAnchor = ({ seq }: Checkpoint): Damage =>
  damaged(
    'bad-signature',
    seq,
    `The checkpoint at line ${seq}, up to which lines were pruned, is not signed by this appliance.`,
  );

/** `before`: the line of the checkpoint before it, 0 for none. */
function findCheckpointFault(
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

const outsideChanged = (first: number, expected: number, found: number): Damage =>
  damaged(
    'outside-changed',
    first,
    `The log began after ${expected} lines without a chain; there are ${found} now, or they are not the same.`,
  );

/** A log that ends at line `last` and does not pass through the checkpoint that the key store remembers. */
const cutOrRewritten = (noted: number, last: number): Damage =>
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

/** Line 1 of an older log counts the lines before it (`audit.begin`). */
function saysOutside(line: StoredLine): { lines: number; hash: string } {
  const none = { lines: 0, hash: beforeTheFirst };
  if (line.action !== 'audit.begin') return none;
  const { lines, hash } = detailsOf(line);
  return typeof lines === 'number' && typeof hash === 'string' ? { lines, hash } : none;
}

/** Public keys (SPKI, PEM) by their kid. */
export type PublicKeys = ReadonlyMap<string, string>;

/** Whether one of `keys` signed exactly these bytes; a signature that is spelled in another way than ours counts as none. */
export function isSigned(
  keys: PublicKeys,
  bytes: Uint8Array,
  { kid, signature }: { kid: string; signature: string },
): boolean {
  const key = keys.get(kid);
  if (key === undefined) return false;
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return false;
  try {
    return verifySignature(key, bytes, { kid, signature });
  } catch {
    return false;
  }
}
