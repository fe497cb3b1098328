import { z } from 'zod';
import { time } from '../reply-fields.ts';

export const CaptureReply = z
  .strictObject({
    captureId: z.string().describe('Id of the session'),
    token: z
      .string()
      .describe(
        'First message of the WebSocket `/api/captures/live` as `{"token":…}`, or header x-capture-token of `POST /api/captures/frames`. It gives guidance in this session and nothing else.',
      ),
    expiresAt: time('When the session ends'),
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
