import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { readConsent } from '../commands/consent.ts';
import { UsageError } from '../failure.ts';
import { needed, toggle, value } from '../flag.ts';
import { readPicture } from '../named-file.ts';
import { work } from '../operation-command.ts';
import { readMoment } from '../terminal/moment.ts';
import { count } from '../terminal/terminal.ts';

/** Options that enroll and import share. */
export const enrollFlags = {
  overrideMismatch: toggle(
    'accept a picture that does not match the person’s others; it counts as confirmed (audited)',
  ),
  overrideLiveness: toggle(
    'accept a picture of a picture, such as a scanned photograph: real people, too, are enrolled without presentation attack detection, and also where the profile takes pictures of a kiosk only (audited)',
  ),
  overrideQuality: toggle(
    'accept a blurred or dark picture, which the camera would refuse: such people are recognized less often (audited)',
  ),
  confirmed: toggle(
    'confirm the picture: you have checked the identity, later pictures must match it, and it is never dropped (audited)',
  ),
};
export const consentFlag = value(
  '<parts>',
  'consent that came with the picture: textVersion,method,legalBasis,purpose[+purpose…], such as v3,signed form,explicit consent,verification',
  (_, text) => readConsent(text),
);

export const enroll = work({
  on: 'world',
  args: { image: value('<image>', 'JPEG, PNG, WebP, HEIC or AVIF with one face; - reads standard input') },
  about: 'add a picture of a person; a new address creates the person',
  options: {
    email: needed(value('<address>', 'e-mail address of the person')),
    name: value('<name>', 'the person’s name'),
    consent: consentFlag,
    consentUntil: value('<date>', 'when that consent ends', readMoment),
    ...enrollFlags,
  },
  examples: [
    'subject enroll --email ada@example.com ada.jpg',
    'subject enroll --email ada@example.com --env test ada.jpg --json',
  ],
  async run({ image = '', email = '', consent: given, consentUntil: expiresAt, ...fields }, { realm }) {
    if (given === undefined && expiresAt !== undefined)
      throw new UsageError('--consent-until belongs to --consent.');
    const consent = given && { ...given, ...defined({ expiresAt }) };
    const picture = await readPicture(image);
    const { open, query } = await realm();
    const reply = await replyOf(
      open.admin.POST('/api/admin/subjects', {
        params: { query },
        body: uploadOf({ email, ...defined({ ...fields, consent }) }, picture),
        bodySerializer: toUploadForm,
      }),
    );
    return { json: reply, text: describeEnrolled(reply) };
  },
});

/** The two parts of an enrollment. */
export const uploadOf = <Request>(request: Request, picture: Uint8Array) => ({
  request,
  file: new Blob([Uint8Array.from(picture)]),
});

const describeEnrolled = (reply: Schemas['Enrolled']): string =>
  [
    `${reply.email} ${reply.created ? 'is enrolled' : 'has one more picture'}: ${reply.userId}, ${count(reply.enrollments, 'picture', 'pictures')}.`,
    ...(reply.duplicate ? ['The face may belong to another person of this organization too.'] : []),
    ...(reply.quality.reason === undefined ? [] : [`The picture could be better: ${reply.quality.reason}`]),
  ].join('\n');
