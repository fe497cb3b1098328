import { Refusal } from '../../ui/refusal.ts';
import type { LiveApi, NewBegin } from './api.ts';
import type { BehaviorReport } from './behavior.ts';
import type { Connection, ConnectionDeps } from './connection.ts';
import type { OpenerMessage } from './ending.ts';
import type { Memory, Remembered } from './link.ts';
import { createSlowness } from './slowness.ts';
import { type Trouble, troubleOf, type View } from './view.ts';
import type { Begun, Description, Link, LiveState, Path, Result } from './wire.ts';

export interface LiveSessionDeps {
  api: LiveApi;
  link: Link | undefined;
  memory: Memory;
  connect(deps: ConnectionDeps): Connection;
  behavior?: BehaviorReport;
  /** To the page that waits for the result. */
  post(origins: readonly string[], message: Omit<OpenerMessage, 'source'>): void;
}

/** What this page knows of its one check. */
export interface CaptureController extends LiveSessionDeps {
  view: View;
  listeners: Set<() => void>;
  token: string | undefined;
  sessionId: string | undefined;
  /** What the person agreed to, until the box has answered. */
  asked: NewBegin | undefined;
  connection: Connection | undefined;
  following: ReturnType<typeof setTimeout> | undefined;
  slowness: ReturnType<typeof createSlowness>;
}

/** Milliseconds between two looks at a session that goes on elsewhere. */
const FOLLOW = 1_500;

export const createController = (deps: LiveSessionDeps): CaptureController => ({
  ...deps,
  view: {
    stage: { is: 'loading' },
    connected: false,
    busy: false,
    second: deps.link?.kind === 'handover',
  },
  listeners: new Set(),
  token: undefined,
  sessionId: undefined,
  asked: undefined,
  connection: undefined,
  following: undefined,
  slowness: createSlowness(),
});

/** What the person ended stays ended, whatever was under way meanwhile. */
export function show(controller: CaptureController, { stage, ...change }: Partial<View>): void {
  const left = controller.view.stage.is === 'left';
  controller.view = { ...controller.view, ...change, ...(stage && !left && { stage }) };
  for (const changed of controller.listeners) changed();
}

/** Nothing is sent or asked any more. */
export function stop(controller: CaptureController): void {
  clearTimeout(controller.following);
  controller.following = undefined;
  controller.connection?.close();
  controller.connection = undefined;
  controller.behavior?.stop();
}

/** Where the session asks for it, and the person has agreed. */
export function collect(controller: CaptureController): void {
  if (controller.view.description?.behavior) controller.behavior?.start();
}

export function trouble(controller: CaptureController, what: Trouble): void {
  stop(controller);
  show(controller, { stage: { is: 'trouble', what }, busy: false });
}

export function post(controller: CaptureController, message: Omit<OpenerMessage, 'source'>): void {
  const { sessionId, view } = controller;
  controller.post(view.description?.openerOrigins ?? [], { ...message, ...(sessionId && { sessionId }) });
}

function decide(controller: CaptureController, result: Result): void {
  if (controller.view.stage.is === 'decided') return;
  stop(controller);
  show(controller, { stage: { is: 'decided', result }, busy: false });
  const { decision, passed, passToken, reference } = result;
  post(controller, {
    type: 'result',
    sessionId: reference,
    decision,
    passed,
    reference,
    ...(passToken && { passToken }),
  });
}

export function receive(controller: CaptureController, live: LiveState): void {
  controller.slowness.answered(live);
  const step = live.state === 'running' ? live.step?.name : undefined;
  show(controller, {
    live,
    ...(step && { lastStep: step, slow: controller.slowness.cause() }),
    ...(live.state === 'guiding' && { lastStep: undefined }),
  });
  if (controller.token) controller.behavior?.report(controller.token, live);
  if (live.result) decide(controller, live.result);
  else if (live.state === 'decided')
    void controller.api.finalize(controller.token ?? '').then(
      (result) => decide(controller, result),
      (error) => failed(controller, error),
    );
  else if (live.state === 'ended') trouble(controller, 'over');
  // The phone has it.
  else if (live.state === 'following' && controller.view.stage.is === 'camera') follow(controller);
}

function failed(controller: CaptureController, error: unknown): void {
  const what = troubleOf(error);
  if (what === 'offline' || what === 'busy') show(controller, { busy: false, problem: what });
  else trouble(controller, what);
}

/** The answer to a button: at most one at a time. */
export async function press(controller: CaptureController, act: () => Promise<void>): Promise<void> {
  if (controller.view.busy) return;
  show(controller, { busy: true, problem: undefined });
  try {
    await act();
    show(controller, { busy: false });
  } catch (error) {
    failed(controller, error);
  }
}

export function remember(controller: CaptureController, { token, sessionId }: Begun, path?: Path): void {
  const { link, memory } = controller;
  controller.token = token;
  controller.sessionId = sessionId;
  controller.asked = undefined;
  show(controller, { reference: sessionId, fixed: false });
  if (link) memory.write({ link, token, sessionId, ...(path && { path }) });
}

/** The person agreed, and the box has answered. */
export function begun(controller: CaptureController, answer: Begun, path: Path): void {
  remember(controller, answer, path);
  collect(controller);
  show(controller, { stage: { is: 'camera' } });
}

/** The link is used up: whether by this browser, to which the answer was lost. */
async function regain(controller: CaptureController): Promise<boolean> {
  const { asked } = controller;
  if (!asked) return false;
  try {
    begun(controller, await controller.api.begin(asked), asked.path);
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 409) return false;
    throw error;
  }
}

/** The link as it is before this browser knows of a session. */
export async function describe(controller: CaptureController, link: Link): Promise<void> {
  const description = await controller.api.describe(link);
  show(controller, { description });
  post(controller, { type: 'ready' });
  if (description.state !== 'taken' || !(await regain(controller))) described(controller, link, description);
}

/** Another window goes on with the link, and this one gets the result. */
export function watch(controller: CaptureController): void {
  const { link } = controller;
  const look = async () => {
    if (!link) return;
    const description = await controller.api.describe(link).catch(() => undefined);
    if (controller.view.stage.is !== 'consent') return;
    if (description) show(controller, { description });
    if (description?.state === 'ended' || description?.state === 'finished')
      return described(controller, link, description);
    controller.following = setTimeout(look, FOLLOW);
  };
  clearTimeout(controller.following);
  controller.following = setTimeout(look, FOLLOW);
}

function described(controller: CaptureController, link: Link, { state, result }: Description): void {
  if (result) decide(controller, result);
  else if (state !== 'ready') trouble(controller, state === 'ended' ? 'over' : state);
  else show(controller, { stage: { is: link.kind === 'handover' ? 'number' : 'consent' } });
}

/** After a reload: the session goes on where it was. False: the link begins a new one. */
export async function resume(
  controller: CaptureController,
  { link, token, sessionId }: Remembered,
): Promise<boolean> {
  if (token === undefined) return false;
  // A published flow is for any number of people, also one after another at this screen.
  const forMany = link.kind === 'flow';
  const found = await Promise.all([
    controller.api.describe({ kind: 'session', token }),
    controller.api.state(token),
  ]).catch((error: unknown) => {
    if (forMany && error instanceof Refusal && error.status === 401) return undefined;
    throw error;
  });
  if (!found || (forMany && found[1].result)) return false;
  const [description, live] = found;
  Object.assign(controller, { token, sessionId });
  show(controller, { description, live, reference: sessionId, stage: { is: 'camera' } });
  post(controller, { type: 'ready' });
  receive(controller, live);
  return true;
}

/** The box closed the connection: another one has the session, or the person ended it on the computer. */
export async function taken(controller: CaptureController, token: string): Promise<void> {
  const live = await controller.api.state(token).catch(() => undefined);
  if (live?.result || live?.state === 'following') receive(controller, live);
  else trouble(controller, 'taken');
}

/** Another device has the session, or will: this page looks how it stands. */
export function follow(controller: CaptureController): void {
  stop(controller);
  show(controller, { stage: { is: 'phone' } });
  const look = async () => {
    const { handover } = controller.view;
    const before = controller.view.live?.state;
    const live = await controller.api.state(controller.token ?? '').catch((error: unknown) => {
      // Without an answer it looks again; what is over is over.
      if (error instanceof Refusal && [401, 403, 404, 410].includes(error.status))
        trouble(controller, 'over');
    });
    if (controller.view.stage.is !== 'phone') return;
    if (live) receive(controller, live);
    const same = controller.view.handover === handover;
    // The phone gave it back.
    if (live && before === 'following' && live.state !== 'following')
      show(controller, { handover: undefined });
    else if (live?.codeUsedUp && same) show(controller, { handover: undefined, wrongNumber: true });
    if (controller.view.stage.is === 'phone') controller.following = setTimeout(look, FOLLOW);
  };
  controller.following = setTimeout(look, FOLLOW);
}
