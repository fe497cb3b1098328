import type { OrganizationId } from '../../../lib/id.ts';
import { createOneAtATime } from '../../../lib/one-at-a-time.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Organizations, refuseErased } from '../../accounts/index.ts';
import type { Destinations, EventRealm } from '../../events/index.ts';
import type { Profiles } from '../../matching/index.ts';
import { type AlertDefinition, type MailServer, NO_MAIL_SERVER } from './alert.ts';
import { sentenceOf } from './mailing.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { WatchedRules } from './watching/watched-rules.ts';

interface RuleChangesDeps {
  inTransaction: InTransaction;
  rules: Pick<RuleStore, 'enabled'>;
  watched: Pick<WatchedRules, 'load' | 'replace'>;
}

/** Changes of rules one after the other, so that the rules in memory are those of the last change. */
export function createRuleChanges({ inTransaction, rules, watched }: RuleChangesDeps) {
  const oneAtATime = createOneAtATime();
  /** The answer to a commit was lost: the next poll reads the rules again. */
  let unsure = false;

  async function load(): Promise<void> {
    await watched.load(await rules.enabled());
    unsure = false;
  }

  return {
    load,
    async reloadWhenUnsure(): Promise<void> {
      if (unsure) await oneAtATime(load);
    },
    /** `work` gives the rule as it is then, if it wrote one; one that was removed is not enabled. */
    change: <T extends StoredRule | undefined>(work: (tx: Tx) => Promise<T>): Promise<T> =>
      oneAtATime(async () => {
        const rule = await inTransaction(work);
        if (rule) await watched.replace(rule);
        return rule;
      }).catch((error: unknown) => {
        if (error instanceof Problem && error.code === 'STORAGE_UNAVAILABLE') unsure = true;
        throw error;
      }),
  };
}

export type RuleChanges = ReturnType<typeof createRuleChanges>;

interface RuleChecksDeps {
  organizations: Pick<Organizations, 'get'>;
  destinations: Pick<Destinations, 'checkHost'>;
  profiles: Pick<Profiles, 'get'>;
  mail: MailServer | undefined;
}

/** Refuses rules that could never fire or be sent. */
export function createRuleChecks({ organizations, destinations, profiles, mail }: RuleChecksDeps) {
  async function checkMail(organization: OrganizationId, addresses: readonly string[]): Promise<void> {
    if (addresses.length === 0) return;
    if (!mail) {
      throw new Problem('INVALID_REQUEST', NO_MAIL_SERVER, {
        details: [{ path: 'channels.email', message: NO_MAIL_SERVER }],
      });
    }
    const { host, port, secure } = mail;
    try {
      await destinations.checkHost(organization, { host, port, secure });
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem('INVALID_REQUEST', `The mail server cannot be used now: ${sentenceOf(error)}`, {
        cause: error,
      });
    }
  }
  async function checkProfile(organization: OrganizationId, profile: string): Promise<void> {
    await profiles.get(organization, profile).catch((error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'PROFILE_NOT_FOUND') throw error;
      const message = `The organization has no profile ${profile}: “gatehouse profile list” shows those it has.`;
      throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'filter.profile', message }] });
    });
  }
  return {
    checkMail,
    async checkRule(realm: EventRealm, definition: AlertDefinition): Promise<void> {
      refuseErased(await organizations.get(realm.organization));
      if (definition.metric === 'pad-missing' && realm.world === 'test') {
        throw new Problem(
          'INVALID_REQUEST',
          'The test world needs no presentation attack detection: watch pad-missing in the live world.',
        );
      }
      if (definition.filter.profile !== undefined)
        await checkProfile(realm.organization, definition.filter.profile);
      await checkMail(realm.organization, definition.channels.email);
    },
  };
}

export type RuleChecks = ReturnType<typeof createRuleChecks>;
