import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import { faceQuality } from '../../checks/index.ts';
import type { ChallengeResult } from '../attempts/challenge.ts';
import { planOf } from '../attempts/judge-frame.ts';
import type { Opened } from '../decide.ts';
import type { SessionParts } from '../parts.ts';
import type { WaitingFace } from '../session.ts';
import type { SessionRow } from '../session-store.ts';
import type { UniquenessOrder } from '../uniqueness-judge.ts';

const toBase64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
const toVector = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

export function waitingFace(
  { models }: Pick<SessionParts, 'models'>,
  { identity }: Pick<ChallengeResult, 'identity'>,
): WaitingFace {
  const { analysis, embeddings } = identity!;
  const { files } = models.current();
  const names = Object.keys(embeddings);
  return {
    vectors: Object.fromEntries(names.map((id) => [id, toBase64(Float32Array.from(embeddings[id]!))])),
    files: Object.fromEntries(names.map((id) => [id, files[id] ?? ''])),
    pixelHash: analysis.pixelHash,
    quality: faceQuality(analysis, { pad: analysis.face?.pad !== undefined }).score,
    ...(analysis.portrait && { portrait: toBase64(analysis.portrait) }),
  };
}

/** Throws CONFLICT where other models are in use than those that read the face. */
export async function uniquenessOrder(
  parts: SessionParts,
  { row, opened, actor }: { row: SessionRow; opened: Opened; actor: Actor },
  { vectors, files, pixelHash, quality, portrait }: WaitingFace,
  self: SubjectId | undefined,
): Promise<UniquenessOrder> {
  const now = parts.models.current().files;
  if (Object.entries(files).some(([id, sha256]) => sha256 !== (now[id] ?? '')))
    throw new Problem(
      'CONFLICT',
      'Other models are in use than when this face was seen, so the person cannot be counted: refuse the session, and let the person do the check again.',
    );
  const { plan } = await planOf(parts, opened);
  const { policy, scope, unnamed } = opened.uniquenessRule;
  const embeddings = Object.fromEntries(Object.entries(vectors).map(([id, text]) => [id, toVector(text)]));
  return {
    realm: opened.realm,
    policy,
    scope,
    embeddings,
    plan,
    actor,
    session: row.id,
    pixelHash,
    quality,
    ...(portrait !== undefined && { portrait: Uint8Array.from(Buffer.from(portrait, 'base64')) }),
    ...defined({ self, reference: unnamed ? undefined : opened.subjectRef }),
    consent: {
      textVersion: opened.page.consent.version,
      purposes: ['deduplication'],
      method: 'live-page',
      legalBasis: 'consent',
      through: 'self',
    },
  };
}
