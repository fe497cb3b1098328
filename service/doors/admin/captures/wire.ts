import { z } from 'zod';
import { time } from '../reply-fields.ts';

export const CaptureReply = z
  .strictObject({
    captureId: z.string().describe('Id of the session'),
    token: z
      .string()
      .describe(
        'Sent as `{"token":…}` in the first message of the WebSocket `/api/captures/live`, or as the header x-capture-token of `POST /api/captures/frames`. Valid only for guidance in this session.',
      ),
    expiresAt: time('End of the session'),
  })
  .meta({
    id: 'Capture',
    description: 'Guidance for a camera page.',
    examples: [
      {
        captureId: 'cap_01m7w3hbbec1gf5vj2bmsg7bmh',
        token: 'mXb3p0pT2v7oQ4n0xk3G8W1u5Jr9yZs6dLq2cVt7hEa',
        expiresAt: '2026-11-21T09:10:00.000Z',
      },
    ],
  });
