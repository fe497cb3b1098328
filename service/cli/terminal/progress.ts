import type { Terminal } from './terminal.ts';

export interface Progress {
  start(total: number): void;
  /** `note` stands behind the bar. */
  step(note: string): void;
  /** So much of the total is done. */
  reach(amount: number): void;
  stop(): void;
}

/** A bar with rate and time left on standard error; nothing where no person is looking. */
export async function createProgress(terminal: Terminal, what: string): Promise<Progress> {
  if (!terminal.interactive) return { start() {}, step() {}, reach() {}, stop() {} };
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
  let done = 0;
  let startedAt = 0;
  function reach(amount: number, note: string): void {
    done = amount;
    const rate = done / Math.max(0.001, (performance.now() - startedAt) / 1000);
    bar.update(done, { rate: rate.toFixed(rate < 10 ? 1 : 0), note });
  }
  return {
    start(total) {
      startedAt = performance.now();
      bar.start(total, 0, { rate: '–', note: '' });
    },
    step: (note) => reach(done + 1, note),
    reach: (amount) => reach(amount, ''),
    stop: () => bar.stop(),
  };
}
