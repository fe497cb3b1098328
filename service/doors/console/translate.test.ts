import { describe, expect, test } from 'vitest';
import type { Alert } from '../../engine/alerts/index.ts';
import { toActor, toRealm } from './translate.ts';
import { fromAlert, toAlertRuleChange } from './translate-alerts.ts';
import { AlertReply } from './wire-replies-alerts.ts';

describe('whatever the engine gives is an answer as it is documented', () => {
  test('an alert', () => {
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
      about: null,
      acknowledged: null,
      firedAt: '1970-01-01T00:00:00.000Z',
    });
    expect(JSON.stringify([fromAlert(alert)])).not.toContain('org_secret');
  });
});

describe('what is asked', () => {
  const caller = {
    key: 'key_1' as never,
    organization: 'org_1' as never,
    world: 'test' as const,
    scopes: ['admin'] as const,
    lineage: 'key_0',
  };

  test('stays in the organization and world of the key, and carries the key and the request', () => {
    expect(toRealm(caller)).toEqual({ organization: 'org_1', world: 'test' });
    expect(toActor(caller, 'req_1')).toEqual({ is: 'key', key: 'key_1', request: 'req_1' });
  });

  test('what is absent is no change', () => {
    expect(toAlertRuleChange({ enabled: false, filter: { key: undefined, profile: 'strict' } })).toEqual({
      enabled: false,
      filter: { profile: 'strict' },
    });
    expect(Object.keys(toAlertRuleChange({ threshold: 1 }))).toEqual(['threshold']);
  });
});
