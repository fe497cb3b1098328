/** The introduction of the document. */
const introduction = `Self-hosted face verification: enroll people with a picture, then verify or identify them, and notify your systems by webhooks.

**Keys.** Send an API key as \`x-api-key\`. \`npm start\` prints one for the test world at its first start; make others on the box with \`gatehouse key create --scopes identity --env test\` (or \`live\`). A key belongs to one organization and one world: people enrolled with a test key are unknown to a live key. Its scopes say what it may do: \`identity\` to enroll and verify (\`identity:verify\` or \`identity:enroll\` for one of them), \`webhooks\` for \`/api/v1/webhooks\`, \`admin\` for \`/api/admin\`.

**Administrators** sign in (\`POST /api/auth/login\`) and send the access token as \`Authorization: Bearer …\`. Their role decides what they may call; operations in one world take \`env\`.

**Requests.** \`null\` for an optional field means that it is absent, and white space around an e-mail address or a base64 text is ignored. Doubled and trailing slashes of a path are ignored; a method that a path does not support is a **405** with the header \`allow\`.

**Errors.** Every error is \`{ error, code, requestId, details? }\`. \`error\` is a sentence with the problem and its remedy, \`code\` is one of a closed list, and \`details\` names each wrong field. A **422** says that the picture cannot be accepted: it also carries \`reason\`, a sentence for the person in front of the camera, and \`checkResults\`, the checks that ran. A face that does not match is not an error but a 200 with \`verified: false\`.

Every reply has \`x-request-id\`, which is also in the log of the box.`;

/** The document of the LAN, served at `/openapi.json`. */
export const lanDocument = { title: 'Gatehouse', introduction };

/** The document of all administrative routes, `docs/openapi-admin.json`. */
export const adminDocument = {
  title: 'Gatehouse administration',
  introduction: `Every administrative operation. \`x-gatehouse-may\` says who may call it: the **operator** of the box over the control socket \`DIR/control.sock\` (without a credential: the file mode of the socket controls access), **administrators** of the organization with one of the roles (\`fresh\`: with a second factor proven within the last 5 minutes), administrators marked **appliance owner**, or an API **key** with the scope \`admin\`. The LAN serves the operations that keys and administrators may call under the same paths.

**Scope.** On the control socket a request names the organization (\`organization\`) and the world (\`env\`) it acts in. A caller of the LAN acts in its own organization, an API key also in its own world.

**Lists** answer \`{ items, next }\`: send \`next\` as \`cursor\` for the next page; the last page has no \`next\`. **Times** are ISO 8601, UTC. A field without a value is absent.`,
};

/** Tags of the operations, in the order of the page. */
export const tags = [
  { name: 'identity', description: 'Enroll people, verify and identify them.' },
  {
    name: 'sessions',
    description:
      'Verify the person at a browser, compatible with HumanPass. For a key with the scope `sessions`; a browser key may create sessions only.',
  },
  { name: 'tokens', description: 'Pass tokens and presence tokens, and the keys that verify them.' },
  {
    name: 'presence',
    description:
      'Proof that a certain person is there: a session, a link for the person, a signed token. For a key with the scope `presence` (a service token).',
  },
  { name: 'mcp', description: 'The same as tools for AI agents (Model Context Protocol).' },
  {
    name: 'behavior',
    description:
      'Human, bot or agent: verify users by their behavior, compatible with useHUMA. Experimental and advisory. For a key with the scope `behavior`, also a browser key; webhooks for one with the scope `webhooks`.',
  },
  {
    name: 'siteverify',
    description:
      'For software whose address of reCAPTCHA, Turnstile or hCaptcha can be set: their `siteverify`, for tokens of behavior. The key, one with the scope `behavior`, is in the body.',
  },
  {
    name: 'hosted',
    description:
      'Links for one verification on a page of the box, and their results, compatible with VerifyHuman. For a key with the scope `hosted`.',
  },
  {
    name: 'registrations',
    description:
      'Invitations of users who each count once in a region, and their results. For a key with the scope `registrations`.',
  },
  {
    name: 'webhooks',
    description:
      'Receivers of the events of the organization. First an administrator grants the destination on the box (`gatehouse grant add hooks.example.org`); then create the webhook, send it a test event, and check its deliveries. For a key with the scope `admin`, as all of `/api/admin`.',
  },
  {
    name: 'deliveries',
    description: 'What was sent to which receiver, the answers, and what is still queued.',
  },
  { name: 'events', description: 'Events that were recorded.' },
  {
    name: 'alerts',
    description: 'Alert rules and the alerts that they raised.',
  },
  {
    name: 'grants',
    description: 'Destinations that the organization may send to. Nothing leaves the box without a grant.',
  },
  {
    name: 'sign-in',
    description: 'Sign-in of administrators: password, second factor, sessions.',
  },
  { name: 'administrators', description: 'Accounts of administrators and their roles.' },
  { name: 'keys', description: 'API keys.' },
  { name: 'organizations', description: 'Organizations, their settings and sites.' },
  { name: 'profiles', description: 'Checks and thresholds of verifications.' },
  { name: 'limits', description: 'Limits on the number of requests.' },
  { name: 'subjects', description: 'People who are enrolled.' },
  { name: 'verifications', description: 'Decisions and their reasons.' },
  {
    name: 'live sessions',
    description: 'People in front of a camera: sessions of every flow, with their evidence.',
  },
  { name: 'kiosks', description: 'Paired devices at which people enroll and verify.' },
  { name: 'consent', description: 'Consent of people, and holds that keep their data.' },
  { name: 'retention', description: 'How long data is kept.' },
  { name: 'erasure', description: 'Erasure of people, and signed receipts.' },
  { name: 'approvals', description: 'Confirmations by a second administrator.' },
  { name: 'audit', description: 'Record of every action with its actor.' },
  { name: 'backups', description: 'Backups of the box.' },
  { name: 'models', description: 'Models of the box.' },
  {
    name: 'works',
    description: 'Long operations that run, with their progress, and what the last ones ended with.',
  },
  { name: 'jobs', description: 'Background work: waiting, running and failed.' },
  { name: 'review', description: 'Similar faces that a reviewer has to compare.' },
  { name: 'flows', description: 'Saved hosted flows.' },
  { name: 'uniqueness', description: 'Scopes in which each human counts once.' },
  { name: 'key-store', description: 'Master key, key store and its copies, signing keys.' },
  { name: 'appliance', description: 'State of the box.' },
  { name: 'meta', description: 'State of the appliance.' },
];
