import { expectTypeOf, test } from 'vitest';
import type * as page from '../../../renderer/capture/session/wire.ts';
import type { fromBegun, fromDescription } from '../../../service/doors/live/translate.ts';
import type { BeginRequest } from '../../../service/doors/live/wire.ts';
import type {
  LinkKind,
  LiveState,
  SessionDecision,
  SessionResult,
} from '../../../service/engine/live/index.ts';

// The page imports nothing of the service: what one sends and the other reads is compared here, by tsc.

test('the page reads what the service sends', () => {
  expectTypeOf<page.LinkKind>().toEqualTypeOf<LinkKind>();
  expectTypeOf<page.Decision>().toEqualTypeOf<SessionDecision>();
  expectTypeOf<LiveState['state']>().toEqualTypeOf<page.LiveState['state']>();
  expectTypeOf<keyof LiveState>().toEqualTypeOf<keyof page.LiveState>();
  expectTypeOf<Omit<LiveState, 'step'>>().toExtend<Omit<page.LiveState, 'step'>>();
  expectTypeOf<keyof NonNullable<LiveState['step']>>().toEqualTypeOf<keyof page.Step>();
  expectTypeOf<SessionResult>().toExtend<page.Result>();
  expectTypeOf<ReturnType<typeof fromDescription>>().toExtend<Omit<page.Description, 'steps'>>();
  expectTypeOf<ReturnType<typeof fromBegun>>().toExtend<page.Begun>();
});

test('the service takes what the page sends', () => {
  expectTypeOf<Required<page.Link>>().toExtend<BeginRequest['link']>();
  expectTypeOf<page.Path>().toEqualTypeOf<BeginRequest['path']>();
  expectTypeOf<page.Device>().toExtend<BeginRequest['device']>();
});
