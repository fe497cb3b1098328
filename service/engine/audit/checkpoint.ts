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

/**
 * What is signed: the UTF-8 bytes of
 * `["gatehouse-audit-checkpoint-1",appliance,seq,hash,at,kind,previous]`, serialized as RFC 8785 has it.
 */
export const checkpointBytes = (
  appliance: string,
  { seq, hash, at, kind, previous }: Omit<Checkpoint, 'kid' | 'signature'>,
): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify(['gatehouse-audit-checkpoint-1', appliance, seq, hash, at, kind, previous]),
  );

/** Parses the checkpoint note of the key store; undefined if invalid. */
export function readNote(text: string): Checkpoint | undefined {
  try {
    const { seq, hash, at, kind, previous, kid, signature } = JSON.parse(text) as Record<string, unknown>;
    const numbers = [seq, at, previous].every(Number.isSafeInteger);
    const texts = [hash, kind, kid, signature].every((field) => typeof field === 'string');
    if (!numbers || !texts) return undefined;
    return { seq, hash, at, kind, previous, kid, signature } as Checkpoint;
  } catch {
    return undefined;
  }
}
