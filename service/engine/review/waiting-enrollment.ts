import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Consent } from '../consent/index.ts';

/** An enrollment, or a newcomer of a uniqueness scope, refused by the policy `block` and stored until the decision. */
export interface WaitingEnrollment {
  /** Absent of a newcomer. */
  email?: string;
  name?: string;
  consent?: Consent;
  /** By embedder. */
  embeddings: Record<string, Float32Array>;
  /** SHA-256 of the model files that made them, by embedder. */
  files: Record<string, string>;
  pixelHash: string;
  quality: number;
  /** The person who had the address then; absent if it was free. Of a newcomer: who the session says they are. */
  existing?: SubjectId;
  /** Of a newcomer: the reference that the caller gave. */
  reference?: string;
  /** Of a newcomer: people that reviewers have compared with them before. */
  compared?: readonly ComparedPerson[];
}

/** A person that a reviewer did not take for the newcomer. */
export interface ComparedPerson {
  subject: SubjectId;
  /** Who said that they are different people, and when; absent where that stays open. */
  distinct?: { by: string; at: number };
}

const toBase64 = (vector: Float32Array) =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
const toVector = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

export const encodeOrder = ({ embeddings, ...rest }: WaitingEnrollment): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      ...rest,
      vectors: Object.fromEntries(Object.entries(embeddings).map(([id, vector]) => [id, toBase64(vector)])),
    }),
  );

export function decodeOrder(plain: Uint8Array): WaitingEnrollment {
  const { vectors, ...rest } = JSON.parse(new TextDecoder().decode(plain)) as Omit<
    WaitingEnrollment,
    'embeddings'
  > & { vectors: Record<string, string> };
  const embeddings = Object.entries(vectors).map(([id, text]) => [id, toVector(text)] as const);
  return { ...rest, embeddings: Object.fromEntries(embeddings) };
}

/** Throws CONFLICT where the models, or who has the address, are not those of then. */
export function requireUnchanged(
  order: WaitingEnrollment,
  now: { files: Readonly<Record<string, string>>; existing: SubjectId | undefined },
): void {
  requireSameModels(order, now.files);
  if (order.existing !== now.existing)
    throw new Problem(
      'CONFLICT',
      'The address was enrolled, changed or erased since this face was sent: decide that it is the same person, and enroll the person with a new picture.',
    );
}

/** Throws CONFLICT where the models are not those of then. */
export function requireSameModels({ files }: WaitingEnrollment, now: Readonly<Record<string, string>>): void {
  if (Object.entries(files).some(([id, sha256]) => now[id] !== sha256))
    throw new Problem(
      'CONFLICT',
      'Other models are in use than when this face was sent: decide that it is the same person, and enroll the person with a new picture.',
    );
}
