import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Locks } from '../../lib/locks.ts';
import type { Log } from '../../lib/log.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Organizations } from '../accounts/index.ts';
import type { Actor, Foundation } from '../audit/index.ts';
import type { Matching } from '../matching/index.ts';
import type { Realm, Subjects } from '../people/index.ts';
import calibration from './humanness-calibration.json' with { type: 'json' };
import { createJudge, type Judged, type UniquenessRequest } from './judge.ts';
import { isMember, membersToErase } from './member-store.ts';
import { createNewcomers, type NewcomersDeps } from './newcomers.ts';
import type { WaitingNewcomers } from './review/reviews-deps.ts';
import { defaultSettings, type ErasureRule, keyNameOf } from './scope.ts';
import { removeScopes } from './scope-store.ts';
import { createScopes, requireName, type ScopeKeys, type Scopes } from './scopes.ts';

/** One human once in a scope. */
export interface Uniqueness {
  /**
   * Finds out which human of the scope a living person is, makes a newcomer a member, and runs `work` in that transaction: all or nothing.
   * Takes turns in the scope, so that `work` may not call it. Throws CONFLICT for a scope that has ended, and what `work` throws.
   */
  judge<T>(order: UniquenessRequest, work: (tx: Tx, judged: Judged) => Promise<T>): Promise<T>;
  /** The session ends while its newcomer waits: cancelled, or expired. In the transaction that ends it. */
  withdraw(tx: Tx, session: string): Promise<void>;
  /** Whether a human is counted still: not erased, and not about to be. */
  isMember(realm: Realm, id: string): Promise<boolean>;
  /** What a person who comes to this scope is asked about; throws as `judge` for an ended one, and INVALID_REQUEST for a bad name. */
  termsOf(realm: Realm, scope: string): Promise<ScopeTerms>;
  /** HMAC of the session's id under a secret of the organization, hex: the same whenever it is asked, and unknown beforehand. */
  sessionSalt(organization: OrganizationId, session: string): Promise<string>;
  scopes: Scopes;
  /** Decisions of reviewers about newcomers; for engine/review. */
  newcomers: WaitingNewcomers;
  /** Ends waits of 72 hours; their number. */
  expireDue(): Promise<number>;
  /** Ends scopes, erases members who leave or whose term is over, and destroys keys left behind. */
  sweep(erase: EraseMember): Promise<{ ended: number; erased: number }>;
  /** Before an organization is erased: ends its scopes, so that none holds a member. */
  endAll(organization: OrganizationId, actor: Actor): Promise<void>;
  /** Of an erased organization, once its people are gone. */
  forget(organization: OrganizationId): Promise<void>;
}

/** For the consent text. */
export interface ScopeTerms {
  onErasure: ErasureRule;
  retentionDays?: number;
  endsAt?: number;
}

export interface UniquenessDeps
  extends Omit<NewcomersDeps, 'scopes' | 'turns' | 'organizations' | 'subjects' | 'matching'> {
  organizations: Pick<Organizations, 'get' | 'list'>;
  subjects: NewcomersDeps['subjects'] & Pick<Subjects, 'people'>;
  matching: NewcomersDeps['matching'] & Pick<Matching, 'mismatch'>;
  locks: Locks;
  log: Log;
}

const SALT = 'salt';

export function createUniqueness(deps: UniquenessDeps): Uniqueness {
  const { inTransaction, keys, locks } = deps;
  const turns = locks.of('uniqueness');
  const scopes = createScopes({ ...deps, turns });
  const judge = createJudge({ ...deps, turns, scopes });
  const newcomers = createNewcomers({ ...deps, turns, scopes });

  return {
    judge,
    withdraw: newcomers.withdraw,
    isMember: (realm, id) => isMember(deps.db, realm, id),
    async termsOf(realm, name) {
      requireName(name);
      const known = await scopes.store.byName(realm, name);
      if (known?.state === 'ended') throw scopes.ended();
      const { onErasure, retentionDays, endsAt } = known ?? defaultSettings;
      return {
        onErasure,
        ...(retentionDays !== undefined && { retentionDays }),
        ...(endsAt !== undefined && { endsAt }),
      };
    },
    sessionSalt: (organization, session) =>
      turns(`${organization}/${SALT}`, async () => {
        await keys.make(organization, SALT);
        return keys.mac(organization, SALT, `session|${session}`);
      }),
    scopes: scopes.administration,
    newcomers: newcomers.review,
    expireDue: newcomers.expireDue,
    sweep: createSweepScopes({ ...deps, scopes }),
    async endAll(organization, actor) {
      for (const scope of await scopes.store.activeOf(organization)) await scopes.endNow(scope, actor);
    },
    forget: (organization) => inTransaction((tx) => removeScopes(tx, organization)),
  };
}

interface SweepScopesDeps extends Pick<Foundation, 'db' | 'clock' | 'log'> {
  keys: ScopeKeys;
  organizations: Pick<Organizations, 'list'>;
  scopes: Pick<ReturnType<typeof createScopes>, 'endNow' | 'store'>;
}

/** Erases one person (engine/erasure). */
type EraseMember = (
  realm: Realm,
  subject: SubjectId,
  order: { reason: 'retention'; actor: Actor },
) => Promise<unknown>;

/** Members who are erased in one sweep: some seconds. */
const MOST = 500;
const appliance: Actor = { is: 'appliance', task: 'uniqueness' };

/** Ends scopes whose end has come, erases members who leave or whose term is over, and destroys keys that a crash left behind. */
function createSweepScopes({ db, clock, log, keys, organizations, scopes }: SweepScopesDeps) {
  /** A rotation or an end that was committed, but cut short before its key was destroyed. */
  async function destroyOldKeys(organization: OrganizationId): Promise<void> {
    const names = keys.names(organization).filter((name) => name.includes('/'));
    if (names.length === 0) return;
    const all = await scopes.store.all(organization);
    for (const { state, epoch, id } of all)
      for (const name of names) {
        const [of, number] = name.split('/');
        // A newer one than the scope's is being made.
        const old = state === 'ended' ? Number(number) <= epoch : Number(number) < epoch;
        if (of === id && old) await keys.destroy(organization, keyNameOf({ id, epoch: Number(number) }));
      }
  }

  return async function sweep(erase: EraseMember): Promise<{ ended: number; erased: number }> {
    const due = await scopes.store.due(clock.now());
    for (const scope of due) await scopes.endNow(scope, appliance);
    for (const { id } of await organizations.list()) await destroyOldKeys(id);
    let erased = 0;
    for (const { realm, subject } of await membersToErase(db, clock.now(), MOST)) {
      try {
        await erase(realm, subject, { reason: 'retention', actor: appliance });
        erased += 1;
      } catch (error) {
        log.error({ subject, err: error }, 'a member of a uniqueness scope could not be erased: tried again');
      }
    }
    return { ended: due.length, erased };
  };
}

/** How the score is made of its parts: log-odds = base + Σ weight · logit(part), and on what sessions that was chosen and measured. */
export interface HumannessCalibration {
  maturity: 'experimental';
  /** UTC, minutes. */
  measured: string;
  commit: string;
  command: string;
  data: string;
  withPad: { base: number; liveness: number; pad: number };
  /** Where presentation attack detection said nothing. */
  withoutPad: { base: number; liveness: number };
  /** Sessions of people and sources that the weights were not chosen on. */
  heldOut: Record<'all' | 'passed', { sessions: number; expectedCalibrationError: number; brier: number }>;
}

/** What was found of a session. */
interface HumannessParts {
  /** Liveness score of the challenge, 0..1. */
  liveness: number;
  /** Presentation attack detection over the frames, 0..1. */
  pad?: number;
  /** Behavior on the page: its confidence, 0..1, absent where it was too little; `suspect`: a program acts. */
  behavior?: { confidence?: number; suspect: boolean };
}

export interface Humanness {
  /** Probability of a living human where people and attacks are equally frequent, 0.01..0.99, two digits. */
  score: number;
  /** Odds before any part is known, from the fit. */
  base: number;
  /** `factor`: what the odds are multiplied by. */
  parts: { name: 'liveness' | 'pad' | 'behavior'; score: number; factor: number }[];
  maturity: 'experimental';
}

/** No part is believed beyond this, and no score goes beyond it. */
const SUREST = 0.99;
/**
 * Likelihood ratio of "a program acts": at most 4.5 % of people (0 of 82 people in 1,317 half-minutes, upper end of Wilson's 95 %) against
 * 56 % of programs (12 bots, each weighing the same); docs/evidence/behavior.md, rules alone, 2026-11-22. Behavior without that finding
 * has 1: who attacks with a picture may act on the page by hand. No session was measured with both.
 */
export const PROGRAM_ACTS = 0.045 / 0.56;

/** The calibrated combination (docs/UNIQUENESS.md): logistic in the log-odds of its parts. */
export function humannessOf(
  { liveness, pad, behavior }: HumannessParts,
  { withPad, withoutPad, maturity }: HumannessCalibration = calibration as HumannessCalibration,
): Humanness {
  const weights = pad === undefined ? withoutPad : withPad;
  const parts: Humanness['parts'] = [
    { name: 'liveness', score: liveness, factor: Math.exp(weights.liveness * logOdds(liveness)) },
  ];
  if (pad !== undefined)
    parts.push({ name: 'pad', score: pad, factor: Math.exp(withPad.pad * logOdds(pad)) });
  if (behavior !== undefined)
    parts.push({
      name: 'behavior',
      score: behavior.confidence ?? 0.5,
      factor: behavior.suspect ? PROGRAM_ACTS : 1,
    });
  const base = Math.exp(weights.base);
  const odds = parts.reduce((product, { factor }) => product * factor, base);
  const score = Math.min(SUREST, Math.max(1 - SUREST, odds / (1 + odds)));
  return {
    score: Math.round(100 * score) / 100,
    base: digits(base),
    parts: parts.map((part) => ({ ...part, factor: digits(part.factor) })),
    maturity,
  };
}

/** The same of what the challenge of a session found: its score, and the presentation attack detection and the behavior in its evidence. */
export function humannessOfLiveness({
  score: liveness,
  evidence,
}: {
  score: number;
  evidence: readonly { kind: string; strength?: number; details: Record<string, unknown> }[];
}): Humanness {
  const found = (wanted: string) => evidence.find(({ kind }) => kind === wanted);
  const behavior = found('behavior');
  return humannessOf({
    liveness,
    ...defined({ pad: found('pad')?.strength }),
    ...(behavior && {
      behavior: {
        suspect: behavior.details.suspect === true,
        ...defined({ confidence: behavior.strength }),
      },
    }),
  });
}

function logOdds(score: number): number {
  const bounded = Math.min(SUREST, Math.max(1 - SUREST, score));
  return Math.log(bounded / (1 - bounded));
}

/** Four significant digits. */
const digits = (value: number): number => Number(value.toPrecision(4));
