import { expect, test } from 'vitest';
import { boardPath } from './board-path.ts';

test('of a link only the path counts, and only that of the board', () => {
  expect(boardPath('https://127.0.0.1:7300/jobs/open/6tJxN0uXq4mV-8kR_1')).toBe(
    '/jobs/open/6tJxN0uXq4mV-8kR_1',
  );
  expect(() => boardPath('https://127.0.0.1:7300/console/')).toThrow('no link');
  expect(() => boardPath('https://evil.example//evil.example/jobs/open/x')).toThrow('no link');
});
