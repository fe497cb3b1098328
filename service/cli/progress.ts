import { Presets, SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

export interface Progress {
  start(total: number): void;
  /** `note` stands behind the bar. */
  step(note: string): void;
  stop(): void;
}

/** A bar with rate and time left on standard error; nothing where no person is looking. */
export function createProgress(terminal: Terminal, what: string): Progress {
  if (!terminal.interactive) return { start() {}, step() {}, stop() {} };
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
  return {
    start(total) {
      startedAt = performance.now();
      bar.start(total, 0, { rate: '–', note: '' });
    },
    step(note) {
      done += 1;
      const rate = done / Math.max(0.001, (performance.now() - startedAt) / 1000);
      bar.update(done, { rate: rate.toFixed(rate < 10 ? 1 : 0), note });
    },
    stop: () => bar.stop(),
  };
}
