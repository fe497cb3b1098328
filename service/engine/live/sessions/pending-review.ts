import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import {
  type ChallengeResult,
  faceQuality,
  type SuspectCamera,
  type WithoutMotion,
} from '../../matching/index.ts';
import type { UniquenessRequest } from '../../uniqueness/index.ts';
import type { SessionParts } from './parts.ts';
import type { SessionWait, WaitingFace, WholeSession } from './session.ts';
import { planOf } from './session-rules.ts';
import type { SessionRow } from './session-store.ts';

/** Why a session waits for a person. */
const WITHOUT_MOTION = 'WITHOUT_MOTION';
export const SUSPECT_CAMERA = 'SUSPECT_CAMERA';
export const UNDECIDED = 'UNDECIDED';

/** What an attempt waits for, and why; undefined where it is decided at once. The weightier comes first: the reviewer sees all reasons. */
export function waitOf({
  undecided,
  withoutMotion,
  suspectCamera,
}: {
  undecided: boolean;
  withoutMotion: WithoutMotion;
  suspectCamera: SuspectCamera;
}): Wait | undefined {
  const reasons = [
    ...(undecided ? [UNDECIDED] : []),
    ...(withoutMotion === 'allow' ? [] : [WITHOUT_MOTION]),
    ...(suspectCamera === 'record' ? [] : [SUSPECT_CAMERA]),
  ];
  if (reasons.length === 0) return undefined;
  const waitsFor = undecided ? 'undecided' : withoutMotion === 'allow' ? 'camera' : 'without-motion';
  return { waitsFor, reasons };
}

/** Reasons that end with the decision of a person. */
export const isWaiting = (reason: string): boolean =>
  reason === WITHOUT_MOTION || reason === SUSPECT_CAMERA || reason === UNDECIDED;

export interface Wait {
  waitsFor: Exclude<SessionWait, 'uniqueness'>;
  reasons: readonly string[];
}

const toBase64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
const toVector = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

/** What is kept of a face until a person has decided. */
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

/** What the uniqueness scope of a session is asked. Throws CONFLICT where other models are in use than those that read the face. */
export async function uniquenessRequestOf(
  parts: SessionParts,
  { row, opened, actor }: { row: SessionRow; opened: WholeSession; actor: Actor },
  { vectors, files, pixelHash, quality, portrait }: WaitingFace,
  self: SubjectId | undefined,
): Promise<UniquenessRequest> {
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
      textVersion: opened.consent?.version ?? opened.page.consent.version,
      purposes: ['deduplication'],
      method: 'live-page',
      legalBasis: 'consent',
      through: 'self',
      ...(opened.consent && opened.device?.capturePage && { shown: true as const }),
    },
  };
}
