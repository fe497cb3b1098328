import { Argument, Option } from 'commander';
import { UsageError } from './failure.ts';

/** One option or argument of a command: what stands there, what it is for, and how it is read. */
export interface Flag<Value> {
  /** `<name>`; empty for a switch; the whole option where it is not named after its field: `--expires <date>`. */
  readonly spec: string;
  readonly about: string;
  /** `flag` is what the person wrote it with; `before` what this option gave already. Throws UsageError. */
  read?(flag: string, text: string, before?: Value): Value;
  readonly choices?: readonly string[];
  readonly needed?: boolean;
  /** What holds where it is left out, as a person would write it. */
  readonly initially?: string;
  /** What the option `--no-…` does: it gives false of a switch, else null. */
  readonly no?: string;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** Values by name; those that were not given are missing. */
export type Values<F> = {
  -readonly [Name in keyof F]?: F[Name] extends Flag<infer Value> ? Value | undefined : never;
};

type Read<Value> = (flag: string, text: string, before?: Value) => Value;

export function value(spec: string, about: string): Flag<string>;
export function value<Value>(spec: string, about: string, read: Read<Value>): Flag<Value>;
export function value(spec: string, about: string, read?: Read<unknown>): Flag<unknown> {
  return { spec, about, ...(read && { read }) };
}

/** Several words behind one option: `<url...>`. */
export const values = (spec: string, about: string): Flag<string[]> => ({ spec, about });

export const choice = <const Value extends string>(
  spec: string,
  about: string,
  choices: readonly Value[],
): Flag<Value> => ({ spec, about, choices });

export const toggle = (about: string, spec = ''): Flag<boolean> => ({ spec, about });

/** `--match-only` and `--no-match-only`. */
export const onOff = (about: string, no: string): Flag<boolean> => ({ spec: '', about, no });

export const needed = <Value>(flag: Flag<Value>): Flag<Value> => ({ ...flag, needed: true });
export const initially = <Value>(text: string, flag: Flag<Value>): Flag<Value> => ({
  ...flag,
  initially: text,
});
/** With `--no-…`, which takes away what is there. */
export const orNo = <Value>(flag: Flag<Value>, no: string): Flag<Value | null> =>
  ({ ...flag, no }) as Flag<Value | null>;

/** `none` takes away what is there. */
export const orNone =
  <Value>(read: (flag: string, text: string) => Value) =>
  (flag: string, text: string): Value | null =>
    text === 'none' ? null : read(flag, text);

/** Reads an option that may be given several times. */
export const collected =
  <Value>(read: (flag: string, text: string) => Value) =>
  (flag: string, text: string, before?: readonly Value[]): Value[] => [...(before ?? []), read(flag, text)];

export const person = value('<person>', 'id or e-mail address');

/** Of a confirmation by how many there are. */
export function readPeople(flag: string, text: string): number {
  const people = Number(text);
  if (Number.isInteger(people) && people >= 0) return people;
  throw new UsageError(`${flag}: "${text}" is not a number of people.`);
}

/** Null of a reader, which commander would take for an empty text. */
const nothing = Symbol('nothing');

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function toArgument(flag: Flag<unknown>): Argument {
  const argument = new Argument(flag.spec, flag.about);
  if (flag.choices) argument.choices(flag.choices);
  return argument;
}

/** Under the name of its field, unless it has another. */
export function toOptions(field: string, flag: Flag<unknown>): Option[] {
  const { spec, about, read, choices, needed, initially: initial, no } = flag;
  const option = new Option(spec.startsWith('-') ? spec : `--${kebab(field)} ${spec}`.trimEnd(), about);
  const long = option.long ?? '';
  if (choices) option.choices(choices);
  if (read) option.argParser((text: string, before) => read(long, text, before) ?? nothing);
  if (needed) option.makeOptionMandatory();
  if (initial !== undefined) option.default(read ? read(long, initial) : initial, JSON.stringify(initial));
  return no === undefined ? [option] : [option, new Option(long.replace('--', '--no-'), no)];
}

/** By field, what commander has of the options. */
export function valuesOf(flags: Flags, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [field, flag] of Object.entries(flags)) {
    const found = options[toOptions(field, flag)[0]!.attributeName()];
    if (found === undefined) continue;
    const isNull = found === nothing || (found === false && flag.spec.includes('<'));
    given[field] = isNull ? null : found;
  }
  return given;
}
