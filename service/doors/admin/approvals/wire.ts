import { z } from 'zod';
import {
  approvalActions,
  approvalStates,
  isAboutOne,
  isOfPerson,
  isOfWorld,
} from '../../../engine/approvals/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const action = z
  .enum(approvalActions)
  .describe(
    'Action to confirm. `four-eyes.off`: switches the four-eyes rule off; `consent.withdraw`: withdraws the consent of many people; `data.destroy`, `protection.weaken`: everything with that effect which is no action of its own, until the request ends',
  );
const env = z.enum(['live', 'test']).optional().describe('World; absent: the whole organization');
const person = idOf('person').optional().describe('Person that it concerns; absent if none');
const state = z
  .enum(approvalStates)
  .describe('`expired`: 24 hours have passed since it was asked for, confirmed or not');

export const ApprovalQuery = z.strictObject({
  state: state.optional().describe('Only items in this state'),
  ...pageQuery(idOf('approval')),
});

const about = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'It must be what the refusal gave.')
  .optional()
  .describe(
    'Hash of the address or picture, as the refusal gave it; of subject.rebind and picture.confirm alone',
  );

export const NewApproval = z
  .strictObject({ action, env, person, about })
  .superRefine(({ action: what, env: world, person: subject, about: hash }, context) => {
    const [ofPerson, ofWorld] = [isOfPerson(what), isOfWorld(what)];
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (ofPerson !== (subject !== undefined))
      fault('person', ofPerson ? 'Name the person by id.' : 'This concerns no one person: leave it out.');
    if (isAboutOne(what) !== (hash !== undefined))
      fault('about', 'Send what the refusal gave, of subject.rebind and picture.confirm alone.');
    if (ofWorld !== (world !== undefined))
      fault('env', ofWorld ? 'Name the world, live or test.' : 'This concerns no world: leave it out.');
  })
  .meta({
    id: 'NewApproval',
    description: 'An action that a second administrator has to confirm.',
    examples: [{ action: 'subject.erase', env: 'live', person: 'sub_01m7w3hb8hbf355he5zqwjztdk' }],
  });

const account = (what: string) =>
  z
    .strictObject({
      id: z.string().describe('Id of the account'),
      name: z.string().optional().describe('Name of the administrator; absent: the account was removed'),
    })
    .describe(what);

const example = {
  id: 'apr_01m7w3hb8hbf355he5zqwjztdk',
  action: 'subject.erase' as const,
  env: 'live' as const,
  person: 'sub_01m7w3hb8hbf355he5zqwjztdk',
  state: 'open' as const,
  requestedBy: { id: 'adm_01m7w3hb8hbf355he5zqwjztdk', name: 'Ada Lovelace' },
  requestedAt: '2026-11-20T12:00:00.000Z',
  expiresAt: '2026-11-21T12:00:00.000Z',
};

export const ApprovalReply = z
  .strictObject({
    id: z.string().describe('Id'),
    action,
    env,
    person: z.string().optional().describe('Id of the person; absent if it concerns no single person'),
    state,
    requestedBy: account('Administrator who asked, and may perform the action once it is confirmed'),
    requestedAt: time('When it was asked for'),
    expiresAt: time('When it ends'),
    decidedBy: account('Administrator who confirmed or declined it').optional(),
    decidedAt: time('When it was decided').optional(),
  })
  .meta({
    id: 'Approval',
    description: 'A request for approval by a second administrator.',
    examples: [example],
  });

export const ApprovalPage = pageReply(ApprovalReply, 'Requests, the newest first', 'ApprovalPage');

export const FourEyes = z
  .strictObject({
    required: z
      .boolean()
      .describe(
        'Whether a second administrator has to confirm what destroys, changes an identity or weakens a protection',
      ),
  })
  .meta({
    id: 'FourEyes',
    description: 'The four-eyes rule.',
    examples: [{ required: true }],
  });

export type ApprovalReply = z.input<typeof ApprovalReply>;
export type NewApproval = z.output<typeof NewApproval>;
