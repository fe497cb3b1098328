/** What the document says of the whole, before the first operation. */
const introduction = `Self-hosted face verification: enroll people with a picture, then verify or identify them, and have your systems told of it by webhooks.

**Keys.** Send an API key as \`x-api-key\`. \`npm start\` prints one for the test world at its first start; make others on the box with \`gatehouse key create --scopes identity --env test\` (or \`live\`). A key belongs to one organization and one world: what is enrolled with a test key is unknown to a live one. Its scopes say what it may do: \`identity\` to enroll and verify (\`identity:verify\` or \`identity:enroll\` for one of them), \`webhooks\` for \`/api/v1/webhooks\`, \`admin\` for \`/api/admin\`.

**Administrators** sign in (\`POST /api/auth/login\`) and send the access token as \`Authorization: Bearer …\`. Their role decides what they may call; what lives in a world takes \`env\`.

**Requests.** \`null\` for an optional field means that it is absent, and white space around an e-mail address or a base64 text is ignored. Doubled and trailing slashes of a path are ignored; a method that a path does not take is a **405** with the header \`allow\`.

**Errors.** Every error is \`{ error, code, requestId, details? }\`. \`error\` is a sentence that says how to put it right, \`code\` is one of a closed list, and \`details\` names each wrong field. A **422** says that the picture cannot be accepted: it also carries \`reason\`, a sentence for the person in front of the camera, and \`checkResults\`, the checks there were. A face that does not match is no error but a 200 with \`verified: false\`.

Every answer carries \`x-request-id\`, which the log of the box knows too.`;

/** Of the LAN, as `/openapi.json` serves it. */
export const lanDocument = { title: 'Gatehouse', introduction };

/** Of every administrative route, as `docs/openapi-admin.json` has it. */
export const adminDocument = {
  title: 'Gatehouse administration',
  introduction: `Every administrative operation. \`x-gatehouse-may\` says who may call it: the **operator** of the box over the control socket \`DIR/control.sock\` (without a credential: the mode of the socket decides), **administrators** of the organization with one of the roles (\`fresh\`: with a second factor proven within the last 5 minutes), administrators marked **appliance owner**, or an API **key** with the scope \`admin\`. The LAN serves the operations that keys and administrators may call under the same paths.

**Place.** On the control socket a request names the organization (\`organization\`) and the world (\`env\`) it acts in. A caller of the LAN acts in its own organization, an API key also in its own world.

**Lists** answer \`{ items, next }\`: ask again with \`next\` as \`cursor\` for what follows; the last page has no \`next\`. **Times** are ISO 8601, UTC. A field without a value is left out.`,
};

/** What the operations are sorted under, in the order of the page. */
export const tags = [
  { name: 'identity', description: 'Enroll people, verify and identify them.' },
  {
    name: 'behavior',
    description:
      'Where an API key’s own events go, as applications written for useHUMA ask for it. For a key with the scope `webhooks`.',
  },
  {
    name: 'webhooks',
    description:
      'Where the events of the organization go. First an administrator grants the destination on the box (`gatehouse grant add hooks.example.org`); then make the webhook, send it a test event, and look at its deliveries. For a key with the scope `admin`, as all of `/api/admin`.',
  },
  { name: 'deliveries', description: 'What was sent to whom, what came back, and what waits.' },
  { name: 'events', description: 'What happened.' },
  {
    name: 'alerts',
    description: 'Rules that watch what happens, and what they found.',
  },
  {
    name: 'grants',
    description: 'Where the organization may send to. Nothing leaves the box without one.',
  },
  {
    name: 'sign-in',
    description: 'How administrators sign in: password, second factor, sessions.',
  },
  { name: 'administrators', description: 'Who may sign in, and as what.' },
  { name: 'keys', description: 'API keys.' },
  { name: 'organizations', description: 'Organizations, their settings and sites.' },
  { name: 'profiles', description: 'What a verification checks, and how strictly.' },
  { name: 'limits', description: 'How many requests are taken.' },
  { name: 'subjects', description: 'People who are enrolled.' },
  { name: 'verifications', description: 'What was decided, and why.' },
  { name: 'kiosks', description: 'Devices in front of which people enroll and verify.' },
  { name: 'consent', description: 'Consent of people, and holds that keep their data.' },
  { name: 'retention', description: 'How long data is kept.' },
  { name: 'erasure', description: 'Erasing people, and the receipts of it.' },
  { name: 'audit', description: 'Who did what.' },
  { name: 'backups', description: 'Backups of the box.' },
  { name: 'models', description: 'Models of the box.' },
  { name: 'jobs', description: 'Work that waits or failed.' },
  { name: 'review', description: 'Faces that a person has to compare.' },
  { name: 'flows', description: 'Saved hosted flows.' },
  { name: 'key-store', description: 'Master key, key store and its copies, signing keys.' },
  { name: 'appliance', description: 'State of the box.' },
  { name: 'meta', description: 'State of the appliance.' },
];
