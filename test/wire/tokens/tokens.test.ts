import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTokensDoor } from '../../../service/doors/tokens/index.ts';
import { JwksReply, TokenAnswer } from '../../../service/doors/tokens/wire.ts';
import type { Jwks, TokenFinding } from '../../../service/engine/accounts/index.ts';
import type { TokenCheck } from '../../../service/engine/behavior/index.ts';
import { createServer } from '../../../service/http/server.ts';
import { systemClock } from '../../../service/lib/clock.ts';
import { createIds } from '../../../service/lib/id.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { recordedAccess } from '../../support/recorded-access.ts';
import { type RecordedRequest, type RecordedResponse, send } from '../../support/send.ts';

interface Recording {
  name: string;
  request: RecordedRequest;
  engine: { jwks?: Jwks; finding?: TokenFinding; check?: TokenCheck };
  response: RecordedResponse;
  /** What the engine was asked; [] where it must not be. */
  asked: unknown[];
}

const here = import.meta.dirname;
const recordings = readdirSync(here)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(here, file), 'utf8')) as Recording);

describe('tokens, as recorded', () => {
  test.each(recordings)('$name', async ({ request, engine, response, asked }) => {
    const seen: unknown[] = [];
    const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock) });
    await app.register(
      createTokensDoor({
        personTokens: { jwks: () => engine.jwks! },
        async verifyToken(realm, token, demand, actor) {
          seen.push({ operation: 'verifyToken', realm, token, demand, actor });
          return engine.finding!;
        },
        verdicts: {
          async checkToken(realm, token, userId) {
            seen.push({ operation: 'checkToken', realm, token, ...(userId !== undefined && { userId }) });
            return engine.check!;
          },
        },
      }),
    );
    const headers = { 'x-request-id': 'req-recorded', ...request.headers };
    const answer = await send(app, { ...request, headers }, Object.keys(response.headers ?? {}));
    await app.close();
    expect(answer).toEqual(response);
    expect(seen).toEqual(asked);
    if (answer.status === 200) (engine.jwks ? JwksReply : TokenAnswer).parse(answer.body);
  });
});
