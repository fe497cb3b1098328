/** What receivers of this family's webhooks get, as the catalog shows it and a test event sends it. */

/** Names the event, for receivers that keep bodies and no headers. */
const ofEvent = { eventId: 'evt_01m7w3hbber2v9yrex9nc12dr9', version: 1 };
const profile = { id: 'builtin:default', slug: 'default', version: 2, maturity: 'proven' };

export const verificationSuccess = {
  event: 'verification.success',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: {
    verified: true,
    userId: 'sub_01m7w3ayykpzv1m774b6g68g31',
    email: 'alice@example.com',
    confidence: 0.94,
    compositeScore: 0.87,
    checkResults: [
      { check: 'liveness', pass: true, score: 0.9, weight: 1.5 },
      { check: 'frameConsistency', pass: true, score: 1, weight: 1 },
      { check: 'geoFence', pass: true, score: 0, weight: 0, skipped: 'Not enough was known.' },
      { check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5 },
    ],
    assurance: 'passive',
    capture: { source: 'kiosk' },
    verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
    profile,
    ...ofEvent,
  },
};

export const verificationFailure = {
  event: 'verification.failure',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: {
    verified: false,
    reason: 'Identity not recognised',
    confidence: 0,
    checkResults: [
      {
        check: 'liveness',
        pass: true,
        score: 0,
        weight: 0,
        skipped: 'No presentation attack detection ran: the test world, match only, or none is installed.',
      },
      { check: 'faceQuality', pass: true, score: 0.8055, weight: 0.5 },
    ],
    assurance: 'match-only',
    capture: { source: 'api' },
    verificationId: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
    profile,
    ...ofEvent,
  },
};

export const userEnrolled = {
  event: 'user.enrolled',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: { userId: 'sub_01m7w3ayykpzv1m774b6g68g31', email: 'alice@example.com', created: true, ...ofEvent },
};

export const alertTriggered = {
  event: 'alert.triggered',
  orgId: 'org_01m7w3ayykpzv1m774b6g68g31',
  timestamp: '2026-04-06T14:52:10.000Z',
  data: {
    alertId: 'alr_01m7w3hbbec1gf5vj2bmsg7bmh',
    ruleId: 'rule_01m7w3ayykpzv1m774b6g68g31',
    name: 'Too many failures of one person',
    metric: 'failures-per-person',
    value: 5,
    threshold: 5,
    windowMinutes: 10,
    about: 'sub_01m7w3ayykpzv1m774b6g68g31',
    ...ofEvent,
  },
};
