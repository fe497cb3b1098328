import { z } from 'zod';

const at = { t: z.number(), trusted: z.boolean() };
const place = { ...at, x: z.number(), y: z.number() };
const Box = z.object({
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  element: z.string(),
});

/** What the recorder of the test page keeps of one event; times in ms from the page's start. */
const RecordedEvent = z.discriminatedUnion('is', [
  z.object({ is: z.literal('pointermove'), ...place, pointer: z.string(), coalesced: z.number().nullable() }),
  z.object({
    is: z.literal(['pointerdown', 'pointerup', 'click']),
    ...place,
    pointer: z.string().optional(),
    button: z.number(),
    detail: z.number(),
    /** Of the event's target. Data sets without a DOM have none. */
    box: Box.optional(),
    /** The page began below the upper edge of its window, as large as that. Absent in older recordings. */
    beyond: z.boolean().optional(),
  }),
  /** `key` is a number that pairs a press with its release. */
  z.object({
    is: z.literal(['keydown', 'keyup']),
    ...at,
    key: z.number(),
    repeat: z.boolean(),
    printed: z.boolean(),
  }),
  z.object({ is: z.literal('input'), ...at, inputType: z.string().nullable() }),
  z.object({ is: z.literal(['paste', 'focusin', 'focusout']), ...at }),
  z.object({ is: z.literal('wheel'), ...at, dx: z.number(), dy: z.number(), mode: z.number() }),
  z.object({ is: z.literal('scroll'), ...place }),
  z.object({ is: z.literal('visibilitychange'), ...at, hidden: z.boolean() }),
]);
export type RecordedEvent = z.infer<typeof RecordedEvent>;

/** One session of a bot in Chromium, whole. */
export const Trace = z.object({
  version: z.literal(1),
  bot: z.string(),
  seed: z.number(),
  recorded: z.string(),
  /** The day that chance was drawn with, beside name and seed. Absent in recordings of before it was. */
  drawn: z.string().optional(),
  commit: z.string(),
  browser: z.string(),
  /** One-minute load of the machine and its cores: timing noise makes bots look less regular. */
  load: z.number(),
  cores: z.number(),
  /** 95 % quantile of how late a pause of the bot ended, ms: what the machine did to its rhythm. Absent in older recordings. */
  late: z.number().optional(),
  environment: z.object({
    webdriver: z.boolean(),
    dpr: z.number(),
    width: z.number(),
    height: z.number(),
    /** When the recording was taken, on the events' clock. */
    now: z.number(),
  }),
  /** What the product's own collector had computed in the page, where it was loaded. */
  collected: z.unknown().optional(),
  events: z.array(RecordedEvent),
});
export type Trace = z.infer<typeof Trace>;
