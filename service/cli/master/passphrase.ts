import { Problem } from '../../lib/problem.ts';
import { readPassphraseFile, type Unlock } from '../../storage/master/open-master.ts';
import { UsageError } from '../failure.ts';
import { userPath } from '../user-path.ts';

export const passphraseFileFlag = [
  '--passphrase-file <file>',
  'read the passphrase from a file (mode 0600) instead of asking; also GATEHOUSE_PASSPHRASE_FILE',
] as const;

/** A terminal that can ask a person. */
export interface AskingTerminal {
  input: Pick<
    NodeJS.ReadStream,
    'isTTY' | 'setRawMode' | 'setEncoding' | 'on' | 'removeListener' | 'resume' | 'pause'
  >;
  output: { write(text: string): unknown };
  /** Ctrl-C. */
  interrupt(): void;
}

const ours: AskingTerminal = {
  input: process.stdin,
  output: process.stderr,
  interrupt: () => void process.kill(process.pid, 'SIGINT'),
};

/** From the file that was named, else from a person at the terminal. Throws UsageError when there is neither. */
export async function readPassphrase(
  prompt: string,
  file: string | undefined,
  {
    env = process.env,
    terminal = ours,
  }: { env?: Record<string, string | undefined>; terminal?: AskingTerminal } = {},
): Promise<string> {
  const named = file === undefined ? env.GATEHOUSE_PASSPHRASE_FILE : userPath(file);
  if (named !== undefined && named !== '') return readPassphraseFile(named);
  if (terminal.input.isTTY) return askHidden(prompt, terminal);
  throw new UsageError(
    'The passphrase is asked for on a terminal, and there is none: give --passphrase-file FILE or GATEHOUSE_PASSPHRASE_FILE (mode 0600). It is never taken from the command line.',
  );
}

/** A new one, typed twice. */
export async function readNewPassphrase(
  file: string | undefined,
  options: { env?: Record<string, string | undefined>; terminal?: AskingTerminal } = {},
): Promise<string> {
  const { terminal = ours, env = process.env } = options;
  const first = await readPassphrase('New passphrase: ', file, options);
  const asked = file === undefined && !env.GATEHOUSE_PASSPHRASE_FILE;
  if (asked && (await askHidden('Repeat the passphrase: ', terminal)) !== first) {
    throw new UsageError('The two passphrases differ. Nothing was changed.');
  }
  return first;
}

/** Reads a line that is not shown. Backspace and Ctrl-U work; Ctrl-C interrupts. */
export function askHidden(prompt: string, { input, output, interrupt }: AskingTerminal): Promise<string> {
  return new Promise((resolve) => {
    let typed: string[] = [];
    input.setEncoding('utf8');
    // Before the prompt: what is typed at once is not shown either.
    input.setRawMode(true);
    output.write(prompt);
    const end = () => {
      input.setRawMode(false);
      input.removeListener('data', take);
      input.pause();
      output.write('\n');
    };
    const take = (chunk: string | Buffer) => {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n' || character === '\u0004') {
          end();
          resolve(typed.join(''));
          return;
        }
        if (character === '\u0003') {
          end();
          interrupt();
          return;
        }
        if (character === '\u007f' || character === '\b') typed.pop();
        else if (character === '\u0015') typed = [];
        else if (character >= ' ') typed.push(character);
      }
    };
    input.on('data', take);
    input.resume();
  });
}

const TRIES = 3;

/** For a command that composes Gatehouse itself: asks the person at the terminal, a few times. */
export function unlockAtTerminal(terminal: AskingTerminal = ours): Unlock {
  return async (open) => {
    if (!terminal.input.isTTY) {
      throw new Problem(
        'SEALED',
        'A passphrase protects the master key, and there is no terminal to ask on: give it in a file with GATEHOUSE_PASSPHRASE_FILE (mode 0600), or start the service and run "gatehouse unseal".',
      );
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await open(await askHidden('Passphrase of the master key: ', terminal));
      } catch (error) {
        const wrong = error instanceof Problem && error.code === 'WRONG_PASSPHRASE';
        if (!wrong || attempt === TRIES) throw error;
        terminal.output.write('That is not the passphrase.\n');
      }
    }
  };
}
