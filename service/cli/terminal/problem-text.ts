import type { Problem, ProblemDetail } from '../../lib/problem.ts';

/**
 * A refusal's sentence and one line for each wrong field that the sentence does not speak of. A field is called by the flag it
 * was given with, where `flags` (`--unused`, …) has it: `unusedDays` is `--unused`.
 */
export function problemText({ message, extra }: Problem, flags: readonly string[]): string[] {
  const [first, ...others] = extra.details ?? [];
  if (!first) return [message];
  const rest = others.filter((one) => !message.includes(one.message));
  const lines = (saysOf(message, first) ? rest : [first, ...rest]).map((detail) => {
    const { path } = detail;
    return `  ${called(path, flags) ?? path}: ${withUnit(detail.message, path, flags)}`;
  });
  const flag = called(first.path, flags);
  const field = `The field "${first.path}"`;
  if (flag === undefined || !message.startsWith(field)) return [message, ...lines];
  return [withUnit(message.replace(field, flag), first.path, flags), ...lines];
}

/** 'The field "email" is missing.' says that "It is missing." */
const saysOf = (message: string, detail: ProblemDetail) =>
  message.includes(detail.message.replace(/^It /, '').replace(/\.$/, ''));

/** What the name of a field adds to the name of its flag. */
const SUFFIX = /-(days|minutes|seconds|at)$/;
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const singular = (name: string) => name.replace(/ies$/, 'y').replace(/s$/, '');

function called(path: string, flags: readonly string[]): string | undefined {
  const [head = '', ...rest] = path.split('.');
  const name = kebab(head);
  const flag =
    flags.find((flag) => flag === `--${name}`) ??
    flags.find((flag) => singular(flag) === `--${singular(name.replace(SUFFIX, ''))}`);
  if (flag === undefined) return undefined;
  return rest.length === 0 || /^\d+$/.test(rest[0]!) ? flag : `${flag}, ${rest.join('.')}`;
}

/** "at most 1095." of days, where the flag no longer says so. */
function withUnit(message: string, path: string, flags: readonly string[]): string {
  const unit = SUFFIX.exec(kebab(path))?.[1];
  if (unit === undefined || unit === 'at' || called(path, flags) === undefined) return message;
  return message.replace(/(at (?:least|most)) (\d+)\.$/, (_, most, n) => {
    const days = unit === 'seconds' && n !== '0' && Number(n) % 86_400 === 0 ? Number(n) / 86_400 : undefined;
    const [amount, of] = days === undefined ? [n, unit] : [`${days}`, 'days'];
    return `${most} ${amount} ${amount === '1' ? singular(of) : of}.`;
  });
}
