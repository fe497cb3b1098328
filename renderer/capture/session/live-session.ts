import { base64Of } from '../../ui/base64.ts';
import { Refusal } from '../../ui/refusal.ts';
import type { Language } from '../../ui/strings/define-strings.ts';
import { readIn } from '../../ui/strings/read-in.ts';
import { type TestOutcome, testPicture } from '../../ui/test-people/test-person-choice.tsx';
import type { NewBegin } from './api.ts';
import {
  begun,
  type CaptureController,
  collect,
  createController,
  describe,
  follow,
  type LiveSessionDeps,
  post,
  press,
  receive,
  remember,
  resume,
  show,
  stop,
  taken,
  trouble,
  watch,
} from './capture-controller.ts';
import { sameLink } from './link.ts';
import { troubleOf, type View } from './view.ts';
import type { Device, Frame, Link, Path, Purpose } from './wire.ts';

export interface Choice {
  path: Path;
  /** Of the page; the text is read in it, or in the first in which it is written. */
  language: Language;
  /** Those that the person may decline, and agreed to. */
  optional?: readonly Purpose[];
}

export interface LiveSession {
  view(): View;
  /** What the person chose before the start, where this browser knows it. */
  path(): Path | undefined;
  subscribe(changed: () => void): () => void;
  load(): Promise<void>;
  /** `onPhone`: the check then goes on there. */
  agree(choice: Choice, onPhone?: boolean): Promise<void>;
  /** The number that stands on the other screen. */
  pick(number: string): Promise<void>;
  leave(): Promise<void>;
  toPhone(): Promise<void>;
  toCamera(): void;
  /** Looks how a check stands that goes on in another window, until a screen of this one does. */
  watch(): () => void;
  /** Opens the connection and asks for an attempt, once the camera runs. */
  attempt(device: Device): void;
  send(frame: Frame): boolean;
  /** In the test world, without a camera; absent: the session was ordered with its outcome. */
  showTestPerson(outcome?: TestOutcome): Promise<void>;
}

/** One check of one person, from the link to the result. It knows no element of the page. */
export function createLiveSession(deps: LiveSessionDeps): LiveSession {
  const controller = createController(deps);
  return {
    view: () => controller.view,
    path: () => controller.memory.read()?.path,
    subscribe(changed) {
      controller.listeners.add(changed);
      return () => controller.listeners.delete(changed);
    },
    load: () => load(controller),
    async agree(choice, onPhone) {
      await press(controller, () => agree(controller, choice));
      if (onPhone && controller.view.stage.is === 'camera')
        await press(controller, () => toPhone(controller));
    },
    pick: (number) => press(controller, () => pick(controller, number)),
    leave: () =>
      press(controller, async () => {
        if (!controller.link) return;
        const end = await deny(controller, controller.link);
        stop(controller);
        show(controller, { stage: { is: 'left', ...end } });
        post(controller, { type: 'cancel', ...(end.reference && { sessionId: end.reference }) });
      }),
    toPhone: () => press(controller, () => toPhone(controller)),
    toCamera() {
      stop(controller);
      show(controller, { stage: { is: 'camera' } });
    },
    watch() {
      watch(controller);
      return () => stop(controller);
    },
    attempt: (device) => attempt(controller, device),
    showTestPerson: (outcome) => press(controller, () => showTestPerson(controller, outcome)),
    send(frame) {
      controller.slowness.taken();
      return controller.connection?.send(frame) ?? false;
    },
  };
}

async function load(controller: CaptureController): Promise<void> {
  show(controller, { stage: { is: 'loading' } });
  const kept = controller.memory.read();
  const { link } = controller;
  if (!link) return trouble(controller, 'noLink');
  const same = kept && sameLink(kept.link, link) ? kept : undefined;
  try {
    if (same && (await resume(controller, same))) return;
    // A published flow begins anew, for the next person at the same screen.
    controller.asked = link.kind === 'flow' ? undefined : (same?.asked ?? controller.asked);
    show(controller, { fixed: false });
    controller.memory.write({ link, asked: controller.asked });
    await describe(controller, link);
  } catch (error) {
    trouble(controller, troubleOf(error));
  }
}

async function agree(
  controller: CaptureController,
  { path, language, optional = [] }: Choice,
): Promise<void> {
  const { link, view } = controller;
  if (!link || !view.description) return;
  const { consent, work } = view.description;
  const { version, asks } = consent;
  const read = asks ? readIn(asks.languages, language) : language;
  const needed = asks?.purposes.filter((one) => !asks.optional.includes(one)) ?? [];
  const { asked } = controller;
  const order: NewBegin =
    view.fixed && asked
      ? asked
      : {
          link,
          textVersion: `${version}.${read}`,
          ...(asks && { purposes: [...needed, ...optional] }),
          path,
          secret: asked?.secret ?? newSecret(),
        };
  // Kept before it is sent: where the answer is lost, the same is sent again.
  controller.asked = order;
  controller.memory.write({ link, asked: order });
  try {
    begun(controller, await controller.api.begin({ ...order, work }), order.path);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status } = error;
    show(controller, { fixed: status === 0 || status >= 500 });
    // The session of a lost answer is over: the next try is a new one. The link of another kind is used up by it.
    if (status === 409 && link.kind === 'flow') controller.asked = undefined;
    // Its work was for fewer visits than there are now, or was used: the next try has new work.
    if (status === 429 && link.kind === 'flow') await describe(controller, link);
    // Another text holds now, or another browser was first: the page shows which.
    if (status !== 409) throw error;
    await describe(controller, link);
    const { stage, description } = controller.view;
    if (stage.is === 'consent' && description?.consent.version !== version)
      show(controller, { problem: 'changed' });
  }
}

/** 256 random bits, as text. */
const newSecret = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

async function deny({ api, token, asked }: CaptureController, link: Link) {
  try {
    return await api.deny(link, token);
  } catch (error) {
    // The answer to the agreement was lost: what it began is called off.
    if (!asked || !(error instanceof Refusal) || error.status !== 409) throw error;
    return api.deny(link, asked.secret);
  }
}

async function toPhone(controller: CaptureController): Promise<void> {
  if (!controller.token) return;
  controller.connection?.close();
  controller.connection = undefined;
  try {
    show(controller, { handover: await controller.api.handover(controller.token), wrongNumber: false });
  } catch (error) {
    // Each code gives a stranger one chance in three: there are not many for one check.
    if (!(error instanceof Refusal) || error.code !== 'BURST_LIMIT_EXCEEDED') throw error;
    return show(controller, { problem: 'codes' });
  }
  follow(controller);
}

async function pick(controller: CaptureController, number: string): Promise<void> {
  if (!controller.link) return;
  try {
    remember(controller, await controller.api.accept(controller.link, number));
  } catch (error) {
    // It ended while the numbers were shown.
    if (error instanceof Refusal && error.code === 'SESSION_EXPIRED') return trouble(controller, 'finished');
    if (!(error instanceof Refusal) || ![400, 403, 404, 409, 410, 422].includes(error.status)) throw error;
    return trouble(controller, 'wrongNumber');
  }
  show(controller, { stage: { is: 'camera' } });
}

function attempt(controller: CaptureController, device: Device): void {
  const { token, api } = controller;
  if (!token) return;
  collect(controller);
  controller.connection ??= controller.connect({
    token,
    api,
    state: (live) => receive(controller, live),
    connected: (connected) => show(controller, { connected }),
    over: (why) => (why === 'taken' ? void taken(controller, token) : trouble(controller, 'over')),
  });
  controller.connection.start(device);
}

async function showTestPerson(controller: CaptureController, outcome: TestOutcome | undefined) {
  if (!controller.token) return;
  controller.connection?.close();
  controller.connection = undefined;
  const time = performance.now();
  const frames = outcome ? [{ image: await base64Of(await testPicture(outcome)), time }] : [];
  receive(controller, await controller.api.frames(controller.token, { is: 'start', frames }));
}
