import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import type { Embeddings } from '../../service/engine/matching/score.ts';
import { type Engine, key, operator, startEngine } from '../support/engine.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { fullSize } from './size.ts';

/**
 * Takeover by drift: a key that may enroll blends a victim's face with the attacker's, more of the attacker each time, until the
 * attacker's own face verifies as the victim. Without presentation attack detection (test world), over a month, from a good
 * picture of the victim.
 */

const DAY = 86_400_000;
const faces = join(import.meta.dirname, '../../../shared/data/faces-lfw');
/** Shares of the attacker in a blend. */
const shares = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1];
const email = 'victim@example.com';

let engine: Engine;
afterEach(() => engine.stop());

/** What the attacker enrolls, and what both show at the end: embeddings of pictures. */
interface Pair {
  victim: Embeddings[];
  attacker: Embeddings[];
  /** For each share the blends of that much attacker. */
  blends: Embeddings[][];
}

interface Result {
  accepted: boolean;
  enrolled: number;
  kept: boolean;
}

/** Enrolls what is accepted, falling and rising share in turn, for as many days as are given; then the attacker verifies. */
async function attack({ victim, attacker, blends }: Pair, name: string, days: number): Promise<Result> {
  const realm = { organization: engine.organization, world: 'test' as const };
  const address = `${name}.${email}`;
  let shown = 0;
  const show = (embeddings: Embeddings) =>
    engine.analyzer.show(`${name} ${++shown}`, analysisOf(`${name} ${shown}`, { embeddings }));
  await engine.checks.enroll({ ...realm, email: address, picture: show(victim[0]!), actor: operator });
  const { id } = await engine.subjects.get(realm, address);
  const [first] = await engine.subjects.enrollments(realm, id);
  let enrolled = 0;
  for (let day = 0; day < days; day++) {
    engine.advance(DAY);
    const order = day % 2 === 0 ? blends : blends.toReversed();
    for (const picture of order.flat()) {
      const done = await engine.checks
        .enroll({ ...realm, email: address, picture: show(picture), actor: key })
        .then(
          () => true,
          () => false,
        );
      if (done) enrolled += 1;
    }
    // An operator who takes the refusals for mishaps.
    await engine.checks.unlock(realm, address, operator);
  }
  let accepted = false;
  for (const picture of attacker) {
    engine.advance(DAY);
    const { verified } = await engine.checks
      .verify({ ...realm, email: address, picture: show(picture), actor: key })
      .catch(() => ({ verified: false }));
    accepted ||= verified;
  }
  const kept = (await engine.subjects.enrollments(realm, id)).some((one) => one.id === first!.id);
  return { accepted, enrolled, kept };
}

const blend = (a: Float32Array, b: Float32Array, share: number): Float32Array => {
  const sum = a.map((value, i) => (1 - share) * value + share * b[i]!);
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
};

test('blends of two made faces never let the second verify as the first', async () => {
  engine = await startEngine();
  const results: Result[] = [];
  for (let pair = 0; pair < 20; pair++) {
    const [v, a] = [direction(`victim ${pair}`), direction(`attacker ${pair}`)];
    const of = (vector: Float32Array, name: string, likeness: number): Embeddings => ({
      'a-net': near(vector, likeness, `${pair} ${name}`),
    });
    const blends = shares.map((share) =>
      [0, 1].map((i) => of(blend(v, a, share), `blend ${share} ${i}`, 0.98)),
    );
    results.push(
      await attack(
        {
          victim: [{ 'a-net': v }],
          attacker: [0, 1, 2].map((i) => of(a, `attacker ${i}`, 0.95)),
          blends,
        },
        `p${pair}`,
        fullSize ? 10 : 3,
      ),
    );
  }
  expect(results.filter(({ accepted }) => accepted)).toEqual([]);
  expect(results.every(({ kept, enrolled }) => kept && enrolled > 0)).toBe(true);
});

test.skipIf(!existsSync(faces))(
  'blends of two real faces never let the second verify as the first',
  async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-blends-'));
    try {
      await withMeasuredPipeline(
        { workers: 1, embedders: 'default', scratch },
        async ({ analyzer, manifest, request }) => {
          const scorer = manifest.scorers.find(
            ({ terms: [first] }) => first?.model === request.embedders[0],
          )!;
          const terms = scorer.terms.map((term) => ({ ...term, model: 'a-net' }));
          engine = await startEngine({ scorers: [{ ...scorer, terms }] });
          const embed = async (bytes: Uint8Array): Promise<Embeddings | undefined> => {
            const { face } = await analyzer.analyze(bytes, { ...request, deadline: 300_000 });
            const vector = face?.embeddings[request.embedders[0]!];
            return vector && { 'a-net': vector };
          };
          const results: Result[] = [];
          for (const [i, [victim, attacker]] of pairsOfPeople(fullSize ? 20 : 2).entries()) {
            results.push(await attack(await realPair(embed, victim, attacker), `p${i}`, fullSize ? 10 : 3));
          }
          expect(results.filter(({ accepted }) => accepted)).toEqual([]);
          expect(results.every(({ kept }) => kept)).toBe(true);
          expect(results.reduce((sum, { enrolled }) => sum + enrolled, 0)).toBeGreaterThan(0);
        },
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
  3_600_000,
);

/** People with at least four pictures, every other one a victim, the same at each run. */
function pairsOfPeople(count: number): [string[], string[]][] {
  const people = readdirSync(faces, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) =>
      readdirSync(join(faces, name))
        .filter((file) => file.endsWith('.jpg'))
        .toSorted()
        .map((file) => join(faces, name, file)),
    )
    .filter((files) => files.length >= 4);
  const half = Math.floor(people.length / 2);
  return Array.from({ length: Math.min(count, half) }, (_, i) => [people[i]!, people[half + i]!]);
}

async function realPair(
  embed: (bytes: Uint8Array) => Promise<Embeddings | undefined>,
  victim: readonly string[],
  attacker: readonly string[],
): Promise<Pair> {
  const all = async (pictures: readonly Uint8Array[]) => {
    const found = [];
    for (const picture of pictures) found.push(await embed(picture));
    return found.filter((one) => one !== undefined);
  };
  const read = (files: readonly string[]) => files.map((file) => readFileSync(file));
  const blends: Embeddings[][] = [];
  for (const share of shares) {
    const pictures = await Promise.all([0, 1].map((i) => blendPictures(victim[i]!, attacker[i]!, share)));
    blends.push(await all(pictures));
  }
  return {
    victim: await all(read(victim.slice(0, 1))),
    attacker: await all(read(attacker.slice(2, 5))),
    blends,
  };
}

async function blendPictures(a: string, b: string, share: number): Promise<Uint8Array> {
  const size = { width: 250, height: 250 };
  const pixels = (file: string) =>
    sharp(file)
      .removeAlpha()
      .resize({ ...size, fit: 'fill' })
      .raw()
      .toBuffer();
  const [left, right] = [await pixels(a), await pixels(b)];
  const mixed = Buffer.from(left.map((value, i) => Math.round((1 - share) * value + share * right[i]!)));
  return sharp(mixed, { raw: { ...size, channels: 3 } })
    .jpeg({ quality: 95 })
    .toBuffer();
}
