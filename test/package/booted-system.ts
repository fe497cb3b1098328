import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Ended } from './debian-root.ts';

const execute = promisify(execFile);

/** A root whose first process is Debian's systemd: what one script mounts and starts, the next one finds. */
export interface BootedSystem {
  /** Its first process, as this machine numbers it. */
  first: number;
  run(script: string): Promise<Ended>;
  /** The same; throws with what was written where it does not end with 0. */
  must(script: string): Promise<string>;
  /** Starts a unit; throws with its journal where that fails, and then leaves it stopped. */
  startUnit(unit: string): Promise<void>;
  /** Ends every process of it at once, as a power cut does. What is on the disk of the root stays. */
  end(): Promise<void>;
}

/**
 * Boots a root by systemd-nspawn, in namespaces of its own, with loopback as its only network. Not as on a machine: the kernel is this one,
 * /proc/sys is read-only, and units with `ConditionVirtualization=!container` (systemd-timesyncd) do not start. nspawn's own filter of
 * system calls is off, so that the one of a unit is the only one.
 */
export async function bootSystem(root: string): Promise<BootedSystem> {
  const words = ['--quiet', '--boot', '--register=no', '--keep-unit', '--private-network', '--console=pipe'];
  const apart = ['--link-journal=no', '--resolv-conf=off', '--timezone=off', '--settings=no'];
  const machine = `${basename(dirname(root))}-${process.pid}`.replace(/[^A-Za-z0-9-]/g, '').slice(-60);
  // as Debian's installer does
  writeFileSync(join(root, 'etc/hostname'), 'box\n');
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n127.0.1.1 box\n::1 localhost\n');
  const keeper = spawn(
    'systemd-nspawn',
    [...words, ...apart, `--machine=${machine}`, '--hostname=box', '--directory', root],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, SYSTEMD_SECCOMP: '0', SYSTEMD_NSPAWN_TMPFS_TMP: '0' },
    },
  );
  const ended = once(keeper, 'exit');
  const first = await firstProcess(keeper.pid!);
  const run = (text: string) => runBeside(first, text);
  const must = async (text: string): Promise<string> => {
    const { code, stdout, stderr } = await run(text);
    if (code !== 0) throw new Error(`It ended with ${code}: ${text}\n${stdout}${stderr}`);
    return stdout;
  };
  // its bus comes up with it
  await must('until systemctl is-system-running --wait 2> /dev/null | grep -q .; do sleep 0.1; done');
  return {
    first,
    run,
    must,
    async startUnit(unit) {
      await run(`systemctl reset-failed ${unit}`);
      const { code, stderr } = await run(`systemctl start ${unit}`);
      if (code === 0) return;
      await run(`systemctl stop ${unit}`);
      const { stdout } = await run(`journalctl --unit ${unit} --lines 60 --output cat --no-pager`);
      throw new Error(`${unit} did not start: ${stderr}${stdout}`);
    },
    async end() {
      // with the first process of a namespace all others end; nspawn then has nothing left to wait for
      process.kill(first, 'SIGKILL');
      await ended;
    },
  };
}

/** systemd in the container: the child of nspawn that is process 1 of a namespace of its own. */
async function firstProcess(keeper: number): Promise<number> {
  for (let tries = 0; tries < 300; tries++) {
    const children = readFileSync(`/proc/${keeper}/task/${keeper}/children`, 'utf8').trim().split(' ');
    for (const child of children.filter((one) => one !== '')) {
      const comm = readFileSync(`/proc/${child}/comm`, 'utf8').trim();
      if (comm === 'systemd') return Number(child);
    }
    await new Promise((go) => setTimeout(go, 100));
  }
  throw new Error('systemd-nspawn started no systemd within 30 s.');
}

async function runBeside(first: number, text: string): Promise<Ended> {
  const environment = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C'];
  const words = ['--target', String(first), '--all', ...environment, 'bash', '-c', `cd /; ${text}`];
  try {
    const { stdout, stderr } = await execute('nsenter', words, {
      maxBuffer: 64 * 2 ** 20,
      // what a script leaves running must not hold its outputs
      timeout: 200_000,
      killSignal: 'SIGKILL',
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
