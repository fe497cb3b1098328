import { Problem } from '../../lib/problem.ts';
import type { Db } from '../../storage/transaction.ts';
import {
  putCheckpoint,
  readCheckpointAt,
  readHash,
  readHead,
  readNewestCheckpoint,
  readOldestCheckpoint,
  readSignedAs,
} from './audit-store.ts';
import {
  type ChainLine,
  type Checkpoint,
  type CheckpointKind,
  type CheckpointNote,
  checkpointBytes,
  type Head,
  hashLine,
  type SeenLine,
} from './chain.ts';
import { readHeads } from './chains-store.ts';
import type { Foundation } from './foundation.ts';
import { detailsOfHeads, HEADS, saysLost, saysRestore } from './joint.ts';
import { type NotedCheckpoints, readNoted, withNoted } from './noted.ts';
import { keysById } from './verify-chain.ts';
import { isSigned } from './walk-chain.ts';

/** Signs with the appliance's key for the audit log. */
export interface AuditSigning {
  sign(purpose: 'audit', bytes: Uint8Array): { kid: string; signature: string };
  publicKeys(): { kid: string; purpose: string; publicKey: string }[];
}

const LINES_BETWEEN = 1_000;
/** Milliseconds. */
const TIME_BETWEEN = 600_000;
/** Milliseconds after a checkpoint that failed. */
const PAUSE_AFTER_FAILURE = 60_000;

export interface CheckpointsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  signing: AuditSigning;
  note: CheckpointNote;
  appliance: string;
  /** The chain that is signed: that of this node, or of the service that shares its database with none (empty). */
  chain: string;
}

/** What is missing between the note and the database when the database is older than the keys. */
export interface Gap {
  chain: SeenLine;
  noted: SeenLine;
}

/** Makes, keeps and notes checkpoints of one chain. */
export interface Checkpoints {
  /**
   * Signs the last line, when it has not been yet. Throws CONFLICT when the log does not pass through the noted checkpoint. Where there
   * are nodes, a joint one: over a line that names the ends of all other chains.
   */
  make(kind: CheckpointKind): Promise<Checkpoint | undefined>;
  /** As `make`, when 1,000 lines or 10 minutes have passed since the last; not within a minute after it failed. A node signs every 10 minutes. */
  makeWhenDue(): Promise<Checkpoint | undefined>;
  /** Whether this appliance signed it, of this chain, and it is unchanged. */
  isOurs(checkpoint: Checkpoint, chain: string): boolean;
  /** A checkpoint at this place of a chain, signed; not stored. */
  signed(place: Omit<Checkpoint, 'kid' | 'signature'>, chain: string): Checkpoint;
  /** Notes the newest checkpoint; call it only after the database has it. */
  note(checkpoint: Checkpoint): Promise<void>;
  /** Whether an acknowledged restore replaced the noted checkpoint: a signed line says so. */
  isAcknowledged(db: Db, noted: Head): Promise<boolean>;
  /**
   * Whether a signed line says why what this machine has seen of a chain, `at` then (ms since 1970), is not there any more: a later
   * restore, or a later accepted loss that names that line.
   */
  isAccountedFor(db: Db, chain: string, seen: { seq: number; at: number }): Promise<boolean>;
  /**
   * Undefined when the log passes through the noted checkpoint, or an operator acknowledged that it does not. `forged`: the
   * note was not written by this service, so that nothing is known.
   */
  findGap(db: Db): Promise<Gap | 'forged' | undefined>;
}

export function createCheckpoints(deps: CheckpointsDeps): Checkpoints {
  const { audit, db, inTransaction, signing, appliance, chain, clock } = deps;
  let failedAt: number | undefined;

  const signed: Checkpoints['signed'] = (place, of) => ({
    ...place,
    ...signing.sign('audit', checkpointBytes({ appliance, chain: of }, place)),
  });

  async function findGap(over: Db): Promise<Gap | 'forged' | undefined> {
    const all = await readNote(deps.note);
    if (all === 'forged') return all;
    const noted = all.get(chain);
    if (noted === undefined) return undefined;
    const head = await readHead(over, chain);
    if (noted.seq <= head.seq) {
      const oldest = await readOldestCheckpoint(over, chain);
      const pruned = oldest?.kind === 'prune' && isOurs(oldest, chain) ? oldest.seq : 0;
      if (noted.seq < pruned) return undefined;
      const hash = noted.seq === pruned ? oldest?.hash : await readHash(over, chain, noted.seq);
      if (hash === noted.hash) return undefined;
    }
    const gap = { chain: head, noted: { seq: noted.seq, hash: noted.hash } };
    return (await isAcknowledged(over, { chain, ...gap.noted })) ? undefined : gap;
  }

  const isOurs: Checkpoints['isOurs'] = (checkpoint, of) =>
    isSigned(
      keysById(signing.publicKeys()),
      checkpointBytes({ appliance, chain: of }, checkpoint),
      checkpoint,
    );

  /** A writer of the line can write its hash too: what counts is the signed checkpoint over it. */
  async function hasRestore(over: Db, fits: (line: ChainLine) => boolean): Promise<boolean> {
    for (const line of await readSignedAs(over, 'restore')) {
      if (!fits(line)) continue;
      const made = await readCheckpointAt(over, line.chain, line.seq);
      if (made?.kind === 'restore' && made.hash === hashLine(line) && isOurs(made, line.chain)) return true;
    }
    return false;
  }

  const isAcknowledged: Checkpoints['isAcknowledged'] = (over, noted) =>
    hasRestore(over, (line) => {
      const restore = saysRestore(line);
      const said = restore ? [{ chain: line.chain, ...restore.from }, ...restore.others] : [];
      return said.some(
        (one) => one.chain === noted.chain && one.seq === noted.seq && one.hash === noted.hash,
      );
    });

  const note: Checkpoints['note'] = (checkpoint) =>
    deps.note.write((now) => withNoted(now, chain, checkpoint));

  /** What the others wrote until now; undefined where there are no nodes. */
  async function readOthers(): Promise<Head[] | undefined> {
    const heads = await readHeads(db);
    if (chain === '' && heads.every((head) => head.chain === '')) return undefined;
    return heads.filter((head) => head.chain !== chain);
  }

  const make: Checkpoints['make'] = async (kind) => {
    const others = await readOthers();
    const made = await inTransaction(async (tx) => {
      const last = await readHead(tx, chain);
      const newest = await readNewestCheckpoint(tx, chain);
      if (last.seq === 0) return undefined;
      const gap = await findGap(tx);
      if (gap) throw gap === 'forged' ? forgedNote() : cutOff(gap);
      if (newest && (newest.seq > last.seq || !isOurs(newest, chain))) throw notOurs(newest);
      if (newest?.seq === last.seq && !others) return newest;
      if (others)
        await audit.add(tx, {
          actor: { is: 'appliance', task: 'audit' },
          action: HEADS,
          details: detailsOfHeads(others),
        });
      const head = others ? await readHead(tx, chain) : last;
      const checkpoint = signed({ ...head, at: clock.now(), kind, previous: newest?.seq ?? 0 }, chain);
      await putCheckpoint(tx, chain, checkpoint);
      return checkpoint;
    });
    if (made) await note(made);
    return made;
  };

  return {
    make,
    async makeWhenDue() {
      const kind = await dueKind(db, chain, clock.now());
      if (kind === undefined) return undefined;
      if (failedAt !== undefined && Math.abs(clock.now() - failedAt) < PAUSE_AFTER_FAILURE) return undefined;
      try {
        const made = await make(kind);
        failedAt = undefined;
        return made;
      } catch (error) {
        failedAt = clock.now();
        throw error;
      }
    },
    isOurs,
    isAcknowledged,
    isAccountedFor: (over, of, { seq, at }) =>
      hasRestore(over, (line) => {
        if (line.at < at) return false;
        // Of one node, which accepts what that one has seen.
        const lost = saysLost(line);
        return lost
          ? lost.some((one) => one.chain === of && one.through >= seq)
          : saysRestore(line) !== undefined;
      }),
    signed,
    note,
    findGap,
  };
}

async function readNote(note: CheckpointNote): Promise<NotedCheckpoints | 'forged'> {
  const state = await note.read();
  if (state.is === 'none') return new Map();
  return (state.is === 'sound' && readNoted(state.text)) || 'forged';
}

/** Why a checkpoint is due; undefined when none is. A node that adds nothing signs too, so that its silence says something. */
async function dueKind(db: Db, chain: string, now: number): Promise<'lines' | 'time' | undefined> {
  const head = await readHead(db, chain);
  const newest = await readNewestCheckpoint(db, chain);
  const lines = head.seq - (newest?.seq ?? 0);
  if (lines === 0 && chain === '') return undefined;
  if (lines >= LINES_BETWEEN) return 'lines';
  // Either way: the clock may have been put back.
  return newest && Math.abs(now - newest.at) < TIME_BETWEEN ? undefined : 'time';
}

/** Further signatures would make a truncated log look whole. */
const cutOff = ({ chain, noted }: Gap): Problem =>
  new Problem(
    'CONFLICT',
    `The audit log (last line ${chain.seq}) does not pass through the checkpoint at line ${noted.seq} that the key store remembers: lines were cut off, or an older database was put back by hand. No checkpoint is signed over that. See what "gatehouse audit verify" says, and put the newest database back; restore the older one with "gatehouse restore", which records that it did; or, where a standby that lagged took over and nothing newer is left, run "gatehouse audit accept-loss".`,
  );

export const forgedNote = (): Problem =>
  new Problem(
    'CONFLICT',
    'The note of the newest audit checkpoint in the key store was changed, deleted or put back from elsewhere: nothing is signed until that is settled. See what "gatehouse audit verify" says. Put back the newest copy of the key store ("gatehouse keystore places"), or restore a backup with "gatehouse restore", which records that it did.',
  );

export const notOurs = ({ seq }: Checkpoint): Problem =>
  new Problem(
    'CONFLICT',
    `The checkpoint of the audit log at line ${seq} was changed or does not belong there: nothing is signed or pruned on top of it. See what "gatehouse audit verify" says.`,
  );
