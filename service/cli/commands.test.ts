import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAdminClient } from '../../sdk/admin/client.ts';
import type { Answer, CommandRunner } from './command.ts';
import type { Control } from './control/control.ts';
import { toFailure } from './failure.ts';
import { createProgram } from './program.ts';
import { everyCommand, isGroup, pathOf } from './usage/command-tree.ts';

// Every declared command, by the examples of its help, against a service that answers as the OpenAPI document says.

interface Schema {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  type?: string;
  format?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}
interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
const root = join(import.meta.dirname, '../..');
const document: { paths: Record<string, Record<string, Operation>> } = JSON.parse(
  readFileSync(join(root, 'docs/openapi-admin.json'), 'utf8'),
);

function resolve(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const steps = schema.$ref.split('/').slice(1);
  return resolve(
    steps.reduce((at, step) => (at as Record<string, unknown>)[step], document as unknown) as Schema,
  );
}

/** A value of this schema, with what it needs to have and no more. */
function sample(given: Schema, name = ''): unknown {
  const schema = resolve(given);
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.oneOf ?? schema.anyOf ?? [];
  if (choice) return sample(choice, name);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((one) => sample(one)));
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time'
        ? '2026-11-20T12:00:00.000Z'
        : name === 'url'
          ? 'https://hooks.example.org/in'
          : name;
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return false;
    case 'array':
      return [sample(schema.items ?? {}, name)];
    default:
      return Object.fromEntries(
        (schema.required ?? []).map((field) => [field, sample(schema.properties?.[field] ?? {}, field)]),
      );
  }
}

function operationOf(method: string, path: string): Operation {
  const fits = Object.keys(document.paths)
    .filter((pattern) => new RegExp(`^${pattern.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path))
    .filter((pattern) => document.paths[pattern]![method.toLowerCase()])
    .toSorted((a, b) => a.split('{').length - b.split('{').length);
  const operation = document.paths[fits[0] ?? '']?.[method.toLowerCase()];
  if (!operation) throw new Error(`There is no route ${method} ${path}.`);
  return operation;
}

/** Fields of a request that its route does not name. */
async function unknownFields(request: Request, operation: Operation): Promise<string[]> {
  const named = (operation.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
  const query = [...new URL(request.url).searchParams.keys()].filter((name) => !named.includes(name));
  const schema = operation.requestBody?.content['application/json']?.schema;
  const text = await request.clone().text();
  if (!schema || text === '') return query;
  const fields = Object.keys(resolve(schema).properties ?? {});
  return [...query, ...Object.keys(JSON.parse(text)).filter((name) => !fields.includes(name))];
}

interface Ran {
  asked: { method: string; path: string; reply: unknown }[];
  answer?: Answer | undefined;
  /** What a person reads instead of an answer. */
  refusal?: string;
}

/** Runs one command line, without the program's own name. */
async function run(words: readonly string[]): Promise<Ran> {
  const ran: Ran = { asked: [] };
  async function send(request: Request): Promise<Response> {
    const { method } = request;
    const path = new URL(request.url).pathname;
    const operation = operationOf(method, path);
    expect(await unknownFields(request, operation), `${method} ${path}`).toEqual([]);
    const { responses } = operation;
    const schema = (responses['200'] ?? responses['201'] ?? responses['202'])?.content?.['application/json'];
    const reply = schema && sample(schema.schema);
    ran.asked.push({ method, path, reply });
    return reply === undefined ? new Response(null, { status: 204 }) : Response.json(reply);
  }
  const control = async () =>
    ({ via: 'service', admin: createAdminClient(send), close: async () => {} }) satisfies Control;
  const runner: CommandRunner = {
    exitCode: 0,
    run: (command, work) =>
      command
        .option('--data <dir>')
        .option('--json')
        .action(async (...values: unknown[]) => {
          const options = values.at(-2) as never;
          const terminal = {
            interactive: false,
            shown: false,
            note() {},
            answer() {},
            style: (_: string, text: string) => text,
          };
          const context = { options, data: folder, terminal: terminal as never, control };
          ran.answer = await work(context, ...(values.slice(0, -2).flat() as string[]));
        }),
  };
  const program = await createProgram(runner, words);
  for (const one of everyCommand(program)) one.configureOutput({ outputError() {} });
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if ((error as Error).name === 'AssertionError') throw error;
    ran.refusal = toFailure(error).text;
  }
  return ran;
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({
    writeOut(text) {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}

const declared = new Set(
  readdirSync(join(import.meta.dirname, 'commands')).map((file) => file.replace('.ts', '')),
);
const program = await createProgram({
  exitCode: 0,
  run: (command) =>
    command
      .option('--data <dir>')
      .option('--json')
      .action(() => {}),
});
const commands = everyCommand(program)
  .filter((command) => declared.has(pathOf(command).split(' ')[0]!) && !isGroup(command))
  .map((command) => ({ path: pathOf(command), help: helpOf(command) }));
const examplesOf = ({ path, help }: { path: string; help: string }): string[][] =>
  help
    .split('\n')
    .filter((line) => line.startsWith(`  npx gatehouse ${path}`))
    .map((line) => line.replace('  npx gatehouse ', '').replace(/ [>|] .*$/, ''))
    .map((line) =>
      [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) =>
        (a ?? b ?? c ?? '').replace(/^(?!org)[a-z]+_01…/, 'id'),
      ),
    );

const folder = mkdtempSync(join(tmpdir(), 'commands-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  // A file is looked for where the person stands.
  vi.stubEnv('npm_lifecycle_event', 'gatehouse');
  vi.stubEnv('INIT_CWD', folder);
});
afterEach(() => vi.unstubAllEnvs());

test.each(commands)(
  '$path: its help has examples, and each is a command line that it takes',
  async (command) => {
    expect(command.help).toContain('Examples:');
    const lines = examplesOf(command);
    expect(lines.length).toBeGreaterThan(0);
    for (const words of lines) {
      const { refusal = '' } = await run(words);
      expect(refusal, words.join(' ')).not.toMatch(
        /unknown option|too many arguments|not specified|missing required/,
      );
    }
  },
);

/** What `--json` gives is made of several replies, or is about what was asked. */
const ownJson = new Set([
  ...[
    'admin reset',
    'admin setup-token',
    'admin unlock',
    'alert rule add',
    'alert rule remove',
    'alert recipient withdraw',
    'audit export',
  ],
  ...['certificate renew', 'certificate request', 'certificate show', 'jobs remove', 'key create'],
  ...['key revoke', 'key rotate', 'keystore remove', 'kiosk pair', 'master rotate', 'master rotate-signing'],
  ...['master use-file', 'models list', 'models remove', 'org rotate-key', 'profile reset'],
  ...['profile show', 'scope show', 'site remove', 'subject export', 'subject list', 'token keys'],
  ...['node drain', 'node undrain', 'node remove', 'webhook remove'],
]);

test.each(commands.filter(({ path }) => !ownJson.has(path)))(
  '$path: --json is the reply of the service',
  async (command) => {
    for (const words of examplesOf(command)) {
      const { answer, asked } = await run(words);
      if (answer) expect(answer.json).toEqual(asked.at(-1)?.reply);
    }
  },
);

/** Each with the option that confirms it; the service itself asks for that of a sweep, and what moves keys for that of its own (moved-keys.databases.test.ts). */
const confirmed = commands
  .filter(({ path }) => path !== 'retention sweep' && path !== 'keystore move')
  .flatMap((command) => examplesOf(command))
  .flatMap((words) => {
    const at = words.findIndex((word) => word === '--confirm' || word === '--yes');
    const length = words[at] === '--yes' ? 1 : 2;
    return at < 0 ? [] : [{ line: words.join(' '), without: words.toSpliced(at, length) }];
  });

test.each(confirmed)('$line: nothing is changed without its confirmation', async ({ without }) => {
  const { asked, answer, refusal } = await run(without);
  expect(asked.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(answer?.text ?? refusal).toMatch(/--confirm|--yes|No single organization/);
});

test('most commands that take a confirmation show one in an example', () => {
  expect(confirmed.length).toBeGreaterThan(14);
});

test('the version is printed without loading a command', async () => {
  const runner: CommandRunner = { exitCode: 0, run: (command) => command };
  expect((await createProgram(runner, ['--version'])).commands).toEqual([]);
  expect((await createProgram(runner, ['backup'])).commands.map((one) => one.name())).toEqual(['backup']);
});
