import type { KeyObject } from 'node:crypto';
import { answerPages } from '../../lib/machine/page-thread.ts';
import { type OpenedPage, openPage, type SealedPage } from './open-values.ts';

const wrapping = new Map<string, KeyObject>();

answerPages(
  (page: SealedPage): OpenedPage => {
    for (const { name, key } of page.wrapping) wrapping.set(name, key);
    return openPage(page, wrapping);
  },
  ({ plain, states, starts }) => [plain.buffer, states.buffer, starts.buffer],
);
