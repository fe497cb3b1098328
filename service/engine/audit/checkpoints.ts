import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import {
  putCheckpoint,
  readByAction,
  readCheckpointAt,
  readHash,
  readHead,
  readNewestCheckpoint,
  readOldestCheckpoint,
} from './audit-store.ts';
import {
  type Checkpoint,
  type CheckpointKind,
  type CheckpointNote,
  checkpointBytes,
  hashLine,
  readNote,
} from './chain.ts';
import { keysById } from './verify-chain.ts';
import { isSigned, saysRestore } from './walk-chain.ts';

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

export interface CheckpointsDeps {
  db: Db;
  inTransaction: InTransaction;
  signing: AuditSigning;
  note: CheckpointNote;
  appliance: string;
  clock: Clock;
}

/** What is missing between the note and the database when the database is older than the keys. */
export interface Gap {
  chain: { seq: number; hash: string };
  noted: { seq: number; hash: string };
}

/** Makes, keeps and notes checkpoints. */
export interface Checkpoints {
  /** Signs the last line, when it has not been yet. Throws CONFLICT when the log does not pass through the noted checkpoint. */
  make(kind: CheckpointKind): Promise<Checkpoint | undefined>;
  /** As `make`, when 1,000 lines or 10 minutes have passed since the last; not within a minute after it failed. */
  makeWhenDue(): Promise<void>;
  /** Whether this appliance signed it and it is unchanged. */
  isOurs(checkpoint: Checkpoint): boolean;
  /** A checkpoint at this place, signed; not stored. */
  signed(place: Omit<Checkpoint, 'kid' | 'signature'>): Checkpoint;
  /** Notes the newest checkpoint; call it only after the database has it. */
  note(checkpoint: Checkpoint): Promise<void>;
  /** Whether an acknowledged restore replaced the noted checkpoint: a signed line says so. */
  isAcknowledged(db: Db, noted: Gap['noted']): Promise<boolean>;
  /**
   * Undefined when the log passes through the noted checkpoint, or an operator acknowledged that it does not. `forged`: the
   * note was not written by this service, so that nothing is known.
   */
  findGap(db: Db): Promise<Gap | 'forged' | undefined>;
}

export function createCheckpoints(deps: CheckpointsDeps): Checkpoints {
  const { db, inTransaction, signing, appliance, clock } = deps;
  let failedAt: number | undefined;

  const signed: Checkpoints['signed'] = (place) => ({
    ...place,
    ...signing.sign('audit', checkpointBytes(appliance, place)),
  });

  async function findGap(over: Db): Promise<Gap | 'forged' | undefined> {
    const noted = await readNoted(deps.note);
    if (noted === undefined || noted === 'forged') return noted;
    const head = await readHead(over);
    if (noted.seq <= head.seq) {
      const oldest = await readOldestCheckpoint(over);
      const pruned = oldest?.kind === 'prune' && isOurs(oldest) ? oldest.seq : 0;
      if (noted.seq < pruned) return undefined;
      const hash = noted.seq === pruned ? oldest?.hash : await readHash(over, noted.seq);
      if (hash === noted.hash) return undefined;
    }
    const gap = { chain: head, noted: { seq: noted.seq, hash: noted.hash } };
    return (await isAcknowledged(over, gap.noted)) ? undefined : gap;
  }

  const isOurs: Checkpoints['isOurs'] = (checkpoint) =>
    isSigned(keysById(signing.publicKeys()), checkpointBytes(appliance, checkpoint), checkpoint);

  /** A writer of the line can write its hash too: what counts is the signed checkpoint over it. */
  const isAcknowledged: Checkpoints['isAcknowledged'] = async (over, noted) => {
    for (const line of await readByAction(over, 'backup.restore')) {
      const said = saysRestore(line)?.from;
      if (said?.seq !== noted.seq || said.hash !== noted.hash) continue;
      const made = await readCheckpointAt(over, line.seq);
      if (made?.kind === 'restore' && made.hash === hashLine(line) && isOurs(made)) return true;
    }
    return false;
  };

  const note: Checkpoints['note'] = (checkpoint) => deps.note.write(JSON.stringify(checkpoint));

  const make: Checkpoints['make'] = async (kind) => {
    const made = await inTransaction(async (tx) => {
      const head = await readHead(tx);
      const newest = await readNewestCheckpoint(tx);
      if (head.seq === 0) return undefined;
      const gap = await findGap(tx);
      if (gap) throw gap === 'forged' ? forgedNote() : cutOff(gap);
      if (newest && (newest.seq > head.seq || !isOurs(newest))) throw notOurs(newest);
      if (newest?.seq === head.seq) return newest;
      const checkpoint = signed({ ...head, at: clock.now(), kind, previous: newest?.seq ?? 0 });
      await putCheckpoint(tx, checkpoint);
      return checkpoint;
    });
    if (made) await note(made);
    return made;
  };

  return {
    make,
    async makeWhenDue() {
      const kind = await dueKind(db, clock.now());
      if (kind === undefined) return;
      if (failedAt !== undefined && Math.abs(clock.now() - failedAt) < PAUSE_AFTER_FAILURE) return;
      try {
        await make(kind);
        failedAt = undefined;
      } catch (error) {
        failedAt = clock.now();
        throw error;
      }
    },
    isOurs,
    isAcknowledged,
    signed,
    note,
    findGap,
  };
}

async function readNoted(note: CheckpointNote): Promise<Checkpoint | 'forged' | undefined> {
  const state = await note.read();
  if (state.is === 'none') return undefined;
  return (state.is === 'sound' && readNote(state.text)) || 'forged';
}

/** Why a checkpoint is due; undefined when none is. */
async function dueKind(db: Db, now: number): Promise<'lines' | 'time' | undefined> {
  const head = await readHead(db);
  const newest = await readNewestCheckpoint(db);
  const lines = head.seq - (newest?.seq ?? 0);
  if (lines === 0) return undefined;
  if (lines >= LINES_BETWEEN) return 'lines';
  // Either way: the clock may have been put back.
  return newest && Math.abs(now - newest.at) < TIME_BETWEEN ? undefined : 'time';
}

/** Further signatures would make a truncated log look whole. */
const cutOff = ({ chain, noted }: Gap): Problem =>
  new Problem(
    'CONFLICT',
    `The audit log (last line ${chain.seq}) does not pass through the checkpoint at line ${noted.seq} that the key store remembers: lines were cut off, or an older database was put back by hand. No checkpoint is signed over that. See what "gatehouse audit verify" says, and put the newest database back; or restore the older one with "gatehouse restore", which records that it did.`,
  );

const forgedNote = (): Problem =>
  new Problem(
    'CONFLICT',
    'The note of the newest audit checkpoint in the key store was changed, deleted or put back from elsewhere: nothing is signed until that is settled. See what "gatehouse audit verify" says. Put back the newest copy of the key store ("gatehouse keystore places"), or restore a backup with "gatehouse restore", which records that it did.',
  );

export const notOurs = ({ seq }: Checkpoint): Problem =>
  new Problem(
    'CONFLICT',
    `The checkpoint of the audit log at line ${seq} was changed or does not belong there: nothing is signed or pruned on top of it. See what "gatehouse audit verify" says.`,
  );
