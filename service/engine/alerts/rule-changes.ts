import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { WatchedRules } from './watching/watched-rules.ts';

export interface RuleChangesDeps {
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
