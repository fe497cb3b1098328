import { type JudgeOptions, judge } from './judge.ts';
import { lastToken } from './last-token.ts';
import type { VerifyResult } from './messages.ts';
import { featuresOfPage } from './page-collector.ts';

/** In a page: sends the signals collected so far and gives the judgement. Throws `HumaError` where the service refuses the call. */
export async function verify(options: JudgeOptions): Promise<VerifyResult> {
  const result = await judge(options, featuresOfPage());
  lastToken().keep(options.userId, result.token);
  return result;
}
