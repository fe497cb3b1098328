import { expect, test } from 'vitest';
import { type ApplianceFacts, applianceAttention } from './appliance-attention.ts';

const DAY = 86_400_000;
const well: ApplianceFacts = {
  now: 0,
  readiness: { is: 'ready' },
  storage: { state: 'ok' },
  damagedModels: [],
  pad: { is: 'installed' },
  inference: { provider: {} },
  unreachablePeople: 0,
  keyCopies: { places: 2, notCurrent: 0 },
  certificate: { endsAt: 31 * DAY, renewsItself: false },
};
const codes = (facts: Partial<ApplianceFacts>) =>
  applianceAttention({ ...well, ...facts }).map(({ code, urgency }) => `${urgency} ${code}`);

test('a healthy box needs no attention', () => {
  expect(codes({})).toEqual([]);
});

test.each<[string[], Partial<ApplianceFacts>]>([
  [['now STORAGE_FULL'], { storage: { state: 'full' }, readiness: { is: 'not-ready', reason: 'Full.' } }],
  [['now STORAGE_UNAVAILABLE'], { storage: { state: 'unavailable' } }],
  [['now NOT_READY'], { readiness: { is: 'not-ready', reason: 'No picture can be judged.' } }],
  [['now MODEL_DAMAGED'], { damagedModels: ['yunet'] }],
  [['soon LIVENESS_NOT_INSTALLED'], { pad: { is: 'missing', remedy: 'Switch it on.' } }],
  [['now PEOPLE_UNREACHABLE'], { unreachablePeople: 3 }],
  [['note SLOWER_PROVIDER'], { inference: { provider: { fallback: 'No CUDA.' } } }],
  [['note LENIENT_PROFILES'], { lenientOrganizations: 1 }],
  [['now BACKUP_TROUBLE'], { backupWarnings: ['One failed.', 'One is late.'] }],
  [['now KEY_COPY_BEHIND'], { keyCopies: { places: 2, notCurrent: 1 } }],
  [['soon NO_KEY_COPY'], { keyCopies: { places: 0, notCurrent: 0 } }],
  [['now ROWS_ALTERED'], { alteredRows: 2 }],
  [['soon SWEEP_WAITS'], { waitingSweeps: ['It would erase 9 people.'] }],
  [['soon NO_TLS'], { insecureHttp: true }],
  [['soon CERTIFICATE_ENDS'], { certificate: { endsAt: 29 * DAY, renewsItself: false } }],
  [['now CERTIFICATE_ENDS'], { certificate: { endsAt: 6 * DAY, renewsItself: false } }],
  [['now CERTIFICATE_ENDED'], { certificate: { endsAt: -1, renewsItself: true } }],
  [[], { certificate: { endsAt: 20 * DAY, renewsItself: true } }],
])('%j', (expected, facts) => {
  expect(codes(facts)).toEqual(expected);
});

test('the most urgent comes first, and each says what to do', () => {
  const list = applianceAttention({
    ...well,
    inference: { provider: { fallback: 'No CUDA.' } },
    insecureHttp: true,
    damagedModels: ['yunet'],
  });
  expect(list.map(({ urgency }) => urgency)).toEqual(['now', 'soon', 'note']);
  for (const { sentence, remedy } of list) expect([sentence, remedy]).not.toContain('');
});
