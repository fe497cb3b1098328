import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attentionText } from '../../renderer/console/reasons/attention-strings.ts';
import { withAttention } from '../../service/cli/doctor/attention.ts';
import { checkDisk } from '../../service/cli/doctor/checks.ts';
import { asTyped } from '../../service/cli/invocation.ts';
import { attentionFor } from '../../service/doors/admin/overview.ts';
import type { ApplianceStatus } from '../../service/doors/meta/index.ts';
import { fromStatus } from '../../service/doors/meta/translate.ts';
import {
  type ApplianceFacts,
  applianceAttention,
  type Overviews,
} from '../../service/engine/appliance/index.ts';
import type { OrganizationId } from '../../service/lib/id.ts';

const DAY = 86_400_000;
const safe = { rate: 0.01, holdsFor: 'average' as const, people: 1000 };
const worst: ApplianceFacts = {
  now: 30 * DAY,
  readiness: { is: 'ready' },
  storage: { state: 'ok' },
  freeBytes: 1e9,
  damagedModels: ['yunet'],
  pad: { is: 'missing' },
  inference: { provider: { fallback: 'No CUDA.' } },
  unreachablePeople: 3,
  people: [{ world: 'live', largest: 2000 }],
  safeGallery: [safe],
  ownGalleries: [{ notMeasured: 2, doubtful: 2 }],
  masterKey: { kind: 'file', besideData: true, besideCopy: false },
  keyCopies: { places: 2, notCurrent: 1 },
  backups: { troubles: [], scheduled: false, proven: false },
  clockDoubt: 'Retention does not believe the clock of this machine.',
  waitingSweeps: ['It would erase 9 people.'],
  alteredRows: 2,
  lostLines: 'node_a: 46–57',
  nodes: { silent: 2, drained: 2, lagging: 2, standbysGone: 2 },
  insecureHttp: true,
  matchOnlyOrganizations: 2,
  lenientOrganizations: 2,
  withoutConsent: 2,
  unfinishedSetups: [
    ['name', 'consent'],
    ['consent', 'keys'],
  ],
  erasuresPending: true,
  keysWithoutPerson: 2,
  failingWebhooks: 2,
  withoutGrant: 2,
  openAlerts: 2,
  deadJobs: true,
  certificate: { endsAt: 50 * DAY, renewsItself: false },
};
const others: readonly Partial<ApplianceFacts>[] = [
  { storage: { state: 'full', reason: 'Less than 16 MiB are free.' } },
  { storage: { state: 'unavailable', reason: 'The database does not answer; the log says why.' } },
  { readiness: { is: 'not-ready', reason: 'No detector model is enabled.' } },
  { people: [{ world: 'live', largest: 900 }], safeGallery: [{ ...safe, rate: 0.001 }] },
  { masterKey: { kind: 'file', besideData: false, besideCopy: true } },
  { keyCopies: { places: 0, notCurrent: 0 } },
  { keyCopies: { places: 1, notCurrent: 0 } },
  { backups: { troubles: ['The backup /b/1 would not restore.'], scheduled: true, proven: true } },
  { backups: { troubles: ['One.', 'Two.'], scheduled: true, proven: true } },
  { backups: { troubles: [], scheduled: false, lastDone: 0, proven: true } },
  { backups: { troubles: [], scheduled: true, lastDone: 30 * DAY, proven: false } },
  { certificate: { endsAt: 0, renewsItself: false } },
  { certificate: { endsAt: 33 * DAY, renewsItself: true } },
  {
    matchOnlyOrganizations: 1,
    lenientOrganizations: 1,
    withoutConsent: 1,
    unfinishedSetups: [['factor', 'attack-detection', 'destinations']],
  },
];
/** Each code once for each of its sentences. */
const items = [
  ...new Map(
    [{}, ...others]
      .flatMap((more) => applianceAttention({ ...worst, ...more }))
      .map((item) => [`${item.code} ${item.sentence} ${item.remedy}`, item]),
  ).values(),
];

const healthy: ApplianceStatus = {
  readiness: { is: 'ready' },
  models: [],
  unreachablePeople: 0,
  damagedModels: [],
  pad: { is: 'installed', set: 'minifasnet-pair', maturity: 'alternate' },
  inference: {
    workers: 1,
    busy: 0,
    queued: 0,
    queueLimit: 64,
    provider: { providersAsked: ['cpu'], provider: 'cpu', nets: [] },
  },
  storage: { kind: 'sqlite', state: 'ok' },
  people: [],
  upgrades: [],
  templates: [],
  ownGalleries: [],
  safeGallery: [],
  matchOnlyOrganizations: 0,
  attention: [],
};

/** The service writes numbers without signs between digits, and spaces that may break. */
const plain = (text: string) => text.replace(/,(?=\d{3})/g, '').replaceAll('\u00a0', ' ');

test('every code of the list is among what is compared here', () => {
  const folder = '../../service/engine/appliance/overview/appliance-attention.ts';
  const source = readFileSync(join(import.meta.dirname, folder), 'utf8');
  const codes = [...source.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, code]) => code);
  expect([...new Set(items.map(({ code }) => code))].toSorted()).toEqual([...new Set(codes)].toSorted());
});

test.each(items)(
  'the console says $code in the words of the service, in English, and in German words of its own',
  (item) => {
    const { title, text, reason } = attentionText(item, 'en');
    expect([plain(`${title}.`), plain(text), reason]).toEqual([
      item.sentence,
      item.remedy,
      item.values?.reason,
    ]);
    const german = attentionText(item, 'de');
    expect(german.title).not.toBe(title);
    expect(german.text).not.toBe(text);
    expect([german.reason, `${german.title} ${german.text}`]).toEqual([
      item.values?.reason,
      expect.not.stringMatching(/[{}]/),
    ]);
  },
);

test.each(items)('the doctor and /health say $code in the same words and as urgent', (item) => {
  const state = item.urgency === 'now' ? 'fail' : 'warn';
  const [finding] = item.code === 'LITTLE_ROOM' ? [checkDisk(worst.freeBytes!)] : withAttention([], [item]);
  expect(finding).toEqual({
    what: expect.any(String),
    state,
    found: item.sentence,
    ...(item.values?.reason !== undefined && { why: `Here: ${item.values.reason}` }),
    remedy: asTyped(item.remedy),
  });
  const { attention, warnings } = fromStatus({ ...healthy, attention: [item] }, '1.0.0', 1);
  expect(attention).toEqual([item]);
  expect(warnings).toEqual([
    [item.sentence, item.values?.reason, item.remedy].filter((part) => part !== undefined).join(' '),
  ]);
});

test('an organization is said of in the words of the box, once', async () => {
  const of = (code: string) => items.find((item) => item.code === code)!;
  const own = [of('SETUPS_UNFINISHED'), of('CONSENT_MISSING')];
  const overviews = { attention: async () => own } as unknown as Overviews;
  const status = async () => ({ attention: [of('CONSENT_MISSING'), of('NO_BACKUP')] });
  const realm = { organization: 'org_1' as OrganizationId, world: 'live' as const };
  expect((await attentionFor({ overviews, status }, realm, true)).map(({ code }) => code).sort()).toEqual([
    'CONSENT_MISSING',
    'NO_BACKUP',
    'SETUPS_UNFINISHED',
  ]);
});

test('open alerts of the one organization are listed one by one, and not counted beside it', async () => {
  const alert = { ...items[0]!, code: 'ALERT_OPEN' };
  const overviews = { attention: async () => [alert, alert] } as unknown as Overviews;
  const codes = async (count: number, world: 'live' | 'test' = 'live') => {
    const [item] = applianceAttention({ ...worst, openAlerts: count }).filter(
      ({ code }) => code === 'ALERTS_OPEN',
    );
    const status = async () => ({ attention: [item!] });
    const realm = { organization: 'org_1' as OrganizationId, world };
    return (await attentionFor({ overviews, status }, realm, true)).map(({ code }) => code);
  };
  expect(await codes(2)).not.toContain('ALERTS_OPEN');
  expect(await codes(3)).toContain('ALERTS_OPEN');
  expect(await codes(2, 'test')).toContain('ALERTS_OPEN');
});

test('what the doctor found here is said below an item, and alone where nothing needs attention', () => {
  const detail = { what: 'backups', found: 'the last good one is of today' };
  const backup = items.find(({ code }) => code === 'NO_BACKUP')!;
  expect(withAttention([detail], [backup])).toMatchObject([{ why: `Here: ${detail.found}` }]);
  expect(withAttention([detail], [])).toEqual([{ ...detail, state: 'ok' }]);
});
