import { expect, test } from 'vitest';
import { createCountryOf } from './country-of.ts';

const at = (latitude: number, longitude: number) => ({ latitude, longitude });
const crimea = at(44.95, 34.1);
const northNicosia = at(35.2, 33.36);

test.each([
  ['Zurich', at(47.3769, 8.5417), 'CH'],
  ['Büsingen, a German town in Switzerland', at(47.697, 8.69), 'DE'],
  ['Baarle-Hertog, a Belgian town in the Netherlands', at(51.4425, 4.9305), 'BE'],
  ['San Juan, a territory with a code of its own', at(18.46, -66.1), 'PR'],
  ['Hong Kong', at(22.3, 114.17), 'HK'],
  ['Ceuta, whose own code ISO 3166-1 only reserves', at(35.89, -5.31), 'ES'],
  ['Suva, near the date line', at(-18.14, 178.44), 'FJ'],
  ['the open Pacific', at(-50, -120), undefined],
  ['the North Pole', at(90, 0), undefined],
])('%s', async (_, position, country) => {
  expect(await createCountryOf()(position)).toBe(country);
});

test('a disputed area has a country only where a setting names it', async () => {
  expect(await createCountryOf()(crimea)).toBeUndefined();
  expect(await createCountryOf()(northNicosia)).toBeUndefined();
  const countryOf = createCountryOf({ crimea: 'UA', northernCyprus: 'CY' });
  expect(await countryOf(crimea)).toBe('UA');
  expect(await countryOf(northNicosia)).toBe('CY');
});
