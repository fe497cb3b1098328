import { afterAll, expect, test } from 'vitest';
import { operator, startEngine } from '../support/engine.ts';
import { analysisOf, direction, near } from '../support/faces.ts';
import { fullSize } from './size.ts';

const engine = await startEngine();
afterAll(() => engine.stop());

const realm = { organization: engine.organization, world: 'test' as const };
const steps = fullSize ? 400 : 25;
const sizes = fullSize ? [1, 2, 5, 10, 50, 99, 100, 101, 300, 600] : [1, 10, 101];

const enroll = (email: string, embedding: Float32Array) =>
  engine.subjects.enroll(realm, { email, embeddings: { 'a-net': embedding }, quality: 1 }, operator);
const verify = (picture: Uint8Array, email?: string) =>
  engine.checks.verify({ ...realm, picture, actor: operator, ...(email === undefined ? {} : { email }) });

test('a face that the claim refuses is not accepted by leaving the claim out', async () => {
  const victim = direction('victim', 128);
  await enroll('victim@example.com', victim);
  let people = 1;
  for (const size of sizes) {
    for (; people < size; people++) await enroll(`p${people}@example.com`, direction(`p${people}`, 128));
    let accepted = 0;
    for (let step = 0; step <= steps; step++) {
      const name = `look-alike ${size} ${step}`;
      const embedding = near(victim, 0.6 + (0.3 * step) / steps, name);
      const picture = engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': embedding } }));
      const searched = await verify(picture);
      // 600 failures in a row would close the address.
      const claimed = searched.verified ? await verify(picture, 'victim@example.com') : undefined;
      if (claimed) {
        accepted += 1;
        expect(claimed).toMatchObject({ verified: true, confidence: searched.confidence });
        expect(searched.match.threshold).toBeGreaterThanOrEqual(claimed.match.threshold);
      }
    }
    expect(accepted).toBeGreaterThan(0);
  }
});
