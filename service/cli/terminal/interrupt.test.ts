import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { onInterrupt } from './interrupt.ts';

test('a second signal within a second is the same press; a later one is another', () => {
  const signals = new EventEmitter() as unknown as NodeJS.Process;
  const calls: string[] = [];
  let time = 5000;
  onInterrupt({
    first: () => calls.push('first'),
    again: () => calls.push('again'),
    now: () => time,
    signals,
  });
  signals.emit('SIGINT');
  signals.emit('SIGINT');
  time += 999;
  signals.emit('SIGTERM');
  expect(calls).toEqual(['first']);
  time += 1;
  signals.emit('SIGINT');
  expect(calls).toEqual(['first', 'again']);
});
