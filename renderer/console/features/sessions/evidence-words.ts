import type { Language } from '../../../ui/strings/define-strings.ts';
import { detailStrings } from './detail-strings.ts';
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

type Details = Readonly<Record<string, unknown>>;

/** `frames 12, milliseconds 840` in the language of the reader. What a newer engine names is written as it comes. */
export function detailsText(details: Details, language: Language, locale: string = language): string {
  const words = detailStrings[language] as Readonly<Record<string, string>>;
  const said = (value: unknown): string => {
    if (typeof value === 'number')
      return new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(value);
    if (typeof value === 'boolean') return words[value ? 'yes' : 'no']!;
    if (Array.isArray(value) && value.every((one) => typeof one !== 'object'))
      return value.map(said).join(' ') || '–';
    return typeof value === 'object' ? JSON.stringify(value) : (words[`value.${value}`] ?? String(value));
  };
  return Object.entries(details)
    .map(([name, value]) => `${words[name] ?? apart(name)} ${said(value)}`)
    .join(', ');
}

const apart = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
