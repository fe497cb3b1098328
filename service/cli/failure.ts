import { defined } from '../lib/defined.ts';
import { inCheckout } from '../lib/installation.ts';
import { toDependencyProblem } from '../lib/machine/dependency-problem.ts';
import { Problem, type ProblemCode, type ProblemDetail } from '../lib/problem.ts';
import { ownerAdvice } from './directory-owner.ts';
import { asTyped, invocation } from './invocation.ts';

/** The command was written wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export interface Failure {
  exitCode: 1 | 2;
  /** For the person: what, where, how to put it right. */
  text: string;
  /** For `--json`: the shape every door uses. */
  json: { error: string; code: string; details?: unknown; reason?: string; checkResults?: unknown };
}

const systemErrors: Record<string, (error: NodeJS.ErrnoException) => string> = {
  EADDRINUSE: (error) =>
    `${place(error)} is in use by another program. Stop it, or choose another port: --port N${inCheckout(' (npm start -- --port N)')}; 0 picks a free one.`,
  EADDRNOTAVAIL: (error) => `${place(error)} is not an address of this machine. Choose another with --host.`,
  EACCES: (error) =>
    error.syscall === 'listen'
      ? `This account may not listen on ${place(error)}. Ports below 1024 need rights; choose another with --port.`
      : `No permission for ${error.path ?? 'a file'}. ${ownerAdvice() ?? 'Run as the account that owns it, or give the rights.'}`,
  ENOENT: (error) => `${error.path ?? 'The file'} does not exist.`,
  EISDIR: () => 'That is a folder; a file is expected.',
  ENOTDIR: (error) => `${error.path ?? 'The path'} leads through a file that is not a folder.`,
  ENOSPC: () => 'The disk is full. Free some space and run the command again.',
  EROFS: (error) => `${error.path ?? 'The place'} is on a read-only disk.`,
};

function place(error: NodeJS.ErrnoException): string {
  const { address, port } = error as { address?: string; port?: number };
  return port === undefined ? (address ?? 'The address') : `Port ${port} on ${address}`;
}

/** What an operator can do here that a caller of the API cannot. */
const remedies: Partial<Record<ProblemCode, string | ((problem: Problem) => string)>> = {
  CONSENT_REQUIRED: ({ message }) =>
    message.includes('consent attest')
      ? `Once, with the version of your text, how it is agreed to, on what legal basis and for what:\n  ${invocation} consent attest --consent "v3,signed form,explicit consent,verification+identification+deduplication"`
      : 'Here that is --consent textVersion,method,legalBasis,purpose[+purpose…], such as:\n' +
        '  --consent "v3,signed form,explicit consent,verification+identification"',
  SUBJECT_NOT_FOUND: `Real and trial people are apart: --env test looks among trial people, without it among real ones. Who there is:  ${invocation} subject list`,
  TEMPLATE_MISMATCH: `If it is the same person:  ${invocation} subject enroll --override-mismatch …`,
};

/** “… in the live world.” of a command that could have been asked about the other one. */
function otherWorld({ code, message }: Problem, flags: readonly string[]): string[] {
  if (code !== 'NOT_FOUND' || !flags.includes('--env')) return [];
  if (message.endsWith('in the live world.')) return ['--env test looks in the test world.'];
  return message.endsWith('in the test world.')
    ? ['Without --env test it is looked for in the live world.']
    : [];
}

/** The message for anything that was thrown. `flags` are those of the command that ran: `--name`, … */
export function toFailure(error: unknown, flags: readonly string[] = []): Failure {
  if (error instanceof UsageError) {
    return { exitCode: 2, text: error.message, json: { error: error.message, code: 'USAGE' } };
  }
  if (error instanceof Problem) {
    const { details, reason, checkResults } = error.extra;
    const [sentence = '', ...lines] = problemText(error, flags);
    const advice = reason !== undefined && reason !== error.message ? [reason] : [];
    const own = remedies[error.code] ?? otherWorld(error, flags);
    const remedy = typeof own === 'function' ? own(error) : own;
    return {
      exitCode: 1,
      text: asTyped([sentence, ...advice, ...lines].concat(remedy).join('\n')),
      json: {
        error: error.message,
        code: error.code,
        ...defined({ details, reason, checkResults }),
      },
    };
  }
  const name = (error as Error)?.name;
  if (name === 'ConfigError') {
    const { message } = error as Error;
    return { exitCode: 2, text: message, json: { error: message, code: 'CONFIG' } };
  }
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : systemErrors[code];
  if (known && code !== undefined) {
    const text = known(error as NodeJS.ErrnoException);
    return { exitCode: 1, text, json: { error: text, code } };
  }
  const ofDependency = toDependencyProblem(error);
  if (ofDependency) {
    const { message } = error as Error;
    return toFailure(
      new Problem(ofDependency.code, ofDependency.message, { reason: message.split('\n')[0]! }),
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: 1,
    text: `Something in Gatehouse broke: ${message}\n${error instanceof Error ? (error.stack ?? '') : ''}`,
    json: { error: message, code: 'INTERNAL' },
  };
}

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
