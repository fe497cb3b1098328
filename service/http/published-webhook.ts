import type { z } from 'zod';

/** An event that the box posts to endpoints, for the OpenAPI document. */
export interface PublishedWebhook {
  /** `<family>.<event>` */
  name: string;
  /** A sentence: when it is sent. */
  when: string;
  payload: z.ZodType;
}
