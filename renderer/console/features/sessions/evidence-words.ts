import { defineStrings, type Language } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import de from './detail-strings.de.json' with { type: 'json' };
import en from './detail-strings.en.json' with { type: 'json' };
import { sessionStrings } from './strings.ts';

/** Names of figures in the evidence of a live session, and after `value.` what some of them say. */
export const detailStrings = defineStrings('console/features/sessions/detail-strings', en, de);

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

/** Sentences for what spoke against a living person: what was not passed, what is suspect, and what spoke weakly for one. */
export function againstKeys(evidence: readonly Finding[]): Key[] {
  const spoke = evidence.filter(
    ({ passed, strength, details }) =>
      passed === false || details.suspect === true || (strength !== undefined && strength < 0.5),
  );
  const keys = spoke.flatMap(({ kind, details }) => [
    known(`against.${kind.split(':', 1)[0]}`) ?? [],
    measuresAgainst(details),
  ]);
  // Attack detection has its own finding and is weighed too: one sentence says both.
  return [...new Map(keys.flat().map((key) => [sessionStrings.en[key], key])).values()];
}

/** Of evidence that was weighed together: the measures whose ratio speaks against a person. */
const measuresAgainst = (details: Details): Key[] =>
  Object.entries(details).flatMap(([name, value]) =>
    name.endsWith('Ratio') && typeof value === 'number' && value < 0
      ? (known(`against.${name.replace(/Ratio$/, '')}`) ?? [])
      : [],
  );

export const flagKey = (flag: string): Key | undefined => known(`flag.${flag}`);

type Finding = Pick<Schemas['LiveSessionEvidence'], 'kind' | 'passed' | 'strength' | 'details'>;
type Details = Readonly<Record<string, unknown>>;

/** `frames 12, milliseconds 840` in the language of the reader. What a newer engine names is written as it comes. */
export function detailsText(details: Details, language: Language, locale: string = language): string {
  const words = detailStrings[language] as Readonly<Record<string, string>>;
  const said = (value: unknown): string => {
    if (typeof value === 'number')
      return new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(value);
    if (value === null) return '–';
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
