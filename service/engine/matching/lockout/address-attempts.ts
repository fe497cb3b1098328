import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { Locks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import { type Realm, realmKey, requireReadableAddress, type Subjects } from '../../people/index.ts';
import { type CheckResult, checkNamed } from '../checks/registered-checks.ts';
import type { ProfileDefinition } from '../profiles/profile.ts';
import {
  addFailure,
  deleteAddressAttempts,
  selectAddressAttempts,
  updateDisabled,
  updateLastFailed,
} from './address-attempts-store.ts';

/**
 * What one attempt may rest on. NIST SP 800-63B: 5 failures, 10 with PAD, then 30 s; disabled after 50. With PAD it allows 100; we
 * keep 50, because within 100 blind changes of a refused photograph one in ten passed (docs/SECURITY.md).
 */
export interface AttemptRules {
  /** Failures in a row before attempts are delayed. */
  beforeDelay: number;
  /** Milliseconds between two attempts from then on. */
  delay: number;
  /** Failures in a row after which only a person can enable the address again. */
  beforeDisabled: number;
}

/** Whether a verification was the person's: only a verdict against the person counts, not a picture that shows too little. */
export type AttemptVerdict = 'verified' | 'against' | 'neither';

export interface Attempt {
  /** Runs the transaction that stores the verification; other attempts at this address wait meanwhile. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** In that transaction; `target` is the verification, or the person an enrollment was tried for. */
  settle(tx: Tx, verdict: AttemptVerdict, line: { actor: Actor; target: string }): Promise<void>;
  /** Always called at the end, whatever the outcome. Never throws. */
  end(): void;
}

/**
 * Attempts at claimed addresses. Kept for every address ever claimed, enrolled or not, so that both are answered alike.
 */
export interface AddressAttempts {
  /**
   * Lets an attempt begin, counting those under way as if they had failed: of many at once no more are let in than may fail.
   * Throws USER_FLOOD_DETECTED with the time to wait, VERIFICATION_DISABLED.
   */
  admit(realm: Realm, address: string, rules: AttemptRules): Promise<Attempt>;
  /** Forgets the failures of a person (by id or address) or of an unknown address. Throws SUBJECT_NOT_FOUND for an id. */
  unlock(realm: Realm, person: string, actor: Actor): Promise<{ failures: number; disabled: boolean }>;
}

export interface AddressAttemptsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  sealer: { emailHash(organization: OrganizationId, email: string): string };
  subjects: Pick<Subjects, 'get' | 'find'>;
  locks: Locks;
  events: Events;
}

/** Milliseconds to wait when others are under way whose outcome decides. */
const SHORTLY = 1_000;

/** `others`: attempts under way, counted as if they had failed. */
async function refuseTooMany(
  { db, clock }: Pick<AddressAttemptsDeps, 'db' | 'clock'>,
  { realm, hash }: { realm: Realm; hash: string },
  rules: AttemptRules,
  others: number,
) {
  const claim = await selectAddressAttempts(db, realm, hash);
  const failures = claim?.failures ?? 0;
  if (claim?.disabledAt != null || failures >= rules.beforeDisabled) {
    throw new Problem(
      'VERIFICATION_DISABLED',
      'Too many attempts failed for this address: the operator of the box can allow it again with "gatehouse subject unlock".',
    );
  }
  if (failures + others < rules.beforeDelay) return;
  if (failures < rules.beforeDelay) throw tooSoon(SHORTLY);
  if (others > 0) throw tooSoon(rules.delay);
  const since = clock.now() - claim!.lastFailedAt;
  if (since >= rules.delay) return;
  // The clock was set back: the wait restarts, instead of lasting until the clock has caught up.
  if (since < 0) await updateLastFailed(db, realm, hash, clock.now());
  throw tooSoon(since < 0 ? rules.delay : rules.delay - since);
}

export function createAddressAttempts(deps: AddressAttemptsDeps): AddressAttempts {
  const { inTransaction, sealer, subjects, locks, audit, events, clock } = deps;
  const turns = locks.of('address');

  return {
    admit(realm, address, rules) {
      const hash = sealer.emailHash(realm.organization, address);
      const name = `${realmKey(realm)}/${hash}`;
      return turns(name, async () => {
        // Of attempts that were let in and are not yet decided each has a place.
        const place = await locks.takeSlot('address', name, rules.beforeDelay);
        try {
          await refuseTooMany(deps, { realm, hash }, rules, place.others);
        } catch (error) {
          await place.free();
          throw error;
        }
        return {
          end: () => void place.free(),
          inTurn: (work) => turns(name, () => work().finally(place.free)),
          async settle(tx, verdict, { actor, target }) {
            if (verdict === 'neither') return;
            if (verdict === 'verified') return deleteAddressAttempts(tx, realm, hash);
            const failures = await addFailure(tx, realm, hash, clock.now());
            if (failures !== rules.beforeDisabled) return;
            await updateDisabled(tx, realm, hash, clock.now());
            await audit.add(tx, {
              actor,
              action: 'verification.disable',
              organization: realm.organization,
              target,
              details: { world: realm.world, failures },
            });
            await events.add(tx, { type: 'verification.disabled', ...realm, payload: { target, failures } });
          },
        };
      });
    },

    async unlock(realm, person, actor) {
      const subject = person.includes('@')
        ? await subjects.find(realm, person)
        : await subjects.get(realm, person);
      if (subject) requireReadableAddress(subject);
      const address = person.includes('@') ? person : subject?.email;
      if (address === undefined) return { failures: 0, disabled: false };
      const hash = sealer.emailHash(realm.organization, address);
      return inTransaction(async (tx) => {
        const claim = await selectAddressAttempts(tx, realm, hash);
        if (!claim) return { failures: 0, disabled: false };
        const cleared = { failures: claim.failures, disabled: claim.disabledAt !== null };
        await deleteAddressAttempts(tx, realm, hash);
        await audit.add(tx, {
          actor,
          action: 'subject.unlock',
          organization: realm.organization,
          ...defined({ target: subject?.id }),
          details: { world: realm.world, ...cleared },
        });
        return cleared;
      });
    },
  };
}

/** The rules of a profile, for a verification that presentation attack detection takes part in, or not. */
function attemptRules({ attempts = {} }: ProfileDefinition, pad: boolean): AttemptRules {
  const { delaySeconds = 30 } = attempts;
  return {
    delay: delaySeconds * 1000,
    ...(pad
      ? {
          beforeDelay: attempts.failuresBeforeDelayWithPad ?? 10,
          beforeDisabled: attempts.failuresBeforeDisabledWithPad ?? 50,
        }
      : {
          beforeDelay: attempts.failuresBeforeDelay ?? 5,
          beforeDisabled: attempts.failuresBeforeDisabled ?? 50,
        }),
  };
}

/** The strictest of these profiles: a caller who may name another must not get further attempts by it. */
export function strictestRules(definitions: readonly ProfileDefinition[], pad: boolean): AttemptRules {
  const rules = definitions.map((definition) => attemptRules(definition, pad));
  return {
    beforeDelay: Math.min(...rules.map(({ beforeDelay }) => beforeDelay)),
    delay: Math.max(...rules.map(({ delay }) => delay)),
    beforeDisabled: Math.min(...rules.map(({ beforeDisabled }) => beforeDisabled)),
  };
}

/** Whether presentation attack detection stood against the picture. */
export const isAttack = (checks: readonly CheckResult[]): boolean =>
  checks.some(({ check, pass }) => !pass && checkNamed(check).failure === 'attack');

/** A face of another person and a failed liveness check count against the person; a wrong place or hour does not. */
export function attemptVerdictOf(
  verified: boolean,
  matched: boolean,
  checks: readonly CheckResult[],
): AttemptVerdict {
  if (verified) return 'verified';
  if (!matched) return 'against';
  const against = checks.some(({ check, pass }) => !pass && checkNamed(check).failure !== undefined);
  return against ? 'against' : 'neither';
}

const tooSoon = (wait: number) =>
  new Problem('USER_FLOOD_DETECTED', 'Too many attempts failed for this address: wait before the next one.', {
    retryAfterSeconds: wait / 1000,
  });
