import { z } from 'zod';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { lineOfText } from '../../../http/text-fields.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

export const HoldQuery = z.strictObject(pageQuery(idOf('hold')));

export const NewHold = z
  .strictObject({ reason: lineOfText(500).describe('Reason; stored sealed') })
  .meta({ id: 'NewHold', examples: [{ reason: 'Case 2026/114' }] });

export const HoldRelease = z
  .strictObject({
    hold: z.string().max(64).optional().describe('Id of the hold, if the person has several'),
  })
  .meta({ id: 'HoldRelease', examples: [{}] });

const hold = 'hold_01m7w3hb8hbf355he5zqwjztdk';
const userId = 'sub_01m7w3ayykpzv1m774b6g68g31';
const person = z.string().describe('Id of the person');

export const PlacedReply = z
  .strictObject({ hold: z.string().describe('Id of the hold'), userId: person })
  .meta({ id: 'HoldPlaced', description: 'A new hold.', examples: [{ hold, userId }] });

export const ReleasedReply = z
  .strictObject({ released: z.string().describe('Id of the hold'), userId: person })
  .meta({ id: 'HoldReleased', description: 'The released hold.', examples: [{ released: hold, userId }] });

const HoldReply = z
  .strictObject({
    id: z.string().describe('Id'),
    userId: person,
    placedAt: time('Time of the change'),
    placedBy: actor,
    reason: z.string().optional().describe('Reason; absent once the key of the person is destroyed'),
  })
  .meta({
    id: 'Hold',
    description: 'A legal hold in force.',
    examples: [
      {
        id: hold,
        userId,
        placedAt: '2026-11-20T12:00:00.000Z',
        placedBy: 'operator:ada',
        reason: 'Case 2026/114',
      },
    ],
  });

export const HoldPage = pageReply(HoldReply, 'Holds in force, the newest first', 'HoldPage');
