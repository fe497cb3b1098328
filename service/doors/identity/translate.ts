import { setImmediate } from 'node:timers/promises';
import type { CheckResult } from '../../engine/matching/index.ts';
import type { EnrollCommand, EnrollResult, Verdict, VerifyCommand } from '../../engine/verification/index.ts';
import { decodePicture, tooLarge } from '../../http/bodies/base64-picture.ts';
import type { RelyingParty } from '../../http/sign-in/relying-party.ts';
import { defined } from '../../lib/defined.ts';
import type { Problem } from '../../lib/problem.ts';
import type { EnrollRequest, Picture, VerifyRequest } from './wire.ts';
import { pictureLimits } from './wire.ts';
import type { CheckResultReply, EnrollReply, VerifyReply } from './wire-replies.ts';

/** Data of the request besides its body. */
export interface Circumstances {
  caller: Pick<RelyingParty, 'who' | 'organization' | 'world' | 'profiles'>;
  requestId: string;
  /** The caller's network address. */
  address: string;
  /** Aborts when the caller hangs up or the request's time is over. */
  signal: AbortSignal;
}

/** Throws INVALID_REQUEST or IMAGE_TOO_LARGE for a picture that cannot be decoded from its text. */
export async function toVerifyCommand(
  body: VerifyRequest,
  { caller, requestId, address, signal }: Circumstances,
): Promise<VerifyCommand> {
  const { email, profile, deviceInfo, location, frames, frameTimes, metadata } = body;
  return {
    organization: caller.organization,
    world: caller.world,
    picture: await toBytes(body.image, 'image', pictureLimits.image),
    ...defined({ email, profile, profiles: caller.profiles }),
    ...(deviceInfo === undefined ? {} : { device: defined(deviceInfo) }),
    ...(location === undefined
      ? {}
      : { place: defined({ ...location, country: location.country?.toUpperCase() }) }),
    ...(frames === undefined ? {} : { frames: await toFrames(frames) }),
    ...defined({ frameTimes, metadata }),
    address,
    signal,
    actor: caller.who,
    request: requestId,
  };
}

/** Throws as toVerifyCommand does. */
export async function toEnrollCommand(
  body: EnrollRequest,
  { caller, requestId, address, signal }: Circumstances,
): Promise<EnrollCommand> {
  const { email, name, consent, metadata } = body;
  return {
    organization: caller.organization,
    world: caller.world,
    picture: await toBytes(body.image, 'image', pictureLimits.image),
    email,
    address,
    signal,
    ...defined({ name, metadata }),
    ...(consent === undefined ? {} : { consent: toConsent(consent) }),
    actor: caller.who,
    request: requestId,
  };
}

const toConsent = ({ expiresAt, through, ...rest }: NonNullable<EnrollRequest['consent']>) => ({
  ...rest,
  ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
  ...defined({ through }),
});

/**
 * The match's own score stays inside: `confidence` says as much, on a scale that does not change with the model. A refusal leaves
 * out the number of pictures and the shift as well.
 */
export function fromVerdict(
  verdict: Verdict,
  { metadata }: Pick<VerifyRequest, 'metadata'> = {},
): VerifyReply {
  const { subject, reason, identification, match, profile } = verdict;
  return {
    verified: verdict.verified,
    ...(verdict.verified && subject ? { userId: subject.id, ...defined({ email: subject.email }) } : {}),
    ...defined({ reason }),
    confidence: round(verdict.confidence),
    ...(verdict.compositeScore === undefined ? {} : { compositeScore: round(verdict.compositeScore) }),
    checkResults: verdict.checkResults.map(fromCheckResult),
    assurance: verdict.assurance,
    capture: { source: verdict.source },
    verificationId: verdict.verification,
    profile: { id: profile.id, slug: profile.slug, version: profile.version, maturity: profile.maturity },
    match: {
      scorer: match.scorer,
      threshold: round(match.threshold),
      fmr: significant(match.fmr),
      holdsFor: match.holdsFor,
      fnmr: significant(match.fnmr),
      extrapolated: match.extrapolated,
      ...(verdict.verified && match.pictures !== null
        ? { pictures: match.pictures, shift: round(match.shift) }
        : {}),
    },
    ...(identification === undefined
      ? {}
      : {
          identification: {
            gallerySize: identification.gallerySize,
            galleryRate: identification.galleryRate,
            holdsFor: identification.holdsFor,
            matchRate: significant(identification.matchRate),
            threshold: round(identification.threshold),
            fnmr: significant(identification.fnmr),
            extrapolated: identification.extrapolated,
            ownGallery: identification.ownGallery,
          },
        }),
    models: verdict.models,
    timing: Object.fromEntries(
      Object.entries(verdict.timing).map(([stage, ms]) => [stage, Math.round(ms * 10) / 10]),
    ),
    ...defined({ testOutcome: verdict.testOutcome, metadata }),
  };
}

export function fromEnrollResult(
  result: EnrollResult,
  { metadata }: Pick<EnrollRequest, 'metadata'> = {},
): EnrollReply {
  return {
    enrolled: true,
    userId: result.subject,
    created: result.created,
    enrollments: result.enrollments,
    ...defined({ duplicate: result.duplicate }),
    quality: fromCheckResult(result.quality),
    ...defined({ testOutcome: result.testOutcome, metadata }),
  };
}

function fromCheckResult(result: CheckResult): CheckResultReply {
  const { check, pass, skipped, reason, details } = result;
  return {
    check,
    pass,
    score: round(result.score),
    weight: round(result.weight),
    ...defined({ skipped, reason }),
    ...(details === undefined ? {} : { details: shorten(details) as Record<string, unknown> }),
  };
}

/** The fields of a 422 beside the common ones: a sentence for the person, the checks that got that far, and the caller's own data. */
export function fromRefusal({ message, extra }: Problem): Record<string, unknown> {
  return {
    reason: extra.reason ?? message,
    ...(extra.checkResults === undefined
      ? {}
      : { checkResults: (extra.checkResults as readonly CheckResult[]).map(fromCheckResult) }),
    ...defined({ testOutcome: extra.testOutcome, metadata: extra.metadata }),
  };
}

async function toBytes(picture: Picture, path: string, most: number): Promise<Uint8Array> {
  if (!(picture instanceof Uint8Array)) return decodePicture(picture, path, most);
  if (picture.length > most) throw tooLarge(path, most);
  return picture;
}

/** One after the other, with a turn for everything else between. */
async function toFrames(frames: Picture[]): Promise<Uint8Array[]> {
  const bytes: Uint8Array[] = [];
  for (const [i, frame] of frames.entries()) {
    bytes.push(await toBytes(frame, `frames.${i}`, pictureLimits.frame));
    await setImmediate();
  }
  return bytes;
}

/** Four decimals. */
const round = (value: number) => Math.round(value * 1e4) / 1e4;
/** Four digits: rates may be as small as 1e-7. */
const significant = (value: number) => Number(value.toPrecision(4));

function shorten(value: unknown): unknown {
  if (typeof value === 'number') return significant(value);
  if (Array.isArray(value)) return value.map(shorten);
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shorten(inner)]));
  }
  return value;
}
