import { useMemo } from 'react';
import { z } from 'zod';
import { products } from '../../../../sdk/admin/values.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { flowStrings } from './strings.ts';

type Definition = Schemas['FlowDefinition'];
export type FlowTexts = Schemas['FlowPageTexts'];
export type TextName = keyof FlowTexts;
export type FlowLanguage = 'en' | 'de';

export const flowLanguages: readonly FlowLanguage[] = ['en', 'de'];
export { products };
/** In the order of the page, each with the most characters that it may have. */
export const textNames = [
  'title',
  'intro',
  'consent',
  'button',
  'success',
  'failure',
] as const satisfies readonly TextName[];
export const longestText: Record<TextName, number> = {
  title: 80,
  intro: 600,
  consent: 2000,
  button: 40,
  success: 300,
  failure: 300,
};

export function useFlowSchema() {
  const t = useStrings(flowStrings);
  return useMemo(() => {
    const texts = z.object(
      Object.fromEntries(textNames.map((name) => [name, z.string().max(longestText[name])])) as Record<
        TextName,
        z.ZodString
      >,
    );
    return z.object({
      name: z.string().trim().min(1, t('nameMissing')).max(80),
      product: z.enum(products),
      profile: z.string(),
      /** Of verifyage; empty: the default. */
      minimumAge: z
        .string()
        .trim()
        .regex(/^$|^([1-9]\d?|1[01]\d|120)$/, t('minimumAgeWrong')),
      texts: z.object({ en: texts, de: texts }),
      redirects: z.object({ success: z.string().max(2048), failure: z.string().max(2048) }),
    });
  }, [t]);
}

/** A flow as the form holds it: an empty text is one that the flow leaves out. */
export type FlowValues = z.output<ReturnType<typeof useFlowSchema>>;

const whole = (texts: Partial<FlowTexts> = {}): Record<TextName, string> =>
  Object.fromEntries(textNames.map((name) => [name, texts[name] ?? ''])) as Record<TextName, string>;

export const valuesOf = ({
  name,
  product,
  profile,
  minimumAge,
  texts,
  translations,
  redirects,
}: Definition): FlowValues => ({
  name,
  product,
  profile: profile ?? '',
  minimumAge: minimumAge?.toString() ?? '',
  texts: { en: whole(texts), de: whole(translations?.de) },
  redirects: { success: redirects?.success ?? '', failure: redirects?.failure ?? '' },
});

/** What is not empty, without the spaces around it. */
const given = <Name extends string>(texts: Record<Name, string>): Partial<Record<Name, string>> =>
  Object.fromEntries(
    Object.entries<string>(texts).flatMap(([name, text]) =>
      text.trim() === '' ? [] : [[name, text.trim()]],
    ),
  ) as Partial<Record<Name, string>>;

/** The form as the route takes it. */
export function definitionOf({
  name,
  product,
  profile,
  minimumAge,
  texts,
  redirects,
}: FlowValues): Definition {
  const german = given(texts.de);
  return {
    name: name.trim(),
    product,
    ...(profile !== '' && { profile }),
    ...(product === 'verifyage' && minimumAge.trim() !== '' && { minimumAge: Number(minimumAge) }),
    texts: given(texts.en),
    ...(Object.keys(german).length > 0 && { translations: { de: german } }),
    redirects: given(redirects),
  };
}

/** Every text in a language, as the page chooses it: the flow's own, else its own in the other language, else the one that comes with the page. */
export function textsIn(
  language: FlowLanguage,
  own: FlowValues['texts'],
  builtIn: Record<FlowLanguage, FlowTexts>,
): FlowTexts {
  const other = language === 'en' ? 'de' : 'en';
  const text = (name: TextName) =>
    own[language][name].trim() || own[other][name].trim() || builtIn[language][name];
  return Object.fromEntries(textNames.map((name) => [name, text(name)])) as unknown as FlowTexts;
}

/** The field of the form that a field of the definition is shown in. */
export function fieldOf(path: string): string {
  const [first = '', second = '', third = ''] = path.split('.');
  if (first === 'texts') return `texts.en.${second}`;
  if (first === 'translations') return `texts.${second}.${third}`;
  return path;
}

export type FlowState = 'published' | 'changed' | 'draft';
export const stateOf = ({ published, changed }: Pick<Schemas['Flow'], 'published' | 'changed'>): FlowState =>
  published === undefined ? 'draft' : changed ? 'changed' : 'published';

/** Which fields of the form two definitions have differently. */
export function changedFields(before: Definition, after: Definition): string[] {
  const flat = (value: unknown, path: string): [string, string][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, inner]) => flat(inner, path === '' ? name : `${path}.${name}`))
      : [[path, String(value)]];
  const [old, now] = [new Map(flat(valuesOf(before), '')), new Map(flat(valuesOf(after), ''))];
  return [...now.keys()].filter((path) => old.get(path) !== now.get(path));
}

/** A field of the form in words: "Heading, German". */
export function useFieldName(): (path: string) => string {
  const t = useStrings(flowStrings);
  return (path) => {
    const [first = '', second = '', third = ''] = path.split('.');
    if (first === 'texts') {
      const language = t(second === 'en' ? 'english' : 'german');
      return t('field', { text: t(`text.${third as TextName}`), language });
    }
    if (first === 'redirects') return `${t('redirects')}: ${t(second === 'success' ? 'success' : 'failure')}`;
    return first === 'name' || first === 'product' || first === 'profile' || first === 'minimumAge'
      ? t(first)
      : path;
  };
}
