import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const CHANGES = 400_000;

/**
 * Bytes by which V8's old generation grew while something changed 400,000 times, after a collection of the whole heap: what was promoted,
 * because it lives or because something dead leads to it (docs/decisions/0030). `begin`: the body of a function that is given the exports of `module`
 * as `subject` and `nameOf`, which names numbers (a new text of a number would itself be kept, by V8), and gives the change; that is called
 * with numbers from 0 on.
 */
export async function oldSpaceGrowth(module: URL, begin: string): Promise<number> {
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import * as subject from ${JSON.stringify(module.href)};
    const names = Array.from({ length: 4_096 }, (_, i) => 'name ' + i);
    const change = ((subject, nameOf) => { ${begin} })(subject, (n) => names[n & 4_095]);
    const used = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space').space_used_size;
    let n = 0;
    async function run() {
      for (const end = n + ${CHANGES}; n < end; n++) {
        change(n);
        if (n % 1_000 === 0) await new Promise(setImmediate);
      }
    }
    await run();
    gc();
    const before = used();
    await run();
    console.log(used() - before);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--max-semi-space-size=1',
    // No collection of the whole heap of its own.
    '--heap-growing-percent=5000',
    '--input-type=module',
    '--eval',
    program,
  ]);
  return Number(stdout);
}
