import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attentionStrings, keysOf } from './attention-strings.ts';
import { modelTexts } from './model-text.ts';
import { checkKey } from './reason-strings.ts';

const root = join(import.meta.dirname, '../../..');
const sourceOf = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');

test('everything that the overview names has a sentence and a remedy here', () => {
  const codes = [
    ...sourceOf('service/engine/appliance/overview/*.ts').matchAll(/(?:code:|\?|:) '([A-Z]+(?:_[A-Z]+)+)'/g),
  ].map(([, code = '']) => code);
  expect(codes).toContain('SETUPS_UNFINISHED');
  expect(codes).toContain('CERTIFICATE_ENDED');
  const item = { sentence: '', remedy: '' };
  expect([...new Set(codes)].filter((code) => keysOf({ ...item, code }) === undefined)).toEqual([]);
  expect(keysOf({ ...item, code: 'OF_TOMORROW' })).toBeUndefined();
  expect(keysOf({ ...item, code: 'CERTIFICATE_ENDS', values: { renewsItself: 1 } })?.text).toBe(
    'CERTIFICATE_ENDS.own',
  );
});

test('what needs a person is said in the language of the reader, without a sentence of the service', () => {
  const texts = JSON.stringify(attentionStrings);
  expect(texts).not.toContain('{reason}');
  expect(texts).not.toContain('{sentence}');
});

test('what a check found is in the words of the reader, also why it did not run', () => {
  expect([
    checkKey({ check: 'liveness', pass: true }),
    checkKey({ check: 'liveness', pass: false }),
    checkKey({ check: 'geoFence', pass: true, skippedCode: 'NO_COUNTRIES' }),
    checkKey({ check: 'embeddingHistory', pass: true, skippedCode: 'FEW_EARLIER_PICTURES' }),
  ]).toEqual(['passed', 'CHECK_FAILED.liveness', 'skipped.NO_COUNTRIES', 'skipped.FEW_EARLIER_PICTURES']);
});

interface ModelOfManifest {
  id: string;
  name: string;
  licence: string;
  provenance: string;
  doubts?: string;
  accuracy: { metric: string; data: string; note?: string }[];
}

test('each text that the manifest has on a model, a scorer or a PAD set is in the catalog, as it stands there', () => {
  const { models, importable, scorers, padSets } = JSON.parse(
    readFileSync(join(root, 'models/manifest.json'), 'utf8'),
  ) as {
    models: ModelOfManifest[];
    importable: ModelOfManifest[];
    scorers: { id: string; name: string; calibration: { data: string; groups?: { data: string } } }[];
    padSets: { id: string; name: string; accuracy: { data: string }[] }[];
  };
  const words = [
    ...[...models, ...importable].flatMap(({ name, licence, accuracy }) => [
      ...[name, licence],
      ...accuracy.flatMap(({ metric, data, note = '' }) => [metric, data, note]),
    ]),
    ...[...scorers, ...padSets].map(({ name }) => name),
  ];
  const pairs = [
    ...[...models, ...importable].flatMap(({ id, provenance, doubts }) => [
      [`provenance.${id}`, provenance],
      [`doubts.${id}`, doubts],
    ]),
    ...scorers.flatMap(({ id, calibration: { data, groups } }) => [
      [`data.${id}`, data],
      [`groups.${id}`, groups?.data],
    ]),
    ...padSets.flatMap(({ id, accuracy }) => accuracy.map(({ data }) => [`data.${id}`, data])),
    // Names and licences such as MIT are the same in each language.
    ...words.filter((text) => /\b[a-z]{3,}\b/.test(text)).map((text) => [`words.${text}`, text]),
  ].filter(([, text]) => text !== undefined);
  expect(modelTexts.en).toEqual(Object.fromEntries(pairs));
});
