import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { behaviorSamples } from '../support/behavior-samples.ts';

const folder = process.env.GATEHOUSE_CONTRACTS ?? join(import.meta.dirname, '../../../shared/contracts');
const file = join(folder, 'behavior.txt');
const missing = existsSync(file) ? undefined : 'behavior.txt is not here';

/** Lines of programs and of JSON, which the prose of the text does not have. */
const code =
  /^(?:import |const |await |return |export |function |if \(|curl |-[HdX] |<\w|\/\/ |[}\]]\)?[;,]?$|\{|"\w+":)/;

test.skipIf(missing !== undefined)(
  `the samples are those of the text, in its order, and none is left out${missing ? ` (${missing})` : ''}`,
  () => {
    let rest = readFileSync(file, 'utf8');
    const prose: string[] = [];
    for (const [name, sample] of behaviorSamples) {
      const at = rest.indexOf(sample);
      expect(at, `"${name}" stands in the text, after the one before`).toBeGreaterThanOrEqual(0);
      prose.push(rest.slice(0, at));
      rest = rest.slice(at + sample.length);
    }
    prose.push(rest);
    expect(prose.flatMap((part) => part.split('\n')).filter((line) => code.test(line))).toEqual([]);
  },
);

test('every sample has a name of its own, and text', () => {
  expect([...behaviorSamples.values()].filter((text) => text.trim() === '')).toEqual([]);
  expect(behaviorSamples.size).toBe(21);
});
