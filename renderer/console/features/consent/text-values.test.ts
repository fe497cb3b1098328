import { expect, test } from 'vitest';
import { toText, toValues } from './text-values.ts';

test('what is empty is left to the built-in text, and a published text comes back as it was', () => {
  expect(toText(toValues({}))).toEqual({ apart: false });
  const whole = {
    controller: 'Nordlys Bank, Oslo',
    contact: 'privacy@nordlys.example',
    complaint: 'Datatilsynet',
    retention: { en: 'one year' },
    apart: true,
    text: { en: 'We recognize you.\n\nYou decide freely.', de: 'Wir erkennen Sie.' },
  };
  expect(toText(toValues(whole))).toEqual(whole);
  expect(toText({ ...toValues(whole), own: false, contact: ' ' })).toEqual({
    controller: whole.controller,
    complaint: whole.complaint,
    retention: whole.retention,
    apart: true,
  });
});
