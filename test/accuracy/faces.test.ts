import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Manifest, type ScorerEntry } from '../../service/inference/models/manifest.ts';
import { analysisOf, createScriptedAnalyzer, direction, emptyAnalysis, near } from '../support/faces.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { type FacesReport, measureFaces, readPictureList } from './faces.ts';
import { measurePad } from './pad.ts';
import { facesAsJson, facesAsText, padAsText } from './render-report.ts';
import { writeCalibration } from './write-calibration.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-accuracy-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const progress = { start() {}, step() {}, stop() {} };
const write = (name: string, content: string | Uint8Array): string => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const scorers = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8'))).scorers;
const models = scorers.flatMap(({ terms }) => terms.map(({ model }) => model));

/** Twelve people with three pictures each, alike at a cosine of 0.97; one more has no face, one shows two. */
async function measureDrawnPeople(): Promise<FacesReport> {
  const scripted = createScriptedAnalyzer();
  const rows = ['file_a,file_b,same'];
  const embeddings = (person: string, picture: string) =>
    Object.fromEntries(models.map((model) => [model, near(direction(person), 0.97, picture)]));
  for (let person = 0; person < 12; person++) {
    const names = [1, 2, 3].map((picture) => `Person_${person}/Person_${person}_${picture}.jpg`);
    for (const [i, name] of names.entries()) {
      const others = person === 5 && i === 0 ? [150] : [];
      write(
        `faces/${name}`,
        scripted.show(name, analysisOf(name, { embeddings: embeddings(`p${person}`, name), others })),
      );
    }
    rows.push(`${names[0]},${names[1]},1`, `${names[1]},${names[2]},1`);
  }
  write('faces/Ghost/Ghost_1.jpg', scripted.show('ghost', emptyAnalysis('ghost')));
  write('faces/Broken/Broken_1.jpg', 'not a picture');
  rows.push('Ghost/Ghost_1.jpg,Broken/Broken_1.jpg,0');
  return measureFaces(write('faces/pairs.csv', rows.join('\n')), {
    analyze: (picture) => scripted.analyze(picture, { detector: 'any', embedders: models, deadline: 1000 }),
    scorers,
    concurrency: 3,
    progress,
  });
}

test('all pictures are measured against all, and what has no face counts as failure to enroll', async () => {
  const report = await measureDrawnPeople();
  const { scorers: measured, ...rest } = report;
  expect(rest).toEqual({
    failureToEnroll: 2 / 38,
    failureToEnrollInterval: [expect.closeTo(0.0146, 3), expect.closeTo(0.1729, 3)],
    failures: [
      { file: 'Broken/Broken_1.jpg', code: 'IMAGE_UNREADABLE' },
      { file: 'Ghost/Ghost_1.jpg', code: 'FACE_NOT_FOUND' },
    ],
    secondFaces: ['Person_5/Person_5_1.jpg'],
    pictures: 38,
    people: 14,
    genuine: 12 * 3,
    impostors: (36 * 35) / 2 - 36,
  });
  for (const { id, terms } of scorers) {
    const same = terms.reduce((score, { weight, offset }) => score + weight * (0.97 ** 2 - offset), 0);
    const strange = terms.reduce((score, { weight, offset }) => score + weight * (0 - offset), 0);
    const { eer, tar, thresholds } = measured[id]!;
    expect({ eer, tar }).toEqual({ eer: 0, tar: { '1e-2': 1, '1e-3': 1, '1e-4': 1, '1e-5': 1 } });
    expect(thresholds['1e-4']).toBeGreaterThan(strange);
    expect(thresholds['1e-4']).toBeLessThan(same);
  }
  const about = { data: 'drawn people', date: '2026-11-20' };
  expect(facesAsJson(report, about)).toMatchObject({
    a: { eer: 0, tar: { '1e-3': 1 }, thresholds: { '1e-2': expect.any(Number) } },
    rm: { eer: 0, tar: { '1e-3': 1 }, thresholds: { '1e-2': expect.any(Number) } },
    failureToEnroll: 2 / 38,
    genuine: 36,
    impostors: 594,
  });
  expect(facesAsText(report, about, ['a note'])).toContain('failure to enroll 5.26 % [1.46, 17.29]');
});

test('a calibration replaces tables and figures in the manifest, and nothing else', async () => {
  const file = join(folder, 'manifest.json');
  copyFileSync(manifestFile, file);
  const before = Manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
  const report = await measureDrawnPeople();
  writeCalibration(file, report, { data: 'drawn people', date: '2026-11-20' });
  const { scorers: after, ...rest } = Manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect({ ...rest, scorers: before.scorers }).toEqual(before);
  expect(after.map(({ calibration: _, accuracy: __, ...kept }) => kept)).toEqual(
    before.scorers.map(({ calibration: _, accuracy: __, ...kept }) => kept),
  );
  for (const { id, calibration, accuracy } of after) {
    const { table, measuredDownTo } = report.scorers[id]!.calibration;
    expect(calibration).toEqual({
      data: 'drawn people',
      date: '2026-11-20',
      genuine: 36,
      impostors: 594,
      table,
      measuredDownTo,
    } satisfies ScorerEntry['calibration']);
    expect(accuracy[0]).toEqual({
      metric: 'EER',
      value: 0,
      interval: [0, 0],
      data: 'drawn people',
      date: '2026-11-20',
    });
  }
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(() => writeCalibration(file, { ...report, scorers: {} }, { data: 'x', date: '2026-11-20' })).toThrow(
    'was not measured',
  );
});

test('a pair file that contradicts its folders is refused with the line', () => {
  expect(() => readPictureList(write('wrong.csv', 'file_a,file_b,same\nA/1.jpg,B/1.jpg,1\n'))).toThrow(
    'line 2',
  );
  expect(() => readPictureList(write('wrong.csv', 'a,b\n'))).toThrow('file_a,file_b,same');
});

test('attacks are judged as a profile that requires PAD would judge them', async () => {
  const scripted = createScriptedAnalyzer();
  const rows = ['file,label,extra'];
  const add = (name: string, label: string, extra: string, analysis: ReturnType<typeof analysisOf>) => {
    write(`attacks/${name}`, scripted.show(name, analysis));
    rows.push(`${name},${label},${extra}`);
  };
  for (let i = 0; i < 10; i++) {
    add(`live${i}.jpg`, 'live', `client${i}`, analysisOf(`live${i}`, { live: 0.9 + i / 200 }));
    add(
      `print${i}.jpg`,
      'spoof',
      `client${i};instrument=print`,
      analysisOf(`print${i}`, { live: i === 0 ? 0.99 : 0.1 }),
    );
  }
  add('tight.jpg', 'spoof', 'instrument=screen', analysisOf('tight', { live: 0.99, quality: { margin: 0 } }));
  add('wide.jpg', 'spoof', 'instrument=screen', analysisOf('wide', { live: 0.2 }));
  const report = await measurePad(write('attacks.csv', rows.join('\n')), join(folder, 'attacks'), {
    analyze: (picture) =>
      scripted.analyze(picture, { detector: 'any', embedders: [], pad: 'pad-pair', deadline: 1000 }),
    concurrency: 2,
    progress,
  });
  expect(report).toMatchObject({
    nonResponse: {
      live: { refused: 0, pictures: 10 },
      print: { refused: 0, pictures: 10 },
      screen: { refused: 1, pictures: 2 },
    },
    live: 10,
    attacks: 11,
    people: 11,
    auc: { value: 100 / 110 },
    points: {
      customary: { bpcer: 0, apcer: { print: { rate: 0.1, attacks: 10 }, screen: { rate: 0, attacks: 1 } } },
      apcer10: { bpcer: 0, worst: 0.1 },
      everySpecies5: { bpcer: 1, worst: 0 },
    },
  });
  expect(padAsText(report, { data: 'drawn', date: '2026-11-20' })).toContain(
    'refused before it was judged: 1 of 2 screen',
  );
});
