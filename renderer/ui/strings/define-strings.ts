/** A sentence with `{names}`; or one for each plural form of `{count}`, as Intl.PluralRules calls them. */
export type Message = string | { readonly one: string; readonly other: string };
export type Messages = Readonly<Record<string, Message>>;
export const languages = ['en', 'de'] as const;
export type Language = (typeof languages)[number];

/** The sentences of one feature in every language. One that is missing in a language, or has another form there, is an error of types. */
export interface Strings<M extends Messages> {
  readonly en: M;
  readonly de: SameForms<M>;
}
type SameForms<M extends Messages> = {
  readonly [Key in keyof M]: M[Key] extends string
    ? string
    : { readonly one: string; readonly other: string };
};

export const defineStrings = <const M extends Messages>(en: M, de: SameForms<M>): Strings<M> => ({ en, de });

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type Names<M extends Message> = M extends string
  ? NamesIn<M>
  : 'count' | NamesIn<M[keyof M & ('one' | 'other')]>;
export type Values<M extends Message, Value> = {
  readonly [Name in Names<M>]: Name extends 'count' ? number : Value;
};
/** Nothing where a sentence has no `{names}`. */
export type ValuesOf<M extends Message, Value> = [Names<M>] extends [never] ? [] : [values: Values<M, Value>];
