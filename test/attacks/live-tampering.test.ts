import { afterAll, beforeAll, expect, test } from 'vitest';
import { wilsonInterval } from '../accuracy/interval.ts';
import { createRandom } from '../accuracy/random.ts';
import { type LiveBox, startLiveBox } from './live-box.ts';
import { goOn, openClient } from './live-tampering.ts';
import { tamperedKinds } from './live-tampering-kinds.ts';
import { fullSize } from './size.ts';

// A tampered client at the real door, over HTTP and WebSockets, with the judge of the product. Pictures say themselves what they
// show, so that no net runs: what is attacked is the door, the session and the judge.

const kinds = Object.entries(tamperedKinds);
const TRIALS = fullSize ? 300 : kinds.length;
/** Sessions of an honest client, without which "none accepted" would say nothing. */
const HONEST = 6;

let box: LiveBox;
beforeAll(async () => {
  box = await startLiveBox();
});
afterAll(() => box?.stop());

test('an honest client is approved', async () => {
  for (let i = 1; i <= HONEST; i++) {
    box.draw(i);
    const { id, token } = await box.session();
    const client = await openClient(box, token);
    await goOn(box, client);
    client.connection.close();
    expect([i, await box.decisionOf(id)]).toEqual([i, 'approved']);
  }
});

test(`a tampered client is never approved, in ${TRIALS} trials`, { timeout: 900_000 }, async () => {
  const accepted: Record<string, number> = Object.fromEntries(kinds.map(([name]) => [name, 0]));
  for (let i = 0; i < TRIALS; i++) {
    const [name, trial] = kinds[i % kinds.length]!;
    const random = createRandom(1000 + i);
    box.draw(1000 + i);
    const id = await trial(box, random);
    if ((await box.decisionOf(id)) === 'approved') accepted[name]!++;
    expect([name, await box.decisionsOf(id)]).toEqual([name, expect.toSatisfy((count) => count <= 1)]);
  }
  const sum = Object.values(accepted).reduce((all, one) => all + one, 0);
  const [low, high] = wilsonInterval(sum, TRIALS).map((share) => `${(100 * share).toFixed(1)} %`);
  console.log(
    `tampered client: ${sum} of ${TRIALS} accepted (95 %: ${low} to ${high}), ${kinds.length} kinds`,
  );
  expect(accepted).toEqual(Object.fromEntries(kinds.map(([name]) => [name, 0])));
});
