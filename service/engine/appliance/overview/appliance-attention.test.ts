import { expect, test } from 'vitest';
import { type ApplianceFacts, applianceAttention, type BackupFacts } from './appliance-attention.ts';

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
  certificate: { endsAt: 40 * DAY, renewsItself: false },
  people: [{ world: 'live', largest: 90 }],
  safeGallery: [{ rate: 0.01, holdsFor: 'average', people: 120 }],
  ownGalleries: [{ notMeasured: 0, doubtful: 0 }],
  masterKey: { kind: 'file', besideData: false, besideCopy: false },
  backups: { troubles: [], scheduled: true, lastDone: 0, proven: true },
  freeBytes: 3e9,
};
const backups = (more: Partial<BackupFacts>): BackupFacts => ({
  ...well.backups!,
  ...more,
});
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
  [['now LIVENESS_NOT_INSTALLED'], { pad: { is: 'missing' } }],
  [['now PEOPLE_UNREACHABLE'], { unreachablePeople: 3 }],
  [['note SLOWER_PROVIDER'], { inference: { provider: { fallback: 'No CUDA.' } } }],
  [['note LENIENT_ORGANIZATIONS'], { lenientOrganizations: 1 }],
  [['note MATCH_ONLY_ORGANIZATIONS'], { matchOnlyOrganizations: 1 }],
  [['soon LITTLE_ROOM'], { freeBytes: 1.9e9 }],
  [['now LITTLE_ROOM'], { freeBytes: 1e8 }],
  [['soon GALLERY_TOO_LARGE'], { people: [{ world: 'live', largest: 121 }] }],
  [['note GALLERY_NEARLY_TOO_LARGE'], { people: [{ world: 'live', largest: 96 }] }],
  [['note GALLERIES_NOT_MEASURED'], { ownGalleries: [{ notMeasured: 1, doubtful: 0 }] }],
  [['soon TEMPLATES_DOUBTFUL'], { ownGalleries: [{ notMeasured: 0, doubtful: 2 }] }],
  [['soon CONSENT_MISSING'], { withoutConsent: 1 }],
  [['soon SETUPS_UNFINISHED'], { unfinishedSetups: [['keys']] }],
  [['soon MASTER_KEY_BESIDE_DATA'], { masterKey: { kind: 'file', besideData: true, besideCopy: true } }],
  [['soon MASTER_KEY_BESIDE_COPY'], { masterKey: { kind: 'file', besideData: false, besideCopy: true } }],
  [[], { masterKey: { kind: 'passphrase', besideData: true, besideCopy: true } }],
  [['now BACKUP_TROUBLE'], { backups: backups({ troubles: ['One failed.', 'One is late.'] }) }],
  [['soon NO_BACKUP'], { backups: backups({ scheduled: false, lastDone: undefined, proven: false }) }],
  [[], { backups: backups({ lastDone: undefined, proven: false }) }],
  [['soon BACKUP_OLD'], { now: 8 * DAY, backups: backups({ scheduled: false }) }],
  [['soon BACKUP_NOT_PROVEN'], { backups: backups({ proven: false }) }],
  [['now KEY_COPY_BEHIND'], { keyCopies: { places: 2, notCurrent: 1 } }],
  [['soon NO_KEY_COPY'], { keyCopies: { places: 0, notCurrent: 0 } }],
  [['now ROWS_ALTERED'], { alteredRows: 2 }],
  [['soon ONE_KEY_COPY'], { keyCopies: { places: 1, notCurrent: 0 } }],
  [['soon ERASURES_PENDING'], { erasuresPending: true }],
  [['soon KEYS_WITHOUT_PERSON'], { keysWithoutPerson: 40 }],
  [['soon ALERTS_OPEN'], { openAlerts: 2 }],
  [['soon WEBHOOKS_FAIL'], { failingWebhooks: 1 }],
  [['soon GRANTS_MISSING'], { withoutGrant: 1 }],
  [['soon DEAD_JOBS'], { deadJobs: true }],
  [['now CLOCK_DOUBTFUL'], { clockDoubt: 'The clock says 2021.' }],
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
