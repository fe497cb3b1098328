import { expect, test } from 'vitest';
import { emptyWindow, personWindow } from '../../../support/behavior-windows.ts';
import { measureCopies } from './replays.ts';

const windowOf = (person: string, data: unknown) => ({ set: 'sapimouse' as const, person, data });

test('copies go through the store of windows, and those without a fingerprint are counted apart', async () => {
  const { twice, first, nameless } = await measureCopies([
    windowOf('user1', personWindow()),
    windowOf('user2', personWindow({ mouse: { str: 0.5 } })),
    windowOf('user3', emptyWindow({ counts: { move: 1 } })),
  ]);
  expect(twice).toMatchObject({ hits: 2, of: 2 });
  expect(first).toMatchObject({ hits: 0, of: 2 });
  expect(nameless).toBe(1);
});

test('a vector that another window had already is called a copy at its first sight', async () => {
  const { first } = await measureCopies([
    windowOf('user1', personWindow()),
    windowOf('user2', personWindow()),
  ]);
  expect(first).toMatchObject({ hits: 1, of: 2 });
});
