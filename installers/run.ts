import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end. Throws with what it wrote where it fails; its standard output otherwise. */
export async function run(
  program: string,
  words: readonly string[],
  { cwd, env }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  try {
    const { stdout } = await execute(program, words, {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 64 * 2 ** 20,
    });
    return stdout;
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      code,
    } = error as { stdout?: string; stderr?: string; code?: number | string };
    if (code === 'ENOENT') throw new Error(`${program} is not installed, or not on the PATH.`);
    throw new Error(`${program} ${words.join(' ')} ended with ${code}:\n${stderr || stdout}`);
  }
}
