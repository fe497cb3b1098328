import { Problem, type ProblemCode } from '../../lib/problem.ts';

/** Why a destination is refused; stable names, for logs. */
export type DestinationRule =
  // how it is written
  | 'length'
  | 'characters'
  | 'scheme'
  | 'host'
  | 'userinfo'
  | 'fragment'
  | 'port'
  | 'spelling'
  | 'trailing-dot'
  // never, granted or not
  | 'unspecified'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'reserved'
  | 'tunnel'
  | 'embedded-address'
  | 'unreadable-address'
  | 'own-listener'
  | 'plain-http'
  // not for an administrator of an organization to grant
  | 'not-public'
  // no grant covers it
  | 'not-granted'
  | 'loopback-not-granted';

export type RefusalCode = Extract<
  ProblemCode,
  'INVALID_REQUEST' | 'DESTINATION_FORBIDDEN' | 'DESTINATION_NOT_GRANTED'
>;

/** The rule is at the end of the sentence and in the details. */
export const refusal = (code: RefusalCode, rule: DestinationRule, sentence: string): Problem =>
  new Problem(code, `${sentence} (Rule: ${rule}.)`, {
    details: [
      { path: 'url', message: sentence },
      { path: 'rule', message: rule },
    ],
  });

/** The rule by which `Destinations` refused; undefined for any other error. */
export function ruleOf(error: unknown): DestinationRule | undefined {
  if (!(error instanceof Problem)) return undefined;
  return error.extra.details?.find(({ path }) => path === 'rule')?.message as DestinationRule | undefined;
}
