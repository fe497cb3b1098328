import type { Analysis } from '../../inference/face.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId, VerificationId, World } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import {
  type CaptureSource,
  type CheckResult,
  composite,
  type DeviceInfo,
  type Embeddings,
  type Profile,
} from '../matching/index.ts';
import { refusedBefore } from './analyze-pictures.ts';
import { createUpgrade } from './enrollment/upgrade-templates.ts';
import { createJudge, createMatch } from './judge.ts';
import { createAdmit, createPrepareVerification } from './prepare-verification.ts';
import { createRecord, createWriteVerification, type Writing } from './record-verification.ts';
import {
  type Assurance,
  disclosedResults,
  filesUsed,
  type Run,
  type VerificationOutcome,
} from './verdict.ts';
import type { VerifyDeps } from './verify.ts';

/** A person whose frames a live session has judged, and who they must be. */
export interface LiveRequest {
  organization: OrganizationId;
  world: World;
  /** The caller who ordered the session. */
  actor: Actor;
  /** Given: 1:1. Absent: 1:N. */
  email?: string;
  source: CaptureSource;
  profile: string;
  profiles: readonly string[];
  /** Address of the person's device, to find the site. */
  address?: string;
  device?: DeviceInfo;
  /** False: the checks of place, time and device do not run. */
  context: boolean;
  request?: string;
  /** The best frontal frame, and the embeddings that all of them give together. */
  main: Analysis;
  embeddings: Embeddings;
  assurance: Assurance;
}

/** A verification that is decided and not written yet. */
export interface JudgedLive {
  verification: VerificationId;
  verified: boolean;
  outcome: VerificationOutcome;
  /** The claimed or recognized person, when verified. */
  person?: { id: SubjectId; email?: string };
  /** As receivers see it; absent in a refusal. */
  composite?: number;
  checks: readonly CheckResult[];
  /** As `Matched.alike`. */
  alike?: number;
  /** SHA-256 of the file of each model that took part, by id. */
  models: Record<string, string>;
  /**
   * In turn with other attempts at the claimed address: `transact` runs one transaction with both parts of the verification in it. `id`: in
   * place of `verification`.
   */
  record(id: VerificationId, transact: (verification: Writing) => Promise<void>): Promise<void>;
  /** The session was passed: the person gets the templates that they lack. After `record`. */
  upgrade(id: VerificationId): Promise<void>;
  /** In any case. */
  end(): void;
}

export type VerifyLive = (order: LiveRequest) => Promise<JudgedLive>;

/** No picture: the frames are analyzed by the session. */
const NONE = new Uint8Array();

/** The steps of `verify` over frames that a live session holds. Throws what they throw, before anything is written. */
export function createVerifyLive(deps: VerifyDeps): VerifyLive {
  const prepare = createPrepareVerification(deps);
  const { admit, admitMatched } = createAdmit(deps);
  const match = createMatch(deps);
  const judge = createJudge(deps);
  const record = createRecord(createWriteVerification(deps));
  const upgrade = createUpgrade(deps);

  return async ({ main, embeddings, assurance, context, ...order }) => {
    const { face } = main;
    if (!face) throw new Error('A live session gave a frame without a face.');
    const { profiles, email, ...rest } = order;
    const restricted = profiles.length > 0 ? { profiles } : {};
    const prepared = await prepare({ ...rest, ...restricted, ...defined({ email }), picture: NONE });
    const run: Run = {
      ...prepared,
      assurance,
      ...(context ? {} : { profile: withoutContext(prepared.profile) }),
    };
    const admission = await admit(run);
    try {
      if (await admission.guard.refusedBefore(main.pixelHash)) throw refusedBefore(run.profile);
      const decision = await match(run, embeddings);
      const seen = { main, face: { ...face, embeddings: { ...face.embeddings, ...embeddings } }, frames: [] };
      const outcome = await judge(run, seen, decision);
      await admitMatched(run, admission, decision);
      const verified = outcome.reason === undefined;
      return {
        verification: run.id,
        verified,
        outcome: outcome.ended.outcome,
        ...defined({ person: outcome.recognized, alike: decision.alike }),
        ...(verified ? { composite: composite(disclosedResults(outcome.checkResults, true)) } : {}),
        checks: outcome.checkResults,
        models: filesUsed(run.plan, run.files),
        record: (id, transact) => record({ ...run, id }, outcome, admission, { transact }),
        upgrade: (id) => upgrade({ ...run, id }, seen, outcome),
        end: () => admission.end(),
      };
    } catch (error) {
      admission.end();
      throw error;
    }
  };
}

const contextChecks = ['geoFence', 'impossibleTravel', 'timeRestriction', 'deviceConsistency'] as const;

function withoutContext(profile: Profile): Profile {
  const { checks } = profile.definition;
  const off = contextChecks.map((name) => [name, { ...checks[name], enabled: false }]);
  return {
    ...profile,
    definition: { ...profile.definition, checks: { ...checks, ...Object.fromEntries(off) } },
  };
}
