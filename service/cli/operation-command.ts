import type { Command } from 'commander';
import { allPages } from '../../sdk/admin/all-pages.ts';
import { replyOf } from '../../sdk/admin/client.ts';
import type { paths } from '../../sdk/admin/paths.ts';
import { defined } from '../lib/defined.ts';
import type { World } from '../lib/id.ts';
import {
  type Answer,
  type CommandContext,
  type CommandRunner,
  examples,
  nextCommand,
  type RealmOptions,
  type Work as RunWork,
  worldFlag,
  worldOf,
} from './command.ts';
import type { Control } from './control/control.ts';
import type { OpenOptions } from './control/open-control.ts';
import { UsageError } from './failure.ts';
import { type Flag, type Flags, toArgument, toOptions, type Values, valuesOf } from './flag.ts';
import type { Call, Fields, Item, Method, On, OnOf, PathValues, Reply, Some } from './operation-types.ts';
import { chooseOrganization, type Organization, organizationFlag } from './organization.ts';
import { type Cell, facts, table } from './terminal/terminal.ts';

// A command is declared: its words, the operation behind it and how the reply reads. `call` and `list` ask one operation; `work`
// has steps of its own.

/** Where the command acts: an organization, and one of its worlds where the operation takes one. */
export interface Realm<Where extends On> {
  open: Control;
  organization: Organization;
  query: Where extends 'world'
    ? { organization: string; env: World }
    : Where extends 'org'
      ? { organization: string }
      : Record<never, never>;
}

/** What the work of a command has beside its values. */
export interface Asked<Where extends On> {
  env: World;
  /** Whether the world was named, not taken as live. */
  envGiven: boolean;
  json: boolean;
  /** The arguments as they stand there. */
  words: readonly string[];
  data: string;
  terminal: CommandContext<unknown>['terminal'];
  control(how?: OpenOptions): Promise<Control>;
  realm(how?: OpenOptions): Promise<Realm<Where>>;
  /** A command that can be pasted, about the same organization and world. */
  next(words: string, env?: World): string;
}

/** By what it is called for a person: a property, or what is made of it. Undefined is left out. */
export type Shown<Of> = Readonly<
  Record<string, { [K in keyof Of]: Of[K] extends Cell ? K : never }[keyof Of] | ((one: Of) => Cell)>
>;

/** Adds a command of this name to the one above it. */
export type AddCommand = (parent: Command, runner: CommandRunner, name: string) => void;

interface Words {
  about: string;
  /** In the list of commands, where `about` is too long for it. */
  summary?: string;
  examples: readonly string[];
  /** Under the examples. */
  notes?: string | (() => string);
}
type Placed<Where extends On> = Where extends undefined ? { on?: undefined } : { on: Where };

type Given<C extends Call, A extends Flags, O extends Flags> = PathValues<C> &
  Some<Fields<C>> & { limit?: number | undefined } & Omit<Values<A>, keyof PathValues<C> | keyof Fields<C>> &
  Values<O>;

interface Asking<C extends Call, A extends Flags, O extends Flags> extends Words {
  /** In their order. One that is no part of the path is a field, unless `ask` makes the fields of it. */
  args?: A;
  /** Options that are fields of the operation. */
  fields?: { readonly [Name in keyof Fields<C>]?: Flag<Exclude<Fields<C>[Name], undefined>> };
  /** Options that `ask` or the texts use. */
  options?: O;
  /** More fields. Throws UsageError before anything is asked. */
  ask?(given: Given<C, A, O>): Some<Fields<C>> | Promise<Some<Fields<C>>>;
  how?: OpenOptions;
}

interface OneCall<C extends Call, A extends Flags, O extends Flags> extends Asking<C, A, O> {
  /**
   * An option that has to say a word (of a switch: that has to be there) before anything is done, and what is said where it does
   * not; undefined where nothing is to be confirmed.
   */
  confirm?: {
    option: string;
    about: string;
    word(given: Given<C, A, O>, asked: Asked<OnOf<C>>): Confirmation | Promise<Confirmation>;
  };
  /** Without it, the reply. */
  json?(reply: Reply<C>, given: Given<C, A, O>): unknown;
  text: Shown<Reply<C>> | ((reply: Reply<C>, given: Given<C, A, O>, asked: Asked<OnOf<C>>) => string);
  /** Whether the reply is a refusal: exit code 1. */
  failed?(reply: Reply<C>): boolean;
}
type Confirmation = readonly [word: string | true, sentence: string] | undefined;

interface ListCall<C extends Call, A extends Flags, O extends Flags> extends Asking<C, A, O> {
  limit?: number;
  /** Columns, or a text of its own. */
  rows: Shown<Item<C>> | ((items: Item<C>[], empty: string, given: Given<C, A, O>) => string);
  empty?: string | ((given: Given<C, A, O>, asked: Asked<OnOf<C>>) => string);
  failed?(items: Item<C>[]): boolean;
}

interface Work<Where extends On, A extends Flags, O extends Flags, Limit> extends Words {
  on?: Where;
  args?: A;
  options?: O;
  limit?: Limit;
  /** For what changes the machine: root stays root, and is not the owner of the data directory. */
  keepsRoot?: boolean;
  run(
    given: Values<A> & Values<O> & (Limit extends number ? { limit: number } : unknown),
    asked: Asked<Where>,
  ): Promise<Answer | undefined>;
}

/** Commands under one word. */
export const noun =
  (description: string, verbs: Readonly<Record<string, AddCommand>>): AddCommand =>
  (parent, runner, name) => {
    const group = parent.command(name).helpCommand(false).description(description);
    for (const [verb, add] of Object.entries(verbs)) add(group, runner, verb);
  };

/** Asks one operation. */
export const call =
  <C extends Call, A extends Flags = Record<never, never>, O extends Flags = Record<never, never>>(
    operation: C,
    declared: OneCall<C, A, O> & Placed<OnOf<C>>,
  ): AddCommand =>
  (parent, runner, name) => {
    const { confirm } = declared;
    addWork(declare(parent, name, declared, operation), runner, declared, async (values, asked, options) => {
      const given = values as Given<C, A, O>;
      const sent = await fieldsOf(operation, declared, given);
      const [word, sentence] = (await confirm?.word(given, asked as Asked<OnOf<C>>)) ?? [];
      const said = confirm?.option.includes('<') ? options.confirm : options.yes;
      if (word !== undefined && said !== word) throw new UsageError(sentence!);
      const { open, query } = await asked.realm(declared.how);
      const reply = (await send(open, operation, query, values, sent)) as Reply<C>;
      return {
        json: declared.json ? declared.json(reply, given) : reply,
        text:
          typeof declared.text === 'function'
            ? declared.text(reply, given, asked as Asked<OnOf<C>>)
            : factsOf(reply, declared.text),
        ...(declared.failed?.(reply) ? { exitCode: 1 as const } : {}),
      };
    });
  };

/** Asks for every page of a list, up to `--limit`. */
export const list =
  <C extends Call, A extends Flags = Record<never, never>, O extends Flags = Record<never, never>>(
    operation: C,
    declared: ListCall<C, A, O> & Placed<OnOf<C>>,
  ): AddCommand =>
  (parent, runner, name) => {
    addWork(declare(parent, name, declared, operation), runner, declared, async (values, asked) => {
      const given = values as Given<C, A, O>;
      const sent = await fieldsOf(operation, declared, given);
      const { open, query } = await asked.realm(declared.how);
      const page = (page: object) => send(open, operation, { ...query, ...page }, values, sent);
      let damaged = 0;
      const items = await allPages(
        async (at) => {
          const reply = (await page(at)) as { items: Item<C>[]; damaged?: number };
          damaged += reply.damaged ?? 0;
          return reply;
        },
        values.limit as number | undefined,
      );
      const empty =
        typeof declared.empty === 'function'
          ? declared.empty(given, asked as Asked<OnOf<C>>)
          : (declared.empty ?? '');
      const { rows } = declared;
      const text = typeof rows === 'function' ? rows(items, empty, given) : tableOf(items, rows, empty);
      return {
        json: { items, ...(damaged > 0 && { damaged }) },
        text: damaged > 0 ? `${text}\n${damaged} more cannot be shown: “gatehouse doctor” names them.` : text,
        ...(declared.failed?.(items) ? { exitCode: 1 as const } : {}),
      };
    });
  };

/** Has steps of its own. */
export const work =
  <
    const Where extends On = undefined,
    A extends Flags = Record<never, never>,
    O extends Flags = Record<never, never>,
    Limit extends number | undefined = undefined,
  >(
    declared: Work<Where, A, O, Limit>,
  ): AddCommand =>
  (parent, runner, name) =>
    void addWork(
      declare(parent, name, declared as AnyCommand),
      runner,
      declared as AnyCommand,
      (given, asked) => declared.run(given as never, asked as Asked<Where>),
    );

export const tableOf = <One>(items: readonly One[], columns: Shown<One>, empty: string): string =>
  table(
    Object.keys(columns),
    items.map((one) => Object.values(columns).map((shown) => cell(one, shown))),
    empty,
  );

export const factsOf = <One>(one: One, shown: Shown<One>): string =>
  facts(Object.entries(shown).map(([called, part]) => [called, cell(one, part)]));

const cell = <Of>(of: Of, shown: Shown<Of>[string]): Cell =>
  typeof shown === 'function' ? shown(of) : (of[shown] as Cell);

interface AnyCommand extends Words {
  on?: On;
  args?: Flags;
  fields?: object;
  options?: Flags;
  confirm?: { option: string; about: string };
  limit?: number;
  keepsRoot?: boolean;
}

function declare(parent: Command, name: string, declared: AnyCommand, operation?: Call): Command {
  const { about, summary, args = {}, confirm, on, limit } = declared;
  const command = parent.command(name).description(about);
  if (summary !== undefined) command.summary(summary);
  for (const flag of Object.values(args)) command.addArgument(toArgument(flag));
  for (const [field, flag] of Object.entries(optionsOf(declared)))
    for (const option of toOptions(field, flag)) command.addOption(option);
  if (confirm) command.option(confirm.option, confirm.about);
  if (limit !== undefined) command.option('--limit <n>', 'maximum number of items', readLimit, limit);
  if (on) command.option(...organizationFlag);
  if (on === 'world') command.option(...worldFlag);
  if (operation !== undefined) Object.assign(command, { [asks]: askedBy(operation, declared) });
  return command;
}

const asks = Symbol('the operation of a command');

/** What a command asks, for a page that shows the command of an operation. */
export interface AskedByCommand {
  /** `POST /api/admin/keys` */
  operation: string;
  on: On;
  /** Names of the arguments, in their order. */
  args: readonly string[];
  /** The option of each field: `--name <name>`, `--match-only`; `no`: there is `--no-…` too. */
  options: Readonly<Record<string, { option: string; no?: true }>>;
}

/** Of a command that makes fields of its own, or that has to be confirmed, none: they are not those of the operation. */
function askedBy(operation: string, declared: AnyCommand): AskedByCommand | undefined {
  const { args = {}, fields = {}, on } = declared;
  if ('ask' in declared || declared.confirm) return undefined;
  const options = Object.entries(fields as Flags).map(([field, flag]) => [
    field,
    { option: toOptions(field, flag)[0]!.flags, ...(flag.no !== undefined && { no: true as const }) },
  ]);
  return { operation, on, args: Object.keys(args), options: Object.fromEntries(options) };
}

export const askedByCommand = (command: Command): AskedByCommand | undefined =>
  (command as { [asks]?: AskedByCommand })[asks];

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1) return limit;
  throw new UsageError(`--limit: "${text}" is not a positive number.`);
}

const optionsOf = ({ fields, options }: AnyCommand): Flags => ({ ...(fields as Flags), ...options });

type Options = RealmOptions & Record<string, unknown>;

function addWork(
  command: Command,
  runner: CommandRunner,
  declared: AnyCommand,
  run: (given: Record<string, unknown>, asked: Asked<On>, options: Options) => Promise<Answer | undefined>,
): void {
  const { on, args = {}, notes } = declared;
  const below = () => (notes === undefined ? '' : `\n\n${typeof notes === 'string' ? notes : notes()}`);
  command.addHelpText('after', () => examples(...declared.examples) + below());
  const keepsRoot = () => declared.keepsRoot === true;
  const act: RunWork<Options> = ({ options, control, terminal, data }, ...words) => {
    const named = Object.keys(args).map((name, index) => [name, words[index]]);
    const given = {
      ...valuesOf(optionsOf(declared), options),
      ...defined(Object.fromEntries(named)),
      ...defined({ limit: options.limit }),
    };
    let realm: Promise<Realm<On>> | undefined;
    const asked: Asked<On> = {
      env: worldOf(options),
      envGiven: options.env !== undefined || options.test === true,
      json: options.json === true,
      words,
      data,
      terminal,
      control,
      realm: (how) => (realm ??= control(how).then((open) => realmOf(on, open, options))),
      next: (words, env) => nextCommand(words, { ...options, ...defined({ env }) }),
    };
    return run(given, asked, options);
  };
  runner.run(command, act, { keepsRoot });
}

async function realmOf(on: On, open: Control, options: RealmOptions): Promise<Realm<On>> {
  if (on === undefined) return { open, query: {} } as Realm<On>;
  const organization = await chooseOrganization(open, options.org);
  const query = { organization: organization.id };
  return { open, organization, query: on === 'org' ? query : { ...query, env: worldOf(options) } };
}

/** Undefined: the operation takes nothing of its own. */
async function fieldsOf(
  operation: Call,
  declared: { args?: Flags; fields?: object; ask?(given: never): unknown },
  given: object,
): Promise<Record<string, unknown> | undefined> {
  const { args = {}, fields = {}, ask } = declared;
  const own = Object.keys(args).filter((name) => !operation.includes(`{${name}}`));
  if (!ask && own.length === 0 && Object.keys(fields).length === 0) return undefined;
  const named = ask ? Object.keys(fields) : [...Object.keys(fields), ...own];
  const picked = Object.fromEntries(named.map((name) => [name, (given as Record<string, unknown>)[name]]));
  return defined({ ...picked, ...((await ask?.(given as never)) as object | undefined) });
}

/** The types are those of the declaration. */
function send(
  { admin }: Control,
  operation: Call,
  query: object,
  given: object,
  sent: Record<string, unknown> | undefined,
): Promise<unknown> {
  const [method, path] = operation.split(' ') as [Method, keyof paths];
  const inQuery = method === 'GET' || method === 'DELETE';
  const params = { path: given, query: { ...query, ...(inQuery ? sent : {}) } };
  const init = { params, ...(sent && !inQuery ? { body: sent } : {}) };
  const ask = admin[method] as unknown as (path: string, init: object) => Promise<{ data?: unknown }>;
  return replyOf(ask(path, init));
}
