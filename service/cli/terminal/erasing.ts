import { onInterrupt } from './interrupt.ts';
import { createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** People of one call: the answer comes within seconds, and Ctrl-C waits no longer. */
export const PAGE_OF_PEOPLE = 20;

/** Asks for one page after another, until `erase` says that none is left or a person presses Ctrl-C. */
export async function eraseByPages(
  terminal: Terminal,
  erase: () => Promise<{ erased: number; left: number; more: boolean }>,
): Promise<void> {
  let stop = false;
  onInterrupt({
    first() {
      stop = true;
      terminal.note('\nStopping after the people under way.');
    },
    again: () => process.exit(130),
  });
  const progress = await createProgress(terminal, 'erasing');
  let done = 0;
  try {
    for (let more = true; more && !stop; ) {
      const page = await erase();
      if (done === 0) progress.start(page.erased + page.left);
      done += page.erased;
      progress.reach(done);
      more = page.more;
    }
  } finally {
    progress.stop();
  }
}
