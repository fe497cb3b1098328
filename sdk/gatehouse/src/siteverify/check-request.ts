import type { Connection } from '../huma/ask.ts';

export type Language = 'en' | 'de';

export type Failure =
  /** The confidence is under 0.3, or no attempt at the challenge is left. */
  | 'bot'
  /** The person closed the challenge. */
  | 'closed'
  /** The service refuses the key on this page. */
  | 'refused'
  | 'unavailable';

export type Checked = { token: string } | { failed: Failure };

export interface CheckRequest {
  connection: Connection;
  userId: string;
  language: Language;
  action: string | undefined;
  /** The server of the page looks at the score: a low one is an answer too. */
  scored: boolean;
}
