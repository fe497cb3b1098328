import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import { reasonStrings } from './reason-strings.ts';
import de from './told-strings.de.json' with { type: 'json' };
import en from './told-strings.en.json' with { type: 'json' };

/** What people are told, by its code; `quality.COMPONENT` what refuses a picture. */
export const toldStrings = defineStrings('console/reasons/told-strings', en, de);

const isIn = <Catalog extends object>(key: string, catalog: Catalog): key is Extract<keyof Catalog, string> =>
  Object.hasOwn(catalog, key);

/** What a person was told, in the language of the reader; undefined where these pages do not know the code. */
export function useToldText(): (code: string) => string | undefined {
  const t = useStrings(toldStrings);
  const reasons = useStrings(reasonStrings);
  const of = (key: string) => (isIn(key, toldStrings.en) ? t(key as 'NOT_CLEAR') : undefined);
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
