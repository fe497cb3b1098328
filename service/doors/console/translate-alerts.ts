import type {
  Alert,
  AlertRule,
  NewAlertRule as EngineRule,
  AlertRuleChange as EngineRuleChange,
} from '../../engine/alerts/index.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type { AlertRuleChange, NewAlertRule } from './wire-alerts.ts';
import type { AlertReply, AlertRuleReply } from './wire-replies-alerts.ts';

export const fromAlert = ({
  id,
  rule,
  name,
  metric,
  about,
  value,
  threshold,
  firedAt,
  acknowledged,
  notified,
}: Alert): AlertReply => ({
  id,
  rule,
  name,
  metric,
  about: about ?? null,
  value,
  threshold,
  firedAt: time(firedAt),
  acknowledged: acknowledged === undefined ? null : { at: time(acknowledged.at), by: acknowledged.by },
  notified: { ...notified },
});

export const toNewAlertRule = ({ metric, ...fields }: NewAlertRule): EngineRule => ({
  metric,
  ...toRuleFields(fields),
});

export const toAlertRuleChange = ({ enabled, ...fields }: AlertRuleChange): EngineRuleChange => ({
  ...toRuleFields(fields),
  ...(enabled === undefined ? {} : { enabled }),
});

const toRuleFields = ({
  filter,
  channels,
  ...fields
}: Omit<NewAlertRule, 'metric'>): Omit<EngineRule, 'metric'> => ({
  ...defined(fields),
  ...(filter === undefined ? {} : { filter: defined(filter) }),
  ...(channels === undefined ? {} : { channels: defined(channels) }),
});

export const fromAlertRule = ({
  id,
  name,
  metric,
  windowMinutes,
  threshold,
  filter,
  holdOffMinutes,
  channels,
  enabled,
  waitsFor,
  createdAt,
  createdBy,
}: AlertRule): AlertRuleReply => ({
  id,
  name,
  metric,
  windowMinutes,
  threshold,
  filter: { key: filter.key ?? null, profile: filter.profile ?? null, subject: filter.subject ?? null },
  holdOffMinutes,
  channels: { webhook: channels.webhook, desktop: channels.desktop, email: [...channels.email] },
  enabled,
  waitsFor: waitsFor ?? null,
  createdAt: time(createdAt),
  createdBy,
});
