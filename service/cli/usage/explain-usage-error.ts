import type { Command, CommanderError } from 'commander';
import { invocation } from '../invocation.ts';
import { everyCommand, isGroup, longOptions, pathOf, reachCommand, shownBelow } from './command-tree.ts';

/** More commands than this are not listed one by one. */
const FEW = 6;

/** What was wrong with the words of a command line, and which command or option may have been meant; sentences, the first of commander. */
export function explainUsageError(
  program: Command,
  words: readonly string[],
  error: Pick<CommanderError, 'code' | 'message'>,
): string[] {
  const message = error.message.replace(/^error: /, '');
  const { command, rest } = reachCommand(program, words);
  const named = /'([^']*)'/.exec(message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownCommand':
      return [message, ...commandHint(program, command, named, rest)];
    case 'commander.unknownOption':
      return [message, ...optionHint(program, command, named, rest)];
    case 'commander.missingMandatoryOptionValue': {
      // A misspelled option is why the right one is missing.
      const unknown = firstUnknownOption(command, rest);
      if (unknown === undefined) return [message];
      const hint = optionHint(program, command, unknown, rest);
      const repeated = hint.some((sentence) => message.includes(sentence.slice('Did you mean '.length, -1)));
      return [`unknown option '${unknown}'`, ...hint, ...(repeated ? [] : [message])];
    }
    default:
      return [message];
  }
}

/** The help, where another command names this one because it does not exist. */
export const commandHint = (
  program: Command,
  at: Command,
  word: string,
  rest: readonly string[] = [],
): string[] => {
  const paths = meantCommands(program, at, word.toLowerCase(), rest);
  if (paths.length <= FEW || !paths.every((path) => path.endsWith(` ${word}`)))
    return didYouMean(paths.slice(0, FEW));
  const nouns = paths.map((path) => path.split(' ').slice(0, -1).join(' '));
  return [`The noun comes first: ${invocation} NOUN ${word}, where NOUN is ${either(nouns)}.`];
};

function meantCommands(program: Command, at: Command, word: string, rest: readonly string[]): string[] {
  const here = shownBelow(at);
  const names = here.map((one) => one.name());
  const named = (some: readonly string[]) =>
    here.filter((one) => some.includes(one.name())).map((one) => pathOf(one));
  if (at !== program) {
    const near = closestWords(word, names);
    return named(near.length > 0 ? near : otherVerbs(word));
  }
  const noun = otherNouns.get(word);
  if (noun !== undefined) return [noun];
  const near = closestWords(word, names);
  const verbs = everyCommand(program).filter((one) => one.parent !== program && one !== program);
  const withVerb = (names: readonly string[], among = verbs) =>
    among.filter((one) => names.includes(one.name())).map((one) => pathOf(one));
  const [next] = rest.filter((other) => !other.startsWith('-') && other !== word);
  const nouns = next === undefined ? [] : [otherNouns.get(next) ?? '', ...closestWords(next, names)];
  // The verb came first: `list keys`.
  const ofNoun = verbs.filter((one) => nouns.includes(pathOf(one).split(' ')[0] ?? ''));
  const tries: (() => string[])[] = [
    () => withVerb([word], ofNoun),
    () => withVerb(otherVerbs(word), ofNoun),
    () => withVerb([word]),
    () => named(near),
    () => withVerb(closestWords(word, [...new Set(verbs.map((one) => one.name()))])),
    () => withVerb(otherVerbs(word)),
  ];
  for (const look of tries) {
    const found = look();
    if (found.length > 0) return found;
  }
  return [];
}

function optionHint(program: Command, command: Command, written: string, rest: readonly string[]): string[] {
  const flag = written.split('=', 1)[0] ?? written;
  const known = longOptions(command);
  const elsewhere = everyCommand(program).some((one) => longOptions(one).includes(flag));
  if (known.includes(flag) || (elsewhere && (command === program || isGroup(command)))) {
    const path = isGroup(command) ? `${pathOf(command)} COMMAND`.trim() : pathOf(command);
    return [`Options stand behind the command: ${invocation} ${path} ${flag} …`];
  }
  if (flag === '--live' && known.includes('--env')) return ['Did you mean --env live?'];
  const synonyms = (otherOptions[flag] ?? []).filter((one) => known.includes(one));
  if (synonyms.length > 0) return [`Did you mean ${either(synonyms)}?`];
  const near = closestWords(
    flag.replace(/^-+/, ''),
    known.map((one) => one.slice(2)),
  ).filter((one) => !rest.includes(`--${one}`));
  if (near.length > 0) return [`Did you mean ${either(near.map((one) => `--${one}`))}?`];
  const owners = everyCommand(program).filter((one) => longOptions(one).includes(flag));
  return owners.length > 0 && owners.length <= FEW
    ? [`${flag} is an option of ${owners.map((one) => `"${pathOf(one)}"`).join(', ')}.`]
    : [];
}

function firstUnknownOption(command: Command, rest: readonly string[]): string | undefined {
  const known = command.options.flatMap(({ long, short }) => [long, short]);
  return command
    .parseOptions([...rest])
    .unknown.find((word) => /^--?[a-z]/i.test(word) && !known.includes(word.split('=', 1)[0]));
}

const didYouMean = (paths: readonly string[]) =>
  paths.length === 0 ? [] : [`Did you mean ${either(paths.map((path) => `"${invocation} ${path}"`))}?`];

const either = (names: readonly string[]) =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

/**
 * The candidates that a typing error turns into `word`, only the nearest ones: one edit away for a word of up to four letters, two
 * for up to seven, three beyond. The beginning of a candidate, or a candidate with more behind it, counts as one edit from three letters on.
 */
export function closestWords(word: string, candidates: readonly string[]): string[] {
  const most = word.length <= 4 ? 1 : word.length <= 7 ? 2 : 3;
  const rated = candidates.map((candidate) => ({ candidate, distance: distanceOf(word, candidate) }));
  const least = Math.min(most, ...rated.map(({ distance }) => distance));
  return rated.flatMap(({ candidate, distance }) => (distance === least ? [candidate] : []));
}

function distanceOf(one: string, other: string): number {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (short.length >= 3 && long.startsWith(short)) return long === short ? 0 : 1;
  return editDistance(one, other);
}

/** Letters to add, remove, replace, or swap with the next one (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1] ? 0 : 1;
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + same,
      );
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return last[other.length] ?? 0;
}

/** Nouns of other programs, and the command here. */
const otherNouns: ReadonlyMap<string, string> = new Map(
  Object.entries({
    user: 'subject',
    users: 'subject',
    person: 'subject',
    people: 'subject',
    face: 'subject',
    faces: 'subject',
    identity: 'subject',
    identities: 'subject',
    tenant: 'org',
    tenants: 'org',
    apikey: 'key',
    apikeys: 'key',
    'api-key': 'key',
    'api-keys': 'key',
    token: 'key',
    tokens: 'key',
    location: 'site',
    locations: 'site',
    hook: 'webhook',
    hooks: 'webhook',
    destination: 'grant',
    permission: 'grant',
    rate: 'limits',
    queue: 'jobs',
    log: 'audit tail',
    logs: 'audit tail',
    history: 'audit tail',
    status: 'doctor',
    health: 'doctor',
    diagnose: 'doctor',
    run: 'start',
    up: 'start',
    upgrade: 'migrate',
    passphrase: 'master set-passphrase',
    password: 'master set-passphrase',
    swagger: 'openapi',
    setup: 'init',
  }),
);

/** Verbs that say the same; a command of one noun may bear any of a line. */
const verbs: readonly (readonly string[])[] = [
  ['add', 'create', 'new', 'make', 'register', 'enroll', 'record', 'place'],
  ['remove', 'delete', 'rm', 'del', 'erase', 'revoke', 'release', 'withdraw', 'destroy'],
  ['list', 'ls', 'all', 'find', 'search'],
  ['show', 'get', 'info', 'describe', 'view', 'inspect', 'read', 'cat'],
  ['set', 'change', 'update', 'edit', 'modify', 'restrict'],
  ['rotate', 'renew', 'regenerate'],
  ['verify', 'check', 'validate'],
];

/** The other verbs of its line. */
const otherVerbs = (verb: string): string[] =>
  verbs.filter((line) => line.includes(verb)).flatMap((line) => line.filter((one) => one !== verb));

/** Options of other programs, and those here that may be meant. */
const otherOptions: Readonly<Record<string, readonly string[]>> = {
  '--environment': ['--env'],
  '--world': ['--env'],
  '--sandbox': ['--env'],
  '--trial': ['--env'],
  '--mail': ['--email'],
  '--address': ['--email', '--host'],
  '--bind': ['--host'],
  '--listen': ['--host'],
  '--dir': ['--data'],
  '--directory': ['--data'],
  '--data-dir': ['--data'],
  '--output': ['--out'],
  '--tenant': ['--org'],
  '--max': ['--limit'],
  '--count': ['--limit'],
  '--top': ['--limit'],
  '--lines': ['--limit'],
  '--permissions': ['--scopes'],
  '--cert': ['--tls-cert'],
  '--key': ['--tls-key'],
  '--database': ['--database-url'],
  '--db': ['--database-url'],
  '--force': ['--yes'],
  '--format': ['--json'],
};
