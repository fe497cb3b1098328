import { z } from 'zod';
import { send } from './send.ts';

const SetupReply = z.object({
  state: z.enum(['closed', 'open', 'expired', 'claimed', 'mine']),
  expiresAt: z.string().optional(),
  organization: z.object({ id: z.string(), name: z.string(), mayRename: z.boolean() }).optional(),
});
export type SetupState = z.output<typeof SetupReply>;

async function call(path: string, body?: object): Promise<unknown> {
  const url = new URL(`/api/setup${path}`, location.origin);
  const headers = { 'content-type': 'application/json' };
  const answer = await send(
    body === undefined
      ? new Request(url)
      : new Request(url, { method: 'POST', body: JSON.stringify(body), headers }),
  );
  return answer.json();
}

/** The first owner of a box: `/api/setup`. */
export const setup = {
  state: async () => SetupReply.parse(await call('')),
  claim: async (token: string) => SetupReply.parse(await call('/claim', { token })),
  organization: async (name: string) => SetupReply.parse(await call('/organization', { name })),
  /** Signed in afterwards, by a cookie. */
  owner: (owner: { name: string; email: string; password: string }) => call('/owner', owner),
};
