import { expect, test } from 'vitest';
import { fits } from '../../service/engine/appliance/integrity/checks.ts';
import { consentStatusOf, consentStatusText } from '../../service/engine/consent/consent-status.ts';
import { emptyReport, flatReport } from '../../service/engine/people/retention/due.ts';

const status = consentStatusOf(
  [{ at: 1, purposes: ['verification'], expiresAt: 9, by: 'administrator:adm_1' }],
  [{ at: 2, purpose: 'identification', by: 'administrator:adm_1' }],
);
const rule = {
  windowMinutes: 5,
  threshold: 3,
  filter: { key: 'key_1' },
  holdOffMinutes: 60,
  channels: { webhook: true, desktop: false, email: ['ada@example.com'] },
};

test.each<[string, unknown]>([
  ['subject.withheld', JSON.parse(consentStatusText(status))],
  ['api_key.limits', { burst: 5, monthly: null }],
  ['organization.limits', { perUser: 5, perAddress: 7, trialUntil: 12 }],
  ['alert_rule.definition', rule],
  ['retention_sweep.report', flatReport(emptyReport([]))],
  ['relying_order.terms', { ttlSeconds: 60, singleUse: 1 }],
  ['relying_order.result', { jti: 'j', tokenExpiresAt: 5 }],
  ['erasure.copies', [{ place: '/mnt/a', state: 'destroyed' }]],
  ['verification.checks', [{ check: 'liveness', passed: true }]],
])('a letter of a name in %s that is another one is damage', (column, value) => {
  expect(fits(column, value)).toBe(true);
  const text = JSON.stringify(value);
  const names = [...text.matchAll(/"(\w+)":/g)].filter(([, name]) => name !== 'passed');
  expect(names.length).toBeGreaterThan(0);
  for (const { index } of names) {
    const bytes = Buffer.from(text);
    bytes[index + 1]! ^= 1;
    expect([bytes.toString(), fits(column, JSON.parse(bytes.toString()))]).toEqual([bytes.toString(), false]);
  }
});
