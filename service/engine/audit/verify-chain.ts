import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db } from '../../storage/transaction.ts';
import { countLines, keyId, readHash, readNewestCheckpoint } from './audit-store.ts';
import {
  type Checkpoint,
  type CopyNote,
  checkpointBytes,
  type Damage,
  type Head,
  type NoteState,
} from './chain.ts';
import { readHeads } from './chains-store.ts';
import { type NotedCheckpoints, readNoted } from './noted.ts';
import { damageOfLost, type LostLines } from './own-end.ts';
import { type ChainRecord, readChain } from './read-lines.ts';
import { createSeveralChains, type LogReport, summarize } from './several-chains.ts';
import { type ChainWalk, createChainWalk, isSigned, type PublicKeys } from './walk-chain.ts';

/** A public key with which checkpoints are signed. */
export interface AuditKey {
  kid: string;
  /** SPKI, PEM. */
  publicKey: string;
}

export interface ChainReport extends LogReport<Damage> {
  /** The note of every copy of the key store, compared with the note in use. */
  copies?: ComparedCopy[];
}

interface VerifyChainDeps {
  db: Db;
  /** Every key the appliance ever signed checkpoints with. */
  keys: readonly AuditKey[];
  appliance: string;
  note: ComparedNote;
  /** What each copy of the key store notes; absent: not compared. */
  copies?: () => Promise<CopyNote[]>;
  /** What this machine has seen and is not there any more. */
  lost?: readonly LostLines[];
  /** Lines seen and lines there are, now and then. */
  progress?: (seen: number, all: number) => void;
}

/** Lines between two words of progress. */
const STEP = 250;

export const keysById = (keys: readonly AuditKey[]): PublicKeys =>
  new Map(keys.map(({ kid, publicKey }) => [kid, publicKey]));

/**
 * Looks at every line and checkpoint of all chains there is when it begins. Changes nothing, holds no transaction and gives way to other
 * work; of each chain the first damage is found.
 */
export async function verifyChain(deps: VerifyChainDeps): Promise<ChainReport> {
  const { db, keys, appliance, note, copies, lost = [], progress } = deps;
  const publicKeys = keysById(keys);
  const noted = readSignedNote(note, publicKeys, appliance);
  const newest = await readNewestOfAll(db);
  const heads = withoutLines([...noted.keys(), ...lost.map(({ chain }) => chain)], await readHeads(db));
  const all = heads.reduce((sum, { seq }) => sum + seq, 0);
  const chains = createSeveralChains();
  const walks = new Map<string, ChainWalk>();
  let before = 0;
  for (const { chain, seq: until } of heads) {
    const walk = createChainWalk({
      appliance,
      chain,
      keys: publicKeys,
      said: chains.said,
      ...defined({ noted: noted.get(chain) }),
    });
    walks.set(chain, walk);
    for await (const record of readChain(db, chain, until)) {
      take(walk, record);
      if (walk.damage()) break;
      if (record.is === 'line' && record.line.seq % STEP === 0) progress?.(before + record.line.seq, all);
    }
    before += until;
  }
  for (const { chain, seq: last } of heads) {
    const walk = walks.get(chain)!;
    const gone = lost.find((one) => one.chain === chain);
    if (gone) walk.blame(damageOfLost(gone));
    walk.end(chains.isRestored);
    if (walk.damage()) continue;
    const found =
      (await findSurplus(db, last, walk)) ??
      judgeNoted({ note, chain, noted: noted.get(chain), newest: newest.get(chain), last });
    if (found) walk.blame(found);
  }
  const cut = await chains.judge(walks, ({ chain, seq }) => readHash(db, chain, seq));
  const compared = await copies?.();
  const { omitted: _, ...report } = summarize(
    walks.values(),
    [...cut, judgeNote(note, heads[0]!.seq), judgeCopies(compared ?? [], noted)],
    chains.silent(walks.values()),
  );
  return { ...report, ...defined({ copies: compared?.map(toComparedCopy) }) };
}

/** Before the heads are read, so that a checkpoint beyond the end of its chain is one that lost its line. */
async function readNewestOfAll(db: Db): Promise<Map<string, Checkpoint | undefined>> {
  const newest = new Map<string, Checkpoint | undefined>();
  for (const { chain } of await readHeads(db)) newest.set(chain, await readNewestCheckpoint(db, chain));
  return newest;
}

/** The heads, and of those chains that the key store or this machine remembers and that are gone. */
const withoutLines = (noted: readonly string[], heads: readonly Head[]): Head[] => [
  ...heads,
  ...[...new Set(noted)]
    .filter((one) => !heads.some(({ chain }) => chain === one))
    .map((chain) => ({ chain, seq: 0, hash: '' })),
];

function take(walk: ChainWalk, record: ChainRecord): void {
  if (record.is === 'outside') walk.outside(record.line);
  else if (record.is === 'anchor') walk.anchor(record.checkpoint);
  else if (record.is === 'line') walk.line(record.line);
  else walk.checkpoint(record.checkpoint);
}

/** Lines that the walk never met: a second one with the number of another, or one numbered below the first. */
async function findSurplus(db: Db, until: number, walk: ChainWalk): Promise<Damage | undefined> {
  const { lines } = walk.report();
  const there = await countLines(db, walk.chain, until);
  if (there === lines) return undefined;
  return {
    seq: until,
    is: 'inserted',
    says: `The chain has ${lines} lines, but the database holds ${there} with a place in it: some were put there later.`,
  };
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

/** What the key store notes as the newest checkpoints; 'not-compared' for a copy that is older by its nature, such as a backup. */
type ComparedNote = NoteState | 'not-compared';

interface ComparedCopy {
  place: string;
  note: CopyNote['is'];
  /** Seq of the checkpoint that it notes; absent where it notes those of several chains. */
  line?: number;
}

/** None of an invalid note; of each chain only what this appliance signed. */
function readSignedNote(note: ComparedNote, keys: PublicKeys, appliance: string): NotedCheckpoints {
  const noted = note !== 'not-compared' && note.is === 'sound' ? readNoted(note.text) : undefined;
  return new Map(
    [...(noted ?? [])].filter(([chain, one]) =>
      isSigned(keys, checkpointBytes({ appliance, chain }, one), one),
    ),
  );
}

const lineOf = (text: string | undefined): number | undefined => {
  const noted = text === undefined ? undefined : readNoted(text);
  return noted?.size === 1 ? noted.get('')?.seq : undefined;
};

function toComparedCopy(copy: CopyNote): ComparedCopy {
  return { place: copy.place, note: copy.is, ...defined({ line: lineOf(copy.text) }) };
}

function judgeCopies(copies: readonly CopyNote[], noted: NotedCheckpoints): Damage | undefined {
  const ahead = copies.find(({ is }) => is === 'ahead');
  if (!ahead) return undefined;
  const line = lineOf(ahead.text);
  const ours =
    noted.size > 1
      ? 'one of each chain'
      : noted.size === 1
        ? `line ${noted.values().next().value!.seq}`
        : 'none';
  return {
    seq: noted.get('')?.seq ?? 0,
    is: 'note-behind',
    says: `The copy of the key store in ${ahead.place} notes a newer checkpoint${line === undefined ? '' : ` (line ${line})`} than the key store in use (${ours}): an old note or an old key store was put back, and the log may have been cut.`,
  };
}

/** Whether the note as a whole is as the service wrote it; `last` as in the sentence about a chain. */
function judgeNote(note: ComparedNote, last: number): Damage | undefined {
  if (note === 'not-compared' || note.is !== 'forged') return undefined;
  return {
    seq: last,
    is: 'bad-signature',
    says: 'The note of the newest audit checkpoint in the key store is not as the service wrote it: it was changed, deleted, or put back from elsewhere, and the log may have been cut.',
  };
}

interface NotedChain {
  note: ComparedNote;
  chain: string;
  noted: Checkpoint | undefined;
  /** The newest in the database. */
  newest: Checkpoint | undefined;
  /** Its last line. */
  last: number;
}

/** Checks of a chain outside its walk: checkpoints beyond its end, and what the note says of it. */
function judgeNoted({ note, chain, noted, newest, last }: NotedChain): Damage | undefined {
  const of = (seq: number, is: Damage['is'], says: string): Damage => ({ seq, is, says });
  if (newest && newest.seq > last) {
    return of(
      last + 1,
      'truncated',
      `The log ends at line ${last}, but there is a checkpoint at line ${newest.seq}: the lines after ${last} were cut off.`,
    );
  }
  if (note === 'not-compared' || note.is === 'forged') return undefined;
  if (!noted && note.is === 'sound' && readNoted(note.text)?.has(chain) !== false) {
    return of(
      last,
      'bad-signature',
      'The checkpoint that the key store remembers is not validly signed by this appliance.',
    );
  }
  if (!noted) {
    if (!newest) return undefined;
    return of(
      newest.seq,
      'checkpoint-missing',
      `The key store should remember the checkpoint at line ${newest.seq}, and remembers none: its note was deleted, or an old key store was put back.`,
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
