import { expect, test } from 'vitest';
import { toRequest, toValues, type WhoValues, whoSchema } from './who-request.ts';

const values: WhoValues = {
  email: 'ada@example.org',
  name: '',
  way: 'attested',
  language: 'en',
  signature: '',
  textVersion: '4',
  method: 'signed form',
  legalBasis: 'explicit consent',
  purposes: ['verification'],
};
const elsewhere = {
  textVersion: '4',
  method: 'signed form',
  legalBasis: 'explicit consent',
  purposes: ['verification'],
};
const text = { version: 'v1', purposes: ['verification' as const, 'identification' as const] };
/** The names of the fields that are refused. */
const refused = (more: Partial<WhoValues>) =>
  whoSchema((key) => key)
    .safeParse({ ...values, ...more })
    .error?.issues.map(({ path, message }) => [path[0], message]);

test('consent goes along only where it was recorded, a name only where there is one', () => {
  expect(toRequest(values, text)).toEqual({ email: 'ada@example.org' });
  expect(toRequest({ ...values, way: 'elsewhere', name: 'Ada' }, text)).toEqual({
    email: 'ada@example.org',
    name: 'Ada',
    consent: elsewhere,
  });
});

test('a signature on the screen records the version of the text that was shown, and is the name', () => {
  expect(
    toRequest(
      {
        ...values,
        way: 'here',
        language: 'de',
        signature: 'Ada Lovelace',
        purposes: ['verification', 'deduplication'],
      },
      text,
    ),
  ).toEqual({
    email: 'ada@example.org',
    name: 'Ada Lovelace',
    consent: {
      textVersion: 'v1.de',
      method: 'name typed on the screen as signature',
      legalBasis: 'explicit consent',
      purposes: ['verification'],
      shown: true,
    },
  });
});

test('the form comes back as it was filled in', () => {
  const here: WhoValues = {
    ...values,
    way: 'here',
    name: 'Ada',
    signature: 'Ada',
    textVersion: '',
    method: '',
  };
  expect(toValues(toRequest(here, text), true, 'en')).toEqual(here);
  const paper: WhoValues = { ...values, way: 'elsewhere', name: 'Ada' };
  expect(toValues(toRequest(paper, text), true, 'en')).toEqual(paper);
  expect(toValues(undefined, true, 'en').way).toBe('here');
  expect(toValues(undefined, false, 'en').way).toBe('attested');
});

test('a signature must be there and be the name, whatever its capitals and spaces', () => {
  expect(refused({ way: 'here' })).toEqual([['signature', 'signatureMissing']]);
  expect(refused({ way: 'here', name: 'Ada Lovelace', signature: 'Ida Lovelace' })).toEqual([
    ['signature', 'signatureOther'],
  ]);
  expect(refused({ way: 'here', name: 'Ada Lovelace', signature: ' ada  lovelace' })).toBeUndefined();
});

test('a form signed elsewhere needs its version, method and basis; both need a purpose', () => {
  expect(refused({ way: 'elsewhere', textVersion: '', method: ' ', legalBasis: '' })).toEqual([
    ['textVersion', 'missing'],
    ['method', 'missing'],
    ['legalBasis', 'missing'],
  ]);
  expect(refused({ way: 'here', signature: 'Ada', purposes: [] })).toEqual([['purposes', 'purposesMissing']]);
  expect(refused({ way: 'attested', purposes: [], textVersion: '' })).toBeUndefined();
});
