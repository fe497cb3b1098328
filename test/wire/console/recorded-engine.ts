import type { AdminDeps } from '../../../service/doors/admin/index.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../../../service/lib/problem.ts';

/** What the engine answers in a recording: `webhooks.add` and so on, or a refusal of whatever it is asked. */
export interface EngineScript {
  answers?: Record<string, unknown>;
  refuse?: { code: ProblemCode; message: string; extra?: ProblemExtra };
}

/** The rooms behind the administrative routes: they answer by the script, and keep what they were asked. */
export function recordedRooms({ answers = {}, refuse }: EngineScript) {
  const asked: { call: string; with: unknown[] }[] = [];
  const answer = (call: string, parameters: unknown[]): unknown => {
    asked.push({ call, with: JSON.parse(JSON.stringify(parameters)) });
    if (refuse) throw new Problem(refuse.code, refuse.message, refuse.extra);
    if (!(call in answers)) throw new Error(`the recording has no answer for ${call}`);
    return answers[call] ?? undefined;
  };
  const room = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, method) =>
          // What follows a call for any caller is no part of its recording.
          method === 'noteChange'
            ? async () => {}
            : method === 'catalog'
              ? (...parameters: unknown[]) => answer(`${name}.catalog`, parameters)
              : async (...parameters: unknown[]) => answer(`${name}.${String(method)}`, parameters),
      },
    );
  const rooms = Object.fromEntries(
    ['access', 'checks', 'webhooks', 'deliveries', 'eventLog', 'alerts', 'grants'].map((name) => [
      name,
      room(name),
    ]),
  );
  const approvals = { guard: (_: unknown, __: unknown, work: () => Promise<unknown>) => work() };
  return { rooms: { ...rooms, approvals } as unknown as AdminDeps, asked };
}
