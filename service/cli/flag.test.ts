import { Command } from 'commander';
import { expect, test } from 'vitest';
import {
  choice,
  collected,
  type Flags,
  initially,
  onOff,
  orNo,
  orNone,
  toggle,
  toOptions,
  value,
  values,
  valuesOf,
} from './flag.ts';
import { call } from './operation-command.ts';

/** What these words give to the fields. */
function read(flags: Flags, ...words: string[]): Record<string, unknown> {
  const command = new Command();
  for (const [field, flag] of Object.entries(flags))
    for (const option of toOptions(field, flag)) command.addOption(option);
  return valuesOf(flags, command.parse(words, { from: 'user' }).opts());
}
const number = (_: string, text: string) => Number(text);

test('an option is named after its field unless it has another name, and gives what its reader makes of it', () => {
  const flags = {
    perUser: value('<n>', '', number),
    expiresAt: value('--expires <date>', ''),
    origins: values('--origin <url...>', ''),
    kind: choice('<kind>', '', ['mail', 'webhook']),
    atOnce: toggle(''),
    email: value(
      '<address>',
      '',
      collected((_, text) => text.toLowerCase()),
    ),
  };
  expect(read(flags)).toEqual({});
  const words = '--per-user 7 --expires x --origin a b --kind mail --at-once --email A --email B';
  expect(read(flags, ...words.split(' '))).toEqual({
    perUser: 7,
    expiresAt: 'x',
    origins: ['a', 'b'],
    kind: 'mail',
    atOnce: true,
    email: ['a', 'b'],
  });
});

test('what is left out has the value that the help names, read like one that is given', () => {
  const overlap = initially('7', value('--overlap <days>', '', number));
  expect(read({ overlap })).toEqual({ overlap: 7 });
  expect(new Command().addOption(toOptions('overlap', overlap)[0]!).helpInformation()).toContain(
    '(default: "7")',
  );
});

test('none and --no-… take away what is there: null, and false of a switch', () => {
  const flags = {
    monthly: value('<n>', '', orNone(number)),
    name: orNo(value('<name>', ''), 'remove the name'),
    matchOnly: onOff('', ''),
  };
  expect(read(flags, '--monthly', 'none', '--no-name', '--no-match-only')).toEqual({
    monthly: null,
    name: null,
    matchOnly: false,
  });
  expect(read(flags, '--monthly', '3', '--name', 'Ada', '--match-only')).toEqual({
    monthly: 3,
    name: 'Ada',
    matchOnly: true,
  });
});

test('a declaration that does not fit its operation does not compile', () => {
  const words = { about: '', text: () => '', examples: [] };
  // @ts-expect-error: there is no such route
  call('GET /api/admin/nothing', words);
  // @ts-expect-error: it acts in an organization
  call('GET /api/admin/limits', words);
  // @ts-expect-error: its body has no such field
  call('PATCH /api/admin/limits', { ...words, on: 'org', fields: { burts: value('<n>', '', number) } });
  // @ts-expect-error: this field is a number
  call('PATCH /api/admin/limits', { ...words, on: 'org', fields: { burst: value('<n>', '') } });
  // @ts-expect-error: the reply has no such property
  call('GET /api/admin/limits', { ...words, on: 'org', text: { burst: 'burts' } });
  expect(
    call('PATCH /api/admin/limits', { ...words, on: 'org', fields: { burst: value('<n>', '', number) } }),
  ).toBeTypeOf('function');
});
