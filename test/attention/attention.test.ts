import { expect, test } from 'vitest';
import { attentionStrings, keysOf } from '../../renderer/console/reasons/attention-strings.ts';
import { fillIn, sentenceOf } from '../../renderer/ui/strings/translate.ts';
import { withAttention } from '../../service/cli/doctor/attention.ts';
import { type ApplianceFacts, applianceAttention } from '../../service/engine/appliance/index.ts';

const DAY = 86_400_000;
const worst: ApplianceFacts = {
  now: 30 * DAY,
  readiness: { is: 'ready' },
  storage: { state: 'ok' },
  freeBytes: 1e9,
  damagedModels: ['yunet'],
  pad: { is: 'missing', remedy: 'Switch it on.' },
  inference: { provider: { fallback: 'No CUDA.' } },
  unreachablePeople: 3,
  people: [{ world: 'live', largest: 2000 }],
  safeGallery: [{ rate: 0.01, holdsFor: 'average', people: 1000 }],
  ownGalleries: [{ notMeasured: 2, doubtful: 2 }],
  masterKey: { kind: 'file', besideData: true, besideCopy: false },
  keyCopies: { places: 1, notCurrent: 1 },
  backups: { troubles: [], scheduled: false, proven: false },
  clockDoubt: 'Retention does not believe the clock of this machine.',
  waitingSweeps: ['It would erase 9 people.'],
  alteredRows: 2,
  lostLines: 'node_a: 46–57',
  nodes: { silent: 2, drained: 2, lagging: 2, standbysGone: 2 },
  insecureHttp: true,
  matchOnlyOrganizations: 1,
  lenientOrganizations: 2,
  withoutConsent: 2,
  unfinishedSetups: 2,
  certificate: { endsAt: 50 * DAY, renewsItself: false },
};
const others: readonly Partial<ApplianceFacts>[] = [
  { masterKey: { kind: 'file', besideData: false, besideCopy: true } },
  { keyCopies: { places: 0, notCurrent: 0 } },
  { backups: { troubles: [], scheduled: false, lastDone: 0, proven: true } },
  { backups: { troubles: [], scheduled: true, lastDone: 30 * DAY, proven: false } },
  { certificate: { endsAt: 0, renewsItself: false } },
];
const everything = [{}, ...others].flatMap((more) => applianceAttention({ ...worst, ...more }));
const items = [...new Map(everything.map((item) => [item.code, item])).values()];
/** Rates and groups are written as each reader writes them. */
const asWritten = new Set(['GALLERY_TOO_LARGE']);

test('the console says each item in the words of the service, in English, and in German words of its own', () => {
  for (const item of items.filter(({ code }) => !asWritten.has(code))) {
    const keys = keysOf(item)!;
    const say = (language: 'en' | 'de', key: keyof typeof attentionStrings.en) =>
      fillIn(sentenceOf(attentionStrings, language, key, item.values?.count), item.values ?? {}, language);
    expect(`${say('en', keys.title).replace(/,(?=\d)/g, '')}.`).toBe(item.sentence);
    // The service names the models to switch on, which the console shows on its page.
    if (item.code !== 'LIVENESS_NOT_INSTALLED') expect(say('en', keys.text)).toBe(item.remedy);
    expect(say('de', keys.title)).not.toBe(say('en', keys.title));
  }
});

test('the doctor fails for what is urgent and warns of the rest, in the same words', () => {
  const findings = withAttention([{ what: 'backups', found: 'none' }], items);
  const said = items.filter(({ code }) => code !== 'LITTLE_ROOM');
  expect(findings.map(({ found, state }) => [found, state])).toEqual(
    said.map(({ sentence, urgency }) => [sentence, urgency === 'now' ? 'fail' : 'warn']),
  );
  expect(findings.find(({ what }) => what === 'backups')?.why).toBe('Here: none');
});

test('what needs nothing is said with its detail', () => {
  expect(withAttention([{ what: 'backups', found: 'the last good one is of today' }], [])).toEqual([
    { what: 'backups', state: 'ok', found: 'the last good one is of today' },
  ]);
});
