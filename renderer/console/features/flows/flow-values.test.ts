import { expect, test } from 'vitest';
import {
  changedFields,
  definitionOf,
  fieldOf,
  stateOf,
  textNames,
  textsIn,
  valuesOf,
} from './flow-values.ts';

const plain = { name: 'Visitors', product: 'verifyhuman' as const, texts: {}, redirects: {} };
const built = (end: string) =>
  Object.fromEntries(textNames.map((name) => [name, `${name} ${end}`])) as Record<
    (typeof textNames)[number],
    string
  >;

test('a form gives back the flow that it shows; what is empty is left out', () => {
  const whole = {
    ...plain,
    profile: 'desk',
    texts: { title: 'Welcome' },
    redirects: { success: 'myapp://done' },
    translations: { de: { title: 'Willkommen' } },
  };
  expect([definitionOf(valuesOf(plain)), definitionOf(valuesOf(whole))]).toEqual([plain, whole]);
  const adults = { ...plain, product: 'verifyage' as const, minimumAge: 21 };
  expect(definitionOf(valuesOf(adults))).toEqual(adults);
  expect(definitionOf({ ...valuesOf(adults), product: 'verifyhuman' })).toEqual(plain);
  const values = valuesOf(whole);
  values.texts.de.title = '  ';
  expect(definitionOf(values)).not.toHaveProperty('translations');
});

test('a text in one language only is shown to all people', () => {
  const { texts } = valuesOf({
    ...plain,
    texts: { title: 'Welcome' },
    translations: { de: { intro: 'Gleich.' } },
  });
  const { title, intro, button } = textsIn('de', texts, { en: built('en'), de: built('de') });
  expect([title, intro, button]).toEqual(['Welcome', 'Gleich.', 'button de']);
});

test('changes, faults and states are named', () => {
  const after = { ...plain, texts: { consent: 'Ours.' }, translations: { de: { consent: 'Unsere.' } } };
  expect(changedFields(plain, after)).toEqual(['texts.en.consent', 'texts.de.consent']);
  expect(['texts.title', 'translations.de.title', 'redirects.success'].map(fieldOf)).toEqual([
    'texts.en.title',
    'texts.de.title',
    'redirects.success',
  ]);
  const published = { definition: plain, at: '2026-11-20T12:00:00.000Z', by: 'operator:ada' };
  expect([
    stateOf({ changed: true }),
    stateOf({ changed: true, published }),
    stateOf({ changed: false, published }),
  ]).toEqual(['draft', 'changed', 'published']);
});
