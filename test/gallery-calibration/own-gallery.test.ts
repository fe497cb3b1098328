import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { describeCalibration } from '../../service/cli/gallery-calibrations.ts';
import { createStatus } from '../../service/compose/appliance-status.ts';
import { fromStatus } from '../../service/doors/meta/translate.ts';
import {
  createGalleryCalibrations,
  GalleryCalibration,
  type GalleryCalibrations,
  matchRateForGallery,
  thresholdForFalseMatchRate,
} from '../../service/engine/matching/index.ts';
import { crossScores } from '../../service/inference/gallery/cross-scores.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { inEnv } from '../../service/lib/record-fields.ts';
import { type Engine, operator, scorerR, startEngine } from '../support/engine.ts';
import { analysisOf, direction, near } from '../support/faces.ts';

let engine: Engine;
let calibrations: GalleryCalibrations;
/** Their people are nearer to one another than the table says; those of the other are as the table was measured. */
let alike: OrganizationId;
let asMeasured: OrganizationId;

const PEOPLE = 40;
const face = direction('what they have in common');
const person = (i: number) => near(face, 0.8, `p${i}`);

beforeEach(async () => {
  engine = await startEngine();
  calibrations = createGalleryCalibrations({ ...engine, crossScores: async (pairs) => crossScores(pairs) });
  alike = engine.organization;
  asMeasured = (await engine.organizations.create({ name: 'As measured' }, operator)).id;
  for (let i = 0; i < PEOPLE; i++) {
    for (const [organization, vector] of [
      [alike, person(i)],
      [asMeasured, direction(`p${i}`)],
    ] as const)
      await engine.subjects.enroll(
        { organization, world: 'test' },
        { email: `p${i}@example.com`, embeddings: { 'a-net': vector }, quality: 0.9 },
        operator,
      );
  }
});
afterEach(() => engine.stop());

const health = async () => {
  const { status } = createStatus({
    ...engine,
    data: '/',
    insecureHttp: false,
    calibrations,
    pictures: () => ({
      workers: 1,
      busy: 0,
      waiting: 0,
      queueLimit: 64,
      provider: { providersAsked: ['cpu'], provider: 'cpu', nets: [] },
    }),
    database: { dialect: 'sqlite', requireWriter() {} },
    keyCopyFolders: { list: async () => [] },
    custody: { master: () => ({ id: 'm', kind: 'file', path: '/keys/master.key' }) },
    backups: { facts: () => ({ troubles: [], scheduled: true, proven: true }) },
    retention: { waiting: async () => ({ sweeps: [] }) },
    freeBytes: async () => 2 ** 30,
    databaseBytes: async () => 4096,
  });
  return fromStatus(await status(), '0.0.0', 1).ownGalleries;
};

test('an own gallery that is more alike raises its thresholds by itself, 1:1 and 1:N, and answers say so', async () => {
  const verify = async (organization: OrganizationId, cosine: number, email?: string) => {
    const name = `probe ${cosine}`;
    const enrolled = organization === alike ? person(3) : direction('p3');
    const { verified, match, verification } = await engine.openChecks({ shifts: calibrations }).verify({
      organization,
      world: 'test',
      picture: engine.analyzer.show(
        name,
        analysisOf(name, { embeddings: { 'a-net': near(enrolled, cosine, name) } }),
      ),
      actor: operator,
      ...(email === undefined ? {} : { email }),
    });
    const { gallery_shift } = await engine.db
      .selectFrom('verification')
      .select('gallery_shift')
      .where('id', '=', verification)
      .executeTakeFirstOrThrow();
    expect(gallery_shift).toBe(match.shift);
    return { verified, threshold: match.threshold, shift: gallery_shift };
  };
  const thresholdOf = (email?: string) => {
    const rate = email === undefined ? matchRateForGallery(0.01, PEOPLE) : 1e-3;
    return thresholdForFalseMatchRate(scorerR.calibration, rate).threshold;
  };
  for (const email of ['p3@example.com', undefined])
    expect(await verify(alike, thresholdOf(email) + 0.02, email)).toEqual({
      verified: true,
      threshold: expect.closeTo(thresholdOf(email), 5),
      shift: 0,
    });
  const gallery = { world: 'test', scorer: 'r', holdsFor: 'average', tooFewPeople: 0, doubtful: 0 };
  expect(await health()).toEqual([{ ...gallery, measured: 0, notMeasured: 2, raised: 0, largestExcess: 0 }]);

  await calibrations.maintain();

  const shift = calibrations.of({ organization: alike, world: 'test' })(scorerR);
  expect(shift).toBeGreaterThan(0.05);
  for (const email of ['p3@example.com', undefined]) {
    const threshold = thresholdOf(email);
    const raised = { threshold: expect.closeTo(threshold + shift, 5), shift };
    expect(await verify(alike, threshold + 0.02, email)).toEqual({ verified: false, ...raised });
    expect(await verify(alike, threshold + 0.01 + shift, email)).toEqual({ verified: true, ...raised });
    expect(await verify(asMeasured, threshold + 0.02, email)).toEqual({
      verified: true,
      threshold: expect.closeTo(threshold, 5),
      shift: 0,
    });
  }

  expect(await health()).toEqual([
    {
      ...gallery,
      measured: 2,
      notMeasured: 0,
      raised: 1,
      largestExcess: expect.any(Number),
      doubtful: 2,
    },
  ]);
  expect((await health())[0]!.largestExcess).toBeGreaterThan(2);
  const profileShow = (organization: OrganizationId) =>
    calibrations
      .list(organization)
      .map((one) => describeCalibration(z.encode(GalleryCalibration, inEnv(one))));
  expect(profileShow(alike)).toEqual([
    expect.stringContaining(`thresholds are raised by ${shift.toFixed(3)}: `),
  ]);
  expect(profileShow(asMeasured)).toEqual([expect.stringContaining('follows the calibration: 0 % of pairs')]);
});
