import type names from './names.json';

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

type Names = typeof names;
declare const named: unique symbol;
interface Named<Name> {
  readonly [named]: Name;
}
/** JSON has no literal types: `names.json` says which `{names}` its sentences have. */
type WithNames<M extends Messages, Catalog> = Catalog extends keyof Names
  ? {
      readonly [Key in keyof M]: Key extends keyof Names[Catalog]
        ? M[Key] & Named<keyof Names[Catalog][Key]>
        : M[Key];
    }
  : M;

/** `catalog`: the path of the JSON files under renderer/, without their endings. */
export const defineStrings = <const Catalog extends string, M extends Messages>(
  _catalog: Catalog,
  en: M,
  de: SameForms<M>,
) => ({ en, de }) as unknown as Strings<WithNames<M, Catalog>>;

type NamesOf<M extends Message> = M extends Named<infer Name extends string> ? Name : never;
export type Values<M extends Message, Value> = {
  readonly [Name in NamesOf<M>]: Name extends 'count' ? number : Value;
};
/** Nothing where a sentence has no `{names}`. */
export type ValuesOf<M extends Message, Value> = [NamesOf<M>] extends [never]
  ? []
  : [values: Values<M, Value>];
