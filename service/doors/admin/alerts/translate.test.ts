import { expect, test } from 'vitest';
import type { Alert } from '../../../engine/alerts/index.ts';
import { fromAlert, toAlertRuleChange } from './translate.ts';
import { AlertReply } from './wire.ts';

test('an alert is shown as its schema says, without its organization', () => {
  const alert: Alert = {
    id: 'alr_1' as never,
    organization: 'org_secret' as never,
    world: 'live',
    rule: 'rule_1' as never,
    name: 'few bytes',
    metric: 'disk-free',
    about: undefined,
    value: 12.5,
    threshold: 512,
    firedAt: 0,
    acknowledged: undefined,
    notified: {},
  };
  expect(AlertReply.parse(fromAlert(alert))).toMatchObject({
    id: 'alr_1',
    firedAt: '1970-01-01T00:00:00.000Z',
  });
  expect(JSON.stringify(fromAlert(alert))).not.toMatch(/about|acknowledged|org_secret/);
});

test('an absent field is no change', () => {
  expect(toAlertRuleChange({ enabled: false, filter: { key: undefined, profile: 'strict' } })).toEqual({
    enabled: false,
    filter: { profile: 'strict' },
  });
  expect(Object.keys(toAlertRuleChange({ threshold: 1 }))).toEqual(['threshold']);
});
