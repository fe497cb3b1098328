import type {
  Alert,
  AlertRule,
  NewAlertRule as EngineRule,
  AlertRuleChange as EngineRuleChange,
  Recipient,
} from '../../../engine/alerts/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type {
  AlertReply,
  AlertRuleChange,
  AlertRuleReply,
  DesktopAlerts,
  NewAlertRule,
  RecipientReply,
} from './wire.ts';

export const fromAlert = ({
  organization: _,
  world: __,
  firedAt,
  acknowledged,
  ...rest
}: Alert): AlertReply => ({
  ...rest,
  firedAt: time(firedAt),
  acknowledged: acknowledged && { at: time(acknowledged.at), by: acknowledged.by },
});

export const fromDesktopAlert = (alert: Alert): DesktopAlerts['items'][number] => ({
  ...fromAlert(alert),
  organization: alert.organization,
  env: alert.world,
});

export const toNewAlertRule = ({ metric, ...fields }: NewAlertRule): EngineRule => ({
  metric,
  ...toSettings(fields),
});

export const toAlertRuleChange = ({ enabled, ...fields }: AlertRuleChange): EngineRuleChange => ({
  ...toSettings(fields),
  ...defined({ enabled }),
});

/** Without the fields that are not given, at each depth. */
const toSettings = ({ filter, channels, ...fields }: Omit<NewAlertRule, 'metric'>) => ({
  ...defined(fields),
  ...(filter && { filter: defined(filter) }),
  ...(channels && { channels: defined(channels) }),
});

export const fromAlertRule = ({
  organization: _,
  world: __,
  createdAt,
  ...rest
}: AlertRule): AlertRuleReply => ({ ...rest, createdAt: time(createdAt) });

export const fromRecipient = ({ approvedAt, ...rest }: Recipient): RecipientReply => ({
  ...rest,
  approvedAt: time(approvedAt),
});
