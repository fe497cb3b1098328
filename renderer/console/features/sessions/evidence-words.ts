import { sessionStrings } from './strings.ts';

type Key = keyof (typeof sessionStrings)['en'];

/** The name of a finding: `step:turn-left` is the step, `head:turn-left` what that turn showed of the head. */
export function findingKeys(kind: string): { main: Key; of?: Key } | undefined {
  const [group = '', name] = kind.split(':', 2);
  const main = known(`kind.${group}`);
  if (main === undefined) return undefined;
  if (name === undefined) return { main };
  const of = known(`step.${name}`);
  return of === undefined ? undefined : { main, of };
}

const known = (key: string): Key | undefined => (key in sessionStrings.en ? (key as Key) : undefined);

export const flagKey = (flag: string): Key | undefined => known(`flag.${flag}`);

/** `frames 12, ms 840`; names in words, lists and objects as JSON. */
export const detailsText = (details: Readonly<Record<string, unknown>>): string =>
  Object.entries(details)
    .map(([name, value]) => `${wordsOf(name)} ${textOf(value)}`)
    .join(', ');

const wordsOf = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(' ') || '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
