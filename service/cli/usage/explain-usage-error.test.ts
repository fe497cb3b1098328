import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../program.ts';
import { explainUsageError } from './explain-usage-error.ts';

/** What a person reads of a command line that is not understood. */
async function explained(words: readonly string[]): Promise<string[]> {
  const program = await createProgram({
    exitCode: 0,
    run: (command) =>
      command
        .option('--data <dir>')
        .option('--json')
        .action(() => {}),
  });
  const error: unknown = await program.parseAsync([...words], { from: 'user' }).catch((thrown) => thrown);
  if (!(error instanceof CommanderError)) throw new Error(`${words.join(' ')} was understood`);
  return explainUsageError(program, words, error);
}

test.each([
  ['enroll ada.jpg', 'Did you mean "npx gatehouse subject enroll"?'],
  ['enrol', 'Did you mean "npx gatehouse subject enroll"?'],
  ['subjct list', 'Did you mean "npx gatehouse subject"?'],
  ['user list', 'Did you mean "npx gatehouse subject"?'],
  ['list keys', 'Did you mean "npx gatehouse key list"?'],
  ['delete key', 'Did you mean "npx gatehouse key revoke"?'],
  ['add user', 'Did you mean "npx gatehouse subject enroll"?'],
  ['key lst', 'Did you mean "npx gatehouse key list"?'],
  ['subject add', 'Did you mean "npx gatehouse subject enroll"?'],
  ['subject delete x', 'Did you mean "npx gatehouse subject erase"?'],
  ['logs', 'Did you mean "npx gatehouse audit tail"?'],
  ['list', /^The noun comes first: npx gatehouse NOUN list, where NOUN is org, admin, key, .* or backup\.$/],
  ['key create --scope identity', 'Did you mean --scopes?'],
  ['key create --scopes identity --environment test', 'Did you mean --env?'],
  ['audit tail --lines 50', 'Did you mean --limit?'],
  ['subject enroll --emial ada@example.com ada.jpg', 'Did you mean --email?'],
  ['verify --live ada.jpg', 'Did you mean --env live?'],
  ['verify --port 7300 ada.jpg', '--port is an option of "start", "serve".'],
  ['--json key list', 'Options stand behind the command: npx gatehouse key list --json …'],
  ['--data /srv key list', 'Options stand behind the command: npx gatehouse COMMAND --data …'],
])('%s: %s', async (line, hint) => {
  const [first, ...more] = await explained(line.split(' '));
  expect(first).toMatch(/^unknown (command|option) '.*'$/);
  expect(more).toEqual([typeof hint === 'string' ? hint : expect.stringMatching(hint)]);
});

test('a missing option is reported beside the hint; a word unlike every command gets no hint', async () => {
  expect(await explained(['key', 'create', '--environment', 'test'])).toEqual([
    "unknown option '--environment'",
    'Did you mean --env?',
    "required option '--scopes <list>' not specified",
  ]);
  expect(await explained(['frobnicate'])).toEqual(["unknown command 'frobnicate'"]);
});
