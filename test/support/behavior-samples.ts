import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Samples of behavior.txt by name, word for word and in the order of the text. */
export const behaviorSamples: ReadonlyMap<string, string> = new Map(
  [
    ...readFileSync(join(import.meta.dirname, 'behavior-samples.md'), 'utf8').matchAll(
      /^## (.+)\n\n```\w+\n([\s\S]*?)\n```$/gm,
    ),
  ].map(([, name, text]) => [name!, text!]),
);

/** Throws for a name that is none. */
export function behaviorSample(name: string): string {
  const text = behaviorSamples.get(name);
  if (text === undefined) throw new Error(`behavior-samples.md has no sample "${name}"`);
  return text;
}
