import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../installers/run.ts';

/** A network of its own with two machines: the box, and an office's computer that has the programs of this one and finds the box by its name. */
export interface Office {
  /** A program of the office's computer. Throws with what it wrote where it fails. */
  run(program: string, words: readonly string[], options?: { env?: NodeJS.ProcessEnv }): Promise<string>;
  /** A file that starts this program on the office's computer. */
  starterOf(program: string): string;
  end(): Promise<void>;
}

const BOX = '10.77.0.1';

/** `box`: a process in the box's network. `folder`: for its files. */
export async function openOffice(
  folder: string,
  { box, name }: { box: number; name: string },
): Promise<Office> {
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, `127.0.0.1 localhost\n${BOX} ${name}\n`);
  const keeper = spawn(
    'unshare',
    ['--net', '--mount', 'sh', '-c', `mount --bind ${hosts} /etc/hosts && echo ready && exec cat`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await once(keeper.stdout, 'data');
  const office = keeper.pid!;
  const inside = ['--net', '--mount', '--target', String(office), '--'];
  const root = { cwd: folder };
  const link = `gh${office}`;
  await run(
    'ip',
    [
      'link',
      'add',
      link,
      'netns',
      String(office),
      'type',
      'veth',
      'peer',
      'name',
      'lan0',
      'netns',
      String(box),
    ],
    root,
  );
  for (const [pid, device, address] of [
    [box, 'lan0', BOX],
    [office, link, '10.77.0.2'],
  ] as const) {
    const there = ['--net', '--target', String(pid), '--', 'ip'];
    await run('nsenter', [...there, 'address', 'add', `${address}/24`, 'dev', device], root);
    for (const one of [device, 'lo']) await run('nsenter', [...there, 'link', 'set', one, 'up'], root);
  }
  return {
    run: (program, words, { env } = {}) =>
      run('nsenter', [...inside, program, ...words], { cwd: folder, ...(env && { env }) }),
    starterOf(program) {
      const file = join(folder, `office-${program.split('/').at(-1)}`);
      writeFileSync(file, `#!/bin/sh\nexec nsenter ${inside.join(' ')} ${program} "$@"\n`);
      chmodSync(file, 0o755);
      return file;
    },
    async end() {
      keeper.stdin.end();
      await once(keeper, 'exit');
    },
  };
}
