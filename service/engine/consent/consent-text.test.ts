import { expect, test } from 'vitest';
import {
  builtInText as builtIn,
  consentTextOf,
  OwnConsentText,
  requireText,
  requireTextOfDevice,
  type Uniqueness,
  versionRead,
} from './consent-text.ts';

const terms = { unusedDays: 1095, verificationDays: 365 };
const builtInText = (name: string, policy: Uniqueness) => builtIn(name, policy, terms);
const bank = (uniquenessPolicy: Uniqueness, text: object) => ({
  name: 'Nordlys $& Bank',
  uniquenessPolicy,
  terms,
  own: { ...OwnConsentText.parse(text), version: 3 },
});

test('the built-in text speaks of one enrollment a person only where the organization has it', () => {
  const once = { en: 'each person is enrolled once', de: 'jede Person nur einmal erfasst' };
  for (const language of ['en', 'de'] as const) {
    const said = (policy: 'off' | 'warn' | 'block') => builtInText('Acme', policy).text[language].join(' ');
    expect([said('off'), said('warn')].some((text) => text.includes(once[language]))).toBe(false);
    expect(said('block')).toContain(once[language]);
    expect(said('off')).not.toMatch(/30 (days|Tage)/);
    expect(said('warn')).toMatch(/30 (days|Tage)/);
  }
  const versions = (['off', 'warn', 'block'] as const).map((policy) => builtInText('Acme', policy).version);
  expect(new Set(versions).size).toBe(3);
  expect(builtInText('Acme', 'off').purposes).toEqual(['verification', 'identification']);
});

test('facts of the organization stand below the built-in text, in the language of the page', () => {
  const text = consentTextOf(
    bank('block', {
      controller: 'Nordlys, Oslo',
      contact: 'privacy@nordlys.example',
      retention: { en: 'one year' },
      complaint: 'Datatilsynet',
    }),
  );
  expect(text.version).toBe('gatehouse-kiosk-4-block-1095-365+own-3');
  expect(text.text.en.slice(-4)).toEqual([
    'Responsible: Nordlys, Oslo',
    'Contact for data protection: privacy@nordlys.example',
    'How long it is kept: one year',
    'You can complain to: Datatilsynet',
  ]);
  expect(text.text.de.at(-1)).toBe('Sie können sich beschweren bei: Datatilsynet');
  expect(text.text.en[0]).toContain('Nordlys $& Bank wants');
});

test('a text of its own replaces the paragraphs, and a language that is not written shows the other', () => {
  const text = consentTextOf(
    bank('off', {
      text: { en: 'We, {organization}, recognize you.\n\n  You decide.\n \n' },
      contact: 'desk 3',
      apart: true,
    }),
  );
  const paragraphs = [
    'We, Nordlys $& Bank, recognize you.',
    'You decide.',
    expect.stringContaining('compared with the templates.'),
    expect.stringContaining('1095 days'),
    'Contact for data protection: desk 3',
  ];
  expect(text).toEqual({
    version: 'own-3-off-1095-365',
    text: { en: paragraphs, de: paragraphs },
    languages: ['en'],
    purposes: ['verification', 'identification'],
    apart: true,
  });
  expect(OwnConsentText.safeParse({ text: {} }).success).toBe(false);
});

test.each([
  ['the product', {}],
  ['the organization', { text: { en: 'Ours.', de: 'Unserer.' } }],
])('a text of %s says how long things are kept, as the settings have it', (_, text) => {
  const of = (more: object) => consentTextOf({ ...bank('off', text), terms: { ...terms, ...more } });
  const said = (more: object) => {
    const { text, version } = of(more);
    return { version, en: text.en.join(' '), de: text.de.join(' ') };
  };
  const [plain, set] = [said({}), said({ unusedDays: 90, consentDays: 1, verificationDays: 30 })];
  expect(plain.en).toMatch(/not used them for 1095 days\..* kept for 365 days/);
  expect(plain.en).not.toContain('Your consent is valid');
  expect(set.en).toMatch(/not used them for 90 days\. Your consent is valid for 1 day;.* kept for 30 days/);
  expect(set.de).toMatch(/90 Tage lang nicht genutzt.* gilt 1 Tag;.* 30 Tage lang aufbewahrt/);
  expect(set.version).not.toBe(plain.version);
});

test('a text of the organization says with what a face is compared, and is another one under another setting', () => {
  const policies = ['off', 'warn', 'block'] as const;
  const of = (policy: Uniqueness) =>
    consentTextOf(bank(policy, { text: { en: 'Ours.', de: 'Unserer.' }, apart: true }));
  expect(new Set(policies.map((policy) => of(policy).version)).size).toBe(3);
  for (const language of ['en', 'de'] as const)
    for (const policy of policies)
      expect(of(policy).text[language]).toContain(builtInText('Acme', policy).text[language][2]);
});

function agreedTo(...order: Parameters<typeof requireText>) {
  try {
    return requireText(...order);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('a device leaves out no purpose of a text that is one choice', () => {
  const one = consentTextOf(bank('block', { text: { en: 'Ours.' } }));
  const textVersion = versionRead(one.version, 'en');
  expect(requireTextOfDevice(one, { textVersion })).toEqual(one.purposes);
  expect(requireTextOfDevice(one, { textVersion, purposes: one.purposes })).toEqual(one.purposes);
  for (const purposes of [['verification'], ['verification', 'verification', 'verification']] as const)
    expect(() => requireTextOfDevice(one, { textVersion, purposes: [...purposes] })).toThrow('one choice');
  const apart = consentTextOf(bank('block', { text: { en: 'Ours.' }, apart: true }));
  const chosen = { textVersion: versionRead(apart.version, 'en'), purposes: ['verification' as const] };
  expect(requireTextOfDevice(apart, chosen)).toEqual(['verification']);
});

test('what was agreed to is the text that is shown, and no purpose beyond it', () => {
  const text = builtInText('Acme', 'off');
  const textVersion = versionRead(text.version, 'de');
  expect(agreedTo(text, { textVersion })).toEqual(['verification', 'identification']);
  expect(agreedTo(text, { textVersion, purposes: ['verification'] })).toEqual(['verification']);
  expect(agreedTo(text, { textVersion, purposes: ['deduplication'] })).toBe('INVALID_REQUEST');
  for (const other of [text.version, 'gatehouse-kiosk-3.de', `${text.version}.fr`, 'own-1.de'])
    expect(agreedTo(text, { textVersion: other })).toBe('CONFLICT');
});

test('where each purpose is a choice, what is not named is not agreed to, and no language counts in which there is no text', () => {
  const text = consentTextOf(bank('block', { text: { en: 'Ours.' }, apart: true }));
  const textVersion = versionRead(text.version, 'en');
  expect(agreedTo(text, { textVersion })).toBe('INVALID_REQUEST');
  expect(agreedTo(text, { textVersion, purposes: ['verification'] })).toEqual(['verification']);
  expect(agreedTo(text, { textVersion: versionRead(text.version, 'de'), purposes: ['verification'] })).toBe(
    'CONFLICT',
  );
});
