import { expect, test } from 'vitest';
import { boardPath } from './board-path.ts';
import { shownState } from './job-words.ts';

test('of a link only the path counts, and only that of the board', () => {
  expect(boardPath('https://127.0.0.1:7300/jobs/open/6tJxN0uXq4mV-8kR_1')).toBe(
    '/jobs/open/6tJxN0uXq4mV-8kR_1',
  );
  expect(() => boardPath('https://127.0.0.1:7300/console/')).toThrow('no link');
  expect(() => boardPath('https://evil.example//evil.example/jobs/open/x')).toThrow('no link');
});

test('what waits for its time is later, not due', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  expect(shownState({ state: 'waiting', runAt: '2026-11-20T12:00:01Z' }, now)).toBe('delayed');
  expect(shownState({ state: 'waiting', runAt: '2026-11-20T11:00:00Z' }, now)).toBe('waiting');
  expect(shownState({ state: 'dead', runAt: '2026-11-20T12:00:01Z' }, now)).toBe('dead');
});
