import type { Terminal } from './terminal.ts';

export interface Progress {
  start(total: number): void;
  /** `note` is shown after the bar. */
  step(note: string): void;
  /** So much of the total is done. */
  reach(amount: number): void;
  stop(): void;
}

/** Between two lines where standard error is not a terminal: short commands print none. */
const LINE_MILLISECONDS = 10_000;

type Clock = () => number;
const milliseconds: Clock = () => performance.now();

/** On standard error: a bar with rate and time left in a terminal, else a plain line every ten seconds. */
export async function createProgress(
  terminal: Terminal,
  what: string,
  now: Clock = milliseconds,
): Promise<Progress> {
  const view = terminal.interactive ? await createBar(what) : createLines(terminal, what, now);
  let done = 0;
  let startedAt = 0;
  function reach(amount: number, note: string): void {
    done = amount;
    const rate = done / Math.max(0.001, (now() - startedAt) / 1000);
    view.update(done, rate.toFixed(rate < 10 ? 1 : 0), note);
  }
  return {
    start(total) {
      done = 0;
      startedAt = now();
      view.start(total);
    },
    step: (note) => reach(done + 1, note),
    reach: (amount) => reach(amount, ''),
    stop: () => view.stop(),
  };
}

type View = ReturnType<typeof createLines>;

async function createBar(what: string): Promise<View> {
  const { Presets, SingleBar } = await import('cli-progress');
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: `${what} {bar} {percentage} % | {value}/{total} | {rate}/s | {eta_formatted} left {note}`,
      hideCursor: true,
      gracefulExit: false,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  return {
    start: (total) => bar.start(total, 0, { rate: '–', note: '' }),
    update: (done, rate, note) => bar.update(done, { rate, note }),
    stop: () => bar.stop(),
  };
}

function createLines(terminal: Terminal, what: string, now: Clock) {
  let isDue = lineTimer(now);
  let total = 0;
  return {
    start(all: number): void {
      total = all;
      isDue = lineTimer(now);
    },
    update(done: number, rate: string, note: string): void {
      if (isDue())
        terminal.note(`${what}:${percent(done, total)} | ${done}/${total} | ${rate}/s ${note}`.trimEnd());
    },
    stop(): void {},
  };
}

/** Phases on standard error: one line that is overwritten in a terminal, else a plain line every ten seconds. */
export function createPhases(
  terminal: Terminal,
  now: Clock = milliseconds,
): (what: string, done?: number, of?: number) => void {
  const isDue = lineTimer(now);
  let last = '';
  return (what, done, of) => {
    const line = `${what}${percent(done, of)}`;
    if (line === last || (!terminal.interactive && !isDue())) return;
    last = line;
    if (!terminal.interactive) return terminal.note(line);
    process.stderr.write(`\r\x1b[K${line}${done !== undefined && done === of ? '\n' : ''}`);
  };
}

/** True once every ten seconds, the first time ten seconds from now. */
export function lineTimer(now: Clock = milliseconds): () => boolean {
  let next = now() + LINE_MILLISECONDS;
  return () => {
    if (now() < next) return false;
    next = now() + LINE_MILLISECONDS;
    return true;
  };
}

const percent = (done: number | undefined, of: number | undefined) =>
  done === undefined || !of ? '' : ` ${Math.floor((100 * done) / of)} %`;
