import type { Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { StoredRule } from './rule-store.ts';

/** The audit line of a change to a rule. */
export const noteRule = (
  audit: Audit,
  tx: Tx,
  actor: Actor,
  change: 'add' | 'change' | 'remove',
  { organization, id, world, metric }: StoredRule,
  details: Record<string, unknown> = {},
): Promise<void> =>
  audit.add(tx, {
    ...{ actor, action: `alert-rule.${change}`, organization, target: id },
    details: { world, metric, ...details },
  });

/** Of a rule, for the audit log: addresses are counted, not named. */
export const settingsOf = ({
  windowMinutes,
  threshold,
  filter,
  holdOffMinutes,
  channels,
  enabled,
}: StoredRule) => ({
  ...{ windowMinutes, threshold, filter, holdOffMinutes, enabled },
  channels: { ...channels, email: channels.email.length },
});
