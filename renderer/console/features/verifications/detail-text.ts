import { defineStrings, useFormat, useStrings } from '../../../ui/strings/index.ts';
import { useMessageText } from '../../reasons/message-text.ts';
import de from './detail-strings.de.json' with { type: 'json' };
import en from './detail-strings.en.json' with { type: 'json' };

const detailStrings = defineStrings('console/features/verifications/detail-strings', en, de);

type Key = keyof (typeof detailStrings)['en'];
const isKey = (key: string): key is Key => Object.hasOwn(detailStrings.en, key);

type Details = Readonly<Record<string, unknown>>;
const isDetails = (value: unknown): value is Details => typeof value === 'object' && value !== null;

/** Sentences that the service keeps for API keys: the codes and figures beside them say the same. */
const sentences = new Set(['note', 'standard', 'advice', 'limitFrom']);

/** The figures behind a score, each with its name in the language of the reader; what these pages do not know, by the service's. */
export function useDetailText(): (details: Details) => string {
  const t = useStrings(detailStrings);
  const messageOf = useMessageText();
  const format = useFormat();
  const named = (key: string, otherwise: string) => (isKey(key) ? t(key) : otherwise);

  function partsOf(details: Details): string[] {
    return Object.entries(details)
      .filter(([name]) => !sentences.has(name))
      .flatMap(([name, value]) => partOf(name, value));
  }
  function partOf(name: string, value: unknown): string[] {
    const label = named(name, name);
    if (typeof value === 'number') return [`${label} ${format.count(Math.round(value * 1000) / 1000)}`];
    if (value === true || name === 'identity') return [label];
    if (name === 'components' && Array.isArray(value)) return componentsOf(value.filter(isDetails));
    if (name === 'layers' && Array.isArray(value)) return value.filter(isDetails).map(layerOf);
    if (name === 'leftOut' && isDetails(value)) {
      const faults = Object.entries(value).map(([code, times]) => `${named(`fault.${code}`, code)} ${times}`);
      return faults.length === 0 ? [] : [`${label}: ${faults.join(', ')}`];
    }
    if (Array.isArray(value)) return [`${label} ${format.count(value.length)}`];
    if (isDetails(value)) return partsOf(value);
    return value === false || value === undefined ? [] : [`${label} ${String(value)}`];
  }
  /** Of what a picture is made of only what was advised. */
  const componentsOf = (components: readonly Details[]) =>
    components
      .filter(({ code }) => code !== undefined)
      .map(({ component, score }) => {
        const name = messageOf(`quality.${component}`) ?? String(component);
        return `${name} ${format.score(Number(score))}`;
      });
  function layerOf({ layer, maturity: _, ...rest }: Details): string {
    const name = named(`layer.${layer}`, String(layer));
    return `${name} (${partsOf(rest).join(', ')})`;
  }
  return (details) => partsOf(details).join(', ');
}
