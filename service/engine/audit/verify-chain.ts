import { setImmediate as turn } from 'node:timers/promises';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db } from '../../storage/transaction.ts';
import {
  countLines,
  keyId,
  readCheckpoints,
  readHead,
  readLines,
  readNewestCheckpoint,
  readOldestCheckpoint,
  readOutside,
} from './audit-store.ts';
import {
  type AcknowledgedRestore,
  type Checkpoint,
  type CopyNote,
  checkpointBytes,
  type Damage,
  type NoteState,
  type OutsideLine,
  readNote,
  type StoredLine,
} from './chain.ts';
import { type ChainWalk, createChainWalk, isSigned, type PublicKeys } from './walk-chain.ts';

/** A public key with which checkpoints are signed. */
export interface AuditKey {
  kid: string;
  /** SPKI, PEM. */
  publicKey: string;
}

export interface ChainReport {
  valid: boolean;
  /** Lines of the chain that are there. */
  lines: number;
  /** Lines from before the chain. */
  outside: number;
  /** Seq of the last line; 0 for none. */
  last: number;
  checkpoints: number;
  lastCheckpoint?: Checkpoint;
  /** Lines after the last checkpoint: chained, not signed yet. Cutting off exactly these is not detected. */
  uncovered: number;
  /** The lines up to here were deleted by term. */
  pruned?: { through: number; at: number };
  /** Restores of an older backup that an operator acknowledged: lines were lost there deliberately. */
  restores: AcknowledgedRestore[];
  /** The note of every copy of the key store, compared with the note in use. */
  copies?: ComparedCopy[];
  damage?: Damage;
}

interface ComparedCopy {
  place: string;
  note: CopyNote['is'];
  /** Seq of the checkpoint that it notes. */
  line?: number;
}

interface VerifyChainDeps {
  db: Db;
  /** Every key the appliance ever signed checkpoints with. */
  keys: readonly AuditKey[];
  appliance: string;
  /** What the key store notes as the newest checkpoint; 'not-compared' for a copy that is older by its nature, such as a backup. */
  note: NoteState | 'not-compared';
  /** What each copy of the key store notes; absent: not compared. */
  copies?: () => Promise<CopyNote[]>;
  /** Lines seen and lines there are, now and then. */
  progress?: (seen: number, all: number) => void;
}

const PAGE = 250;
/** Records looked at before others get a turn: a signature takes a tenth of a millisecond, a line a hundredth. */
const RECORDS_PER_TURN = 64;

export const keysById = (keys: readonly AuditKey[]): PublicKeys =>
  new Map(keys.map(({ kid, publicKey }) => [kid, publicKey]));

/**
 * Looks at every line and checkpoint there is when it begins. Changes nothing, holds no transaction and gives way to other
 * work; the first damage ends it.
 */
export async function verifyChain(deps: VerifyChainDeps): Promise<ChainReport> {
  const { db, keys, appliance, note, copies, progress } = deps;
  const publicKeys = keysById(keys);
  const newest = await readNewestCheckpoint(db);
  const noted = readSignedNote(note, publicKeys, appliance);
  const walk = createChainWalk({ appliance, keys: publicKeys, ...defined({ noted }) });
  const { seq: until } = await readHead(db);
  for await (const record of readChain(db, until)) {
    take(walk, record);
    if (walk.damage()) break;
    if (record.is === 'line' && record.line.seq % PAGE === 0) progress?.(record.line.seq, until);
  }
  walk.end();
  const compared = await copies?.();
  const damage =
    walk.damage() ??
    (await findSurplus(db, until, walk)) ??
    judgeNote({ note, noted, newest, last: until }) ??
    judgeCopies(compared ?? [], noted);
  const { omitted: _, ...report } = walk.report();
  return {
    valid: damage === undefined,
    ...report,
    ...defined({ copies: compared?.map(toComparedCopy), damage }),
  };
}

type ChainRecord =
  | { is: 'outside'; line: OutsideLine }
  | { is: 'anchor'; checkpoint: Checkpoint }
  | { is: 'line'; line: StoredLine }
  | { is: 'checkpoint'; checkpoint: Checkpoint };

function take(walk: ChainWalk, record: ChainRecord): void {
  if (record.is === 'outside') walk.outside(record.line);
  else if (record.is === 'anchor') walk.anchor(record.checkpoint);
  else if (record.is === 'line') walk.line(record.line);
  else walk.checkpoint(record.checkpoint);
}

/**
 * The log up to line `until`, in the order in which it is verified: lines from before the chain, the anchor if lines were
 * pruned, then every line with its checkpoint behind it. A page at a time; others get turns in between.
 */
export async function* readChain(db: Db, until: number): AsyncGenerator<ChainRecord> {
  let seen = 0;
  async function giveWay() {
    if (++seen % RECORDS_PER_TURN === 0) await turn();
  }
  for (let after = ''; ; ) {
    const page = await readOutside(db, { after, limit: PAGE });
    for (const line of page) {
      yield { is: 'outside', line };
      await giveWay();
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!.id;
  }
  const oldest = await readOldestCheckpoint(db);
  let at = 0;
  if (oldest?.kind === 'prune') {
    yield { is: 'anchor', checkpoint: oldest };
    at = oldest.seq;
  }
  let checked = at;
  for (let after = at; ; ) {
    const page = await readLines(db, { after, until, limit: PAGE });
    const last = page.length < PAGE ? until : page.at(-1)!.seq;
    const checkpoints = await readCheckpoints(db, checked, last);
    checked = last;
    let next = 0;
    for (const line of page) {
      yield { is: 'line', line };
      await giveWay();
      while (next < checkpoints.length && checkpoints[next]!.seq <= line.seq) {
        yield { is: 'checkpoint', checkpoint: checkpoints[next++]! };
        await giveWay();
      }
    }
    for (; next < checkpoints.length; next++) yield { is: 'checkpoint', checkpoint: checkpoints[next]! };
    if (page.length < PAGE) return;
    after = page.at(-1)!.seq;
  }
}

/** Lines that the walk never met: a second one with the number of another, or one numbered below the first. */
async function findSurplus(db: Db, until: number, walk: ChainWalk): Promise<Damage | undefined> {
  const { lines } = walk.report();
  const there = await countLines(db, until);
  if (there === lines) return undefined;
  return {
    seq: until,
    is: 'inserted',
    says: `The chain has ${lines} lines, but the database holds ${there} with a place in it: some were put there later.`,
  };
}

/** Undefined for an invalid note, or one that this appliance did not sign. */
function readSignedNote(
  note: VerifyChainDeps['note'],
  keys: PublicKeys,
  appliance: string,
): Checkpoint | undefined {
  if (note === 'not-compared' || note.is !== 'sound') return undefined;
  const noted = readNote(note.text);
  return noted && isSigned(keys, checkpointBytes(appliance, noted), noted) ? noted : undefined;
}

const lineOf = ({ text }: CopyNote): number | undefined =>
  text === undefined ? undefined : readNote(text)?.seq;

function toComparedCopy(copy: CopyNote): ComparedCopy {
  const line = lineOf(copy);
  return { place: copy.place, note: copy.is, ...defined({ line }) };
}

function judgeCopies(copies: readonly CopyNote[], noted: Checkpoint | undefined): Damage | undefined {
  const ahead = copies.find(({ is }) => is === 'ahead');
  if (!ahead) return undefined;
  const line = lineOf(ahead);
  return {
    seq: noted?.seq ?? 0,
    is: 'note-behind',
    says: `The copy of the key store in ${ahead.place} notes a newer checkpoint${line === undefined ? '' : ` (line ${line})`} than the key store in use (${noted ? `line ${noted.seq}` : 'none'}): an old note or an old key store was put back, and the log may have been cut.`,
  };
}

/** Checks outside the walk: checkpoints beyond its end, and the note. */
function judgeNote({
  note,
  noted,
  newest,
  last,
}: {
  note: VerifyChainDeps['note'];
  noted: Checkpoint | undefined;
  newest: Checkpoint | undefined;
  last: number;
}): Damage | undefined {
  const of = (seq: number, is: Damage['is'], says: string): Damage => ({ seq, is, says });
  if (newest && newest.seq > last) {
    return of(
      last + 1,
      'truncated',
      `The log ends at line ${last}, but there is a checkpoint at line ${newest.seq}: the lines after ${last} were cut off.`,
    );
  }
  if (note === 'not-compared') return undefined;
  if (note.is === 'forged') {
    return of(
      last,
      'bad-signature',
      'The note of the newest checkpoint in the key store is not as the service wrote it: it was changed, deleted, or put back from elsewhere, and the log may have been cut.',
    );
  }
  if (note.is === 'none') {
    if (!newest) return undefined;
    return of(
      newest.seq,
      'checkpoint-missing',
      `The key store should remember the checkpoint at line ${newest.seq}, and remembers none: its note was deleted, or an old key store was put back.`,
    );
  }
  if (!noted) {
    return of(
      last,
      'bad-signature',
      'The checkpoint that the key store remembers is not validly signed by this appliance.',
    );
  }
  if ((newest?.seq ?? 0) < noted.seq && noted.seq <= last) {
    return of(
      noted.seq,
      'checkpoint-missing',
      `The key store remembers a checkpoint at line ${noted.seq}, but the newest in the database is ${newest ? `at line ${newest.seq}` : 'none'}: checkpoints were deleted.`,
    );
  }
  return undefined;
}

/** The public keys in a text with one or several PEM blocks. Throws INVALID_REQUEST for a text without. */
export function readPublicKeys(text: string): AuditKey[] {
  const blocks = text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----\n?/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((publicKey) => ({ kid: keyId(publicKey), publicKey }));
  } catch {
    // Reported below: it looks like a key but is invalid.
  }
  throw new Problem(
    'INVALID_REQUEST',
    'There is no public key in the file: it must hold PEM blocks "PUBLIC KEY", as "gatehouse audit keys" prints them.',
  );
}
