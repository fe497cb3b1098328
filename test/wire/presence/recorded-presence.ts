import type {
  Presence,
  PresenceProof,
  PresenceSession,
  TokenVerdict,
} from '../../../service/engine/live/index.ts';
import { Problem, type ProblemCode } from '../../../service/lib/problem.ts';

/** What the engine answers in a recording. */
export interface PresenceScript {
  create?: { session: PresenceSession; link: string };
  get?: PresenceSession;
  page?: PresenceSession[];
  cancel?: PresenceSession;
  token?: PresenceProof;
  verifyToken?: TokenVerdict;
  refuse?: { code: ProblemCode; message: string };
}

type Recorded = Pick<Presence, 'create' | 'get' | 'page' | 'cancel' | 'token' | 'verifyToken'>;

/** The engine of one recording: answers by the script, and keeps what it was asked. */
export function recordedPresence(script: PresenceScript) {
  const asked: unknown[] = [];
  const play =
    <Operation extends keyof Recorded>(operation: Operation) =>
    async (...given: unknown[]) => {
      asked.push({ operation, given });
      if (script.refuse) throw new Problem(script.refuse.code, script.refuse.message);
      const value = script[operation];
      if (value === undefined) throw new Error(`the recording has no answer for ${operation}`);
      return value;
    };
  const presence = Object.fromEntries(
    (['create', 'get', 'page', 'cancel', 'token', 'verifyToken'] as const).map((one) => [one, play(one)]),
  ) as unknown as Recorded;
  return { presence, asked };
}
