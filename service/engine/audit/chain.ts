import { createHash } from 'node:crypto';

/** One line as it is stored, and as an export carries it. */
export interface StoredLine {
  /** SeenLine in the chain: 1, 2, 3 … without gaps. */
  seq: number;
  id: string;
  organization: string | null;
  /** `key:key_…` or `operator:<name>`. */
  actor: string;
  action: string;
  target: string | null;
  outcome: string;
  request: string | null;
  /** JSON, exactly as stored. */
  details: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Person of the sealed details. */
  subject: string | null;
  /** Base64 (RFC 4648, padded) of the sealed bytes; they are never opened to be hashed. */
  personalSealed: string | null;
  /** Hash of line `seq - 1`; of line 1: `beforeTheFirst`. */
  previousHash: string;
  hash: string;
}

/** A line, and whose chain it is in. */
export interface ChainLine extends StoredLine {
  /** Id of the node that wrote it; empty for the service that shares its database with none. */
  chain: string;
}

/** Previous hash of the first line, in the chain of the service that shares its database with none. */
export const beforeTheFirst = '0'.repeat(64);

/**
 * Previous hash of the first line of a chain. For the chain of a node: SHA-256 of `["gatehouse-audit-chain-1",chain]`, so that no line
 * of one chain fits another.
 */
export const beginningOf = (chain: string): string =>
  chain === '' ? beforeTheFirst : sha256(['gatehouse-audit-chain-1', chain]);

/**
 * SHA-256 (hex, lower case) over the UTF-8 bytes of one JSON array, serialized as RFC 8785 has it (no white space, shortest
 * escapes, integers as digits; what `JSON.stringify` gives for well-formed strings and safe integers):
 *
 *     ["gatehouse-audit-line-1",seq,previousHash,id,organization,actor,action,target,outcome,request,details,at,subject,personalSealed]
 *
 * in this order, an absent value as `null`, `details` as a string that holds the stored JSON text, `personalSealed` as base64.
 * Array and string syntax keep neighbouring fields apart, so no two different lines have the same bytes.
 */
export function hashLine(line: Omit<StoredLine, 'hash'>): string {
  return sha256(['gatehouse-audit-line-1', line.seq, line.previousHash, ...contentOf(line)]);
}

/** A line from before there was a chain. */
export type OutsideLine = Omit<StoredLine, 'seq' | 'previousHash' | 'hash'>;

/**
 * What line 1 says of the lines before the chain, taken in the order of their ids: `running` starts as `beforeTheFirst`, and
 * every line makes it SHA-256 of `["gatehouse-audit-outside-1",running,id,organization,actor,action,target,outcome,request,details,at,subject,personalSealed]`.
 */
export function hashOutside(running: string, line: OutsideLine): string {
  return sha256(['gatehouse-audit-outside-1', running, ...contentOf(line)]);
}

function sha256(fields: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(fields), 'utf8').digest('hex');
}

const contentOf = (line: OutsideLine) => [
  line.id,
  line.organization,
  line.actor,
  line.action,
  line.target,
  line.outcome,
  line.request,
  line.details,
  line.at,
  line.subject,
  line.personalSealed,
];

/** Why a checkpoint was made: enough lines or time since the last one, a clean stop, an export, a restore, before pruning. */
export type CheckpointKind = 'lines' | 'time' | 'stop' | 'export' | 'restore' | 'prune';

/** The appliance's word that line `seq` had this hash, and with it that every line before it was as it was. */
export interface Checkpoint {
  seq: number;
  hash: string;
  /** Milliseconds since 1970. */
  at: number;
  kind: string;
  /** Seq of the checkpoint before it; 0 for the first, and for one that pruning left as the anchor. */
  previous: number;
  kid: string;
  /** Ed25519 over `checkpointBytes`, base64url. */
  signature: string;
}

/** Whose signature it is, and of which chain. */
export interface Signer {
  appliance: string;
  chain: string;
}

/**
 * What is signed: the UTF-8 bytes of
 * `["gatehouse-audit-checkpoint-1",appliance,seq,hash,at,kind,previous]`, serialized as RFC 8785 has it; in the chain of a node of
 * `["gatehouse-audit-checkpoint-2",appliance,chain,seq,hash,at,kind,previous]`.
 */
export function checkpointBytes(
  { appliance, chain }: Signer,
  { seq, hash, at, kind, previous }: Omit<Checkpoint, 'kid' | 'signature'>,
): Uint8Array {
  const place =
    chain === ''
      ? ['gatehouse-audit-checkpoint-1', appliance]
      : ['gatehouse-audit-checkpoint-2', appliance, chain];
  return new TextEncoder().encode(JSON.stringify([...place, seq, hash, at, kind, previous]));
}

/** What is wrong, at the first place where something is. */
export interface Damage {
  /** The node whose chain it is; absent in the chain of the service that shares its database with none. */
  node?: string;
  /** The first line that is not as it should be. */
  seq: number;
  is:
    | 'changed'
    | 'missing'
    | 'inserted'
    | 'reordered'
    | 'truncated'
    | 'rolled-back'
    | 'bad-signature'
    | 'checkpoint-missing'
    | 'outside-changed'
    | 'note-behind';
  /** In words for the operator. */
  says: string;
}

/** An older backup of the data was put back, and an operator's command said so to the log. */
export interface AcknowledgedRestore {
  /** Number of the line "backup.restore". */
  seq: number;
  at: number;
  /** The last line of what was put back. */
  restoredTo: number;
  /** The newest checkpoint of before; the lines in between are gone. */
  before: number;
}

/** A line that was seen in a chain, which the chain must contain. */
export interface SeenLine {
  seq: number;
  hash: string;
}

/** The same, of one of several chains. */
export interface Head extends SeenLine {
  chain: string;
}

/** A key of a line among those of all chains. */
export const keyOf = ({ chain, seq }: Omit<Head, 'hash'>): string => `${chain} ${seq}`;

/** The newest checkpoint, as the key store notes it: protected so that only the service can write it. */
export type NoteState =
  /** There was no checkpoint yet. */
  | { is: 'none' }
  /** `text`: as it was written. */
  | { is: 'sound'; text: string }
  /** Changed, deleted, or put back from somewhere else. */
  | { is: 'forged' };

/** What a copy of the key store notes, compared with the key store in use. */
export interface CopyNote {
  /** Folder of the copy. */
  place: string;
  /** `ahead`: the copy has a newer note, so that the one in use is an old one that was put back. */
  is: 'same' | 'behind' | 'ahead' | 'forged' | 'unreachable';
  text?: string;
}

/** Where the newest checkpoint is noted, in another file than the log. */
export interface CheckpointNote {
  read(): Promise<NoteState>;
  /** `change` gets what is noted, undefined where nothing sound is, and gives what will be. On disk when it resolves. */
  write(change: (now: string | undefined) => string): Promise<void>;
  copies(): Promise<CopyNote[]>;
}
