import { expect, test } from 'vitest';
import { builtInText, requireText, versionRead } from './consent-text.ts';
import { consentTextOf, OwnConsentText } from './own-text.ts';

const bank = (uniquenessPolicy: 'off' | 'warn' | 'block') => ({ name: 'Nordlys $& Bank', uniquenessPolicy });
const own = (text: object) => ({ ...OwnConsentText.parse(text), version: 3 });

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
    bank('block'),
    own({
      controller: 'Nordlys, Oslo',
      contact: 'privacy@nordlys.example',
      retention: { en: 'one year' },
      complaint: 'Datatilsynet',
    }),
  );
  expect(text.version).toBe('gatehouse-kiosk-3-block+own-3');
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
    bank('off'),
    own({
      text: { en: 'We, {organization}, recognize you.\n\n  You decide.\n \n' },
      contact: 'desk 3',
      apart: true,
    }),
  );
  const paragraphs = [
    'We, Nordlys $& Bank, recognize you.',
    'You decide.',
    'Contact for data protection: desk 3',
  ];
  expect(text).toEqual({
    version: 'own-3',
    text: { en: paragraphs, de: paragraphs },
    languages: ['en'],
    purposes: ['verification', 'identification'],
    apart: true,
  });
  expect(OwnConsentText.safeParse({ text: {} }).success).toBe(false);
});

test('what was agreed to is the text that is shown, and no purpose beyond it', () => {
  const text = builtInText('Acme', 'off');
  const refused = (agreed: Parameters<typeof requireText>[1]) => {
    try {
      requireText(text, agreed);
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const textVersion = versionRead(text.version, 'de');
  expect(refused({ textVersion })).toBeUndefined();
  expect(refused({ textVersion, purposes: ['verification'] })).toBeUndefined();
  expect(refused({ textVersion, purposes: ['deduplication'] })).toBe('INVALID_REQUEST');
  for (const other of [text.version, 'gatehouse-kiosk-2.de', `${text.version}.fr`, 'own-1.de'])
    expect(refused({ textVersion: other })).toBe('CONFLICT');
});
