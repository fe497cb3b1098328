import { expect, test } from 'vitest';
import { OwnConsentText, type Purpose } from '../../consent/index.ts';
import { pageConsent, requireAgreed, uniqueConsent } from './page-consent.ts';

const own = (text: object) => ({ ...OwnConsentText.parse(text), version: 3 });
const reopen = { onErasure: 'reopen' } as const;
type Consent = ReturnType<typeof pageConsent>;

test('the organization speaks first and last, and what the session does is said whatever it says', () => {
  const words = {
    en: 'We, {organization}, ask you.\n\nIt helps us.',
    de: 'Wir, {organization}, bitten Sie.',
  };
  const plain = pageConsent({ name: 'Nordlys $&' }, 'any');
  const { version, text, withdraw } = pageConsent(
    { name: 'Nordlys $&', own: own({ live: words, controller: 'Nordlys, Oslo', contact: 'desk 3' }) },
    'any',
  );
  expect(version).toBe('gatehouse-live-2-match-365 own-3');
  expect(text.en.slice(0, 2)).toEqual(['We, Nordlys $&, ask you.', 'It helps us.']);
  expect(text.de[0]).toBe('Wir, Nordlys $&, bitten Sie.');
  const [opening, does, compared, closing] = plain.text.en;
  expect(text.en).toEqual(expect.arrayContaining([does, compared]));
  expect(text.en).not.toContain(opening);
  expect(text.en).not.toContain(closing);
  expect(text.de.slice(-2)).toEqual(['Verantwortlich: Nordlys, Oslo', 'Kontakt für den Datenschutz: desk 3']);
  expect([withdraw.en, withdraw.de]).toEqual([
    expect.stringMatching(/Contact: desk 3$/),
    expect.stringMatching(/Kontakt: desk 3$/),
  ]);
});

test('the built-in text names the organization, in each sentence and both languages', () => {
  const named = { name: 'Nordlys $&' };
  const consents = [
    pageConsent(named, 'any'),
    pageConsent(named, 'none'),
    uniqueConsent(named, reopen, 'warn'),
  ];
  for (const { text, retention, withdraw } of consents)
    for (const language of ['en', 'de'] as const) {
      expect(text[language][0]).toContain('Nordlys $&');
      expect([...text[language], retention[language], withdraw[language]].join(' ')).not.toContain('{');
    }
});

test('words in one language are read by all, with what the session does in the same', () => {
  const organization = { name: 'Acme', own: own({ live: { de: 'Bitte.' } }) };
  const consent = pageConsent(organization, 'none');
  expect(consent.asks?.languages).toEqual(['de']);
  expect(consent.text.en).toEqual(consent.text.de);
  expect(consent.text.en.join(' ')).toContain('mit keiner anderen Person verglichen');
  const counted = uniqueConsent(organization, reopen, 'warn');
  expect(counted.text.en).toEqual(counted.text.de);
  expect(counted.retention.en).toEqual(counted.retention.de);
});

test('it says how long the result is kept, and what a newer model does, as the settings have it', () => {
  const year = pageConsent({ name: 'Acme' }, 'any');
  const month = pageConsent({ name: 'Acme', retention: { verificationDays: 30 } }, 'any');
  expect([year.retention.en, month.retention.en, month.retention.de]).toEqual([
    expect.stringContaining('kept for 365 days'),
    expect.stringContaining('kept for 30 days'),
    expect.stringContaining('30 Tage lang aufbewahrt'),
  ]);
  expect(month.version).not.toBe(year.version);
  expect(year.text.en.join(' ')).toContain('newer model');
  expect(pageConsent({ name: 'Acme' }, 'none').text.en.join(' ')).not.toContain('newer model');
});

test('what it asks for follows from the session, and only what the check does not need may be declined', () => {
  const apart = { name: 'Acme', own: own({ apart: true }) };
  const asks = (consent: Consent) => [consent.asks?.purposes, consent.asks?.optional];
  expect(asks(pageConsent(apart, 'none'))).toEqual([[], []]);
  expect(asks(pageConsent(apart, 'any'))).toEqual([['identification'], []]);
  expect(asks(pageConsent(apart, { email: 'ada@example.com' }))).toEqual([['verification'], []]);
  expect(asks(uniqueConsent(apart, reopen, 'block'))).toEqual([['deduplication'], []]);
  expect(asks(uniqueConsent(apart, reopen, 'warn'))).toEqual([['deduplication'], ['deduplication']]);
  expect(asks(uniqueConsent({ name: 'Acme' }, reopen, 'warn'))).toEqual([['deduplication'], []]);
});

test('what was agreed to is the text with its purposes: none is added, and none that is needed is left out', () => {
  const agreed = (consent: Consent, purposes?: Purpose[]) => {
    try {
      const chosen = { version: `${consent.version}.de`, ...(purposes && { purposes }) };
      return requireAgreed({ consent }, chosen).purposes;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const apart = { name: 'Acme', own: own({ apart: true }) };
  const one = pageConsent(apart, { email: 'ada@example.com' });
  expect([agreed(one), agreed(one, ['verification']), agreed(one, [])]).toEqual([
    ['verification'],
    ['verification'],
    'CONSENT_REQUIRED',
  ]);
  expect(agreed(pageConsent(apart, 'none'), ['verification'])).toBe('INVALID_REQUEST');
  const declinable = uniqueConsent(apart, reopen, 'warn');
  expect([agreed(declinable), agreed(declinable, []), agreed(declinable, ['deduplication'])]).toEqual([
    [],
    [],
    ['deduplication'],
  ]);
  expect(agreed(uniqueConsent(apart, reopen, 'block'))).toEqual(['deduplication']);
  expect(agreed(uniqueConsent(apart, reopen, 'block'), [])).toBe('CONSENT_REQUIRED');
});

test('a text is agreed to in a language in which it is written', () => {
  const consent = pageConsent({ name: 'Acme', own: own({ live: { de: 'Bitte.' } }) }, 'none');
  const read = (language: string) =>
    requireAgreed({ consent }, { version: `${consent.version}.${language}` });
  expect(read('de').version).toBe(`${consent.version}.de`);
  expect(() => read('en')).toThrow(/has changed/);
});
