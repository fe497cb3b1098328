import { execFileSync, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

export interface CutNetwork {
  /** Of this machine, as the other one sees it. */
  address: string;
  /** Of the other one. */
  other: string;
  /** Begins of a command line that runs on the other one. */
  inside: string[];
  /** Nothing passes any more, and no side gets an error of it. */
  cut(): void;
  mend(): void;
  remove(): void;
}

/**
 * A network namespace with a cable of its own to this one: a second machine, as far as TCP sees it. Undefined where this account may not
 * make one.
 */
export function createCutNetwork(): CutNetwork | undefined {
  const id = randomInt(2 ** 14);
  const name = `gatehouse${id}`;
  const [near, far] = [`gh${id}a`, `gh${id}b`];
  // 198.18.0.0/15 is for tests of networks (RFC 2544).
  const base = (198 * 2 ** 24 + 18 * 2 ** 16 + id * 4) >>> 0;
  const addressOf = (n: number) => [24, 16, 8, 0].map((shift) => ((base + n) >>> shift) & 255).join('.');
  const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' });
  const inside = ['ip', 'netns', 'exec', name];
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return undefined;
  const remove = () => {
    spawnSync('ip', ['link', 'delete', near]);
    spawnSync('ip', ['netns', 'delete', name]);
  };
  const link = (state: string) => ip('-n', name, 'link', 'set', far, state);
  try {
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    ip('address', 'add', `${addressOf(1)}/30`, 'dev', near);
    ip('link', 'set', near, 'up');
    ip('-n', name, 'address', 'add', `${addressOf(2)}/30`, 'dev', far);
    link('up');
  } catch {
    remove();
    return undefined;
  }
  return {
    address: addressOf(1),
    other: addressOf(2),
    inside,
    cut: () => link('down'),
    mend: () => link('up'),
    remove,
  };
}
