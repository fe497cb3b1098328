import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { createTurns } from '../../lib/turns.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { Matching } from '../matching/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { WaitingNewcomers } from '../review/index.ts';
import type { Realm, Subjects } from '../subjects/index.ts';
import { createJudge, type Judged, type UniquenessOrder } from './judge.ts';
import { isMember } from './member-store.ts';
import { createNewcomers, type NewcomersDeps } from './newcomers.ts';
import type { ErasureRule } from './scope.ts';
import { defaultSettings } from './scope.ts';
import { removeScopes } from './scope-store.ts';
import { createScopes, requireName, type Scopes } from './scopes.ts';
import { createSweepScopes, type EraseMember } from './sweep-scopes.ts';

/** One human once in a scope. */
export interface Uniqueness {
  /**
   * Finds out which human of the scope a living person is, makes a newcomer a member, and runs `work` in that transaction: all or nothing.
   * Takes turns in the scope, so that `work` may not call it. Throws CONFLICT for a scope that has ended, and what `work` throws.
   */
  judge<T>(order: UniquenessOrder, work: (tx: Tx, judged: Judged) => Promise<T>): Promise<T>;
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
  log: Log;
}

const SALT = 'salt';

export function createUniqueness(deps: UniquenessDeps): Uniqueness {
  const { inTransaction, keys } = deps;
  const turns = createTurns();
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
