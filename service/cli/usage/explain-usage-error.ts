import type { Command, CommanderError } from 'commander';
import { invocation } from '../invocation.ts';
import { closestWords } from './closest-words.ts';
import { everyCommand, isGroup, longOptions, pathOf, reachCommand, shownBelow } from './command-tree.ts';
import { otherNouns, otherOptions, otherVerbs } from './other-words.ts';

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
