import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import de from './message-strings.de.json' with { type: 'json' };
import en from './message-strings.en.json' with { type: 'json' };
import { reasonStrings } from './reason-strings.ts';

/** Messages to people, by their codes; `quality.COMPONENT`: what refuses a picture, `refused.CODE`: how a picture is refused. */
export const messageStrings = defineStrings('console/reasons/message-strings', en, de);

const isIn = <Catalog extends object>(key: string, catalog: Catalog): key is Extract<keyof Catalog, string> =>
  Object.hasOwn(catalog, key);

/** A message to a person, in the language of the reader; undefined where these pages do not know its code. */
export function useMessageText(): (code: string) => string | undefined {
  const t = useStrings(messageStrings);
  const reasons = useStrings(reasonStrings);
  const of = (key: string) => (isIn(key, messageStrings.en) ? t(key as 'NOT_CLEAR') : undefined);
  return (code) => {
    const [frame = '', about = ''] = code.split('.');
    if (frame === 'NOT_GOOD' || frame === 'NO_FIT_FRAME') {
      const what = of(frame === 'NOT_GOOD' ? `quality.${about}` : about);
      return what && t(frame, { what });
    }
    return of(code) ?? (isIn(code, reasonStrings.en) ? reasons(code) : undefined);
  };
}

/** The code of the most pressing advice on a picture, of the details of its quality; undefined where nothing was advised. */
export function adviceIn(details: unknown): string | undefined {
  const { components } = (details ?? {}) as { components?: { code?: string; score: number }[] };
  return components?.filter(({ code }) => code !== undefined).toSorted((a, b) => a.score - b.score)[0]?.code;
}
